import { deriveSeed } from '@shoal/numeric'
import type { AskMessage, BlockId, ClientId, Digest, FederationView } from '@shoal/protocol'
import { encodingOf } from './contribution-size.ts'
import type { ClientAskSpec } from './federation-event.ts'
import { readyClients } from './federation-machine.ts'
import { type FederationState, type OpenQuestion, openQuestionIn } from './federation-state.ts'

/** Rounds that a reader gets at once; longer histories are read from the log. */
const ROUNDS_IN_VIEW = 100
/** Rounds that every change is announced with: enough to bridge announcements that were left out because they came too fast. */
export const ROUNDS_IN_ANNOUNCEMENT = 8

/** What all watchers of a federation get. It says how many take part, never who. `computed`: how much of the server's own work is done, 0..1, where that is known. */
export function viewOf(
  state: FederationState,
  { rounds = ROUNDS_IN_VIEW, computed = null }: { readonly rounds?: number; readonly computed?: number | null } = {},
): FederationView {
  const open = openQuestionIn(state)
  const away = (client: ClientId): boolean => state.clients.get(client)?.presence === 'away'
  return {
    id: state.id,
    version: state.version,
    name: state.config.name,
    strategy: state.config.strategy.name,
    privacy: state.config.privacy.level,
    lifecycle: state.lifecycle,
    reason: reasonOf(state, computed),
    round: state.round,
    clientsHere: clientsHereIn(state),
    clientsNeeded: state.config.cohort.min,
    openAsk:
      open === null
        ? null
        : {
            ask: open.spec.ask,
            procedure: open.spec.procedure,
            asked: open.asked.length,
            answered: open.folded.size,
            gone: open.asked.filter((client) => !open.folded.has(client) && (open.satOut.has(client) || away(client))).length,
            deadlineAt: open.deadlineAt,
          },
    models: [...state.models],
    ...(state.expert === null ? {} : { expert: state.expert }),
    ...(state.isOfPoints ? { clustersOf: 'points' as const } : {}),
    stop: state.config.stop,
    rounds: state.rounds.slice(-rounds),
  }
}

/** Counted in place: with thousands of clients this is looked at after every event. */
function clientsHereIn({ clients }: FederationState): number {
  let here = 0
  for (const { presence } of clients.values()) if (presence === 'here') here += 1
  return here
}

/** One clear sentence on why the federation stands where it stands. */
function reasonOf(state: FederationState, computed: number | null): string {
  if (state.lifecycle === 'created') return 'not started yet'
  if (state.lifecycle !== 'running') return state.reason
  if (state.stage.kind === 'open')
    return state.stage.open?.kind === 'compute' ? `round ${state.round}: the server is computing${shareWords(computed)}` : `round ${state.round} is under way`
  const missing = state.config.cohort.min - readyClients(state).length
  return missing > 0 ? `waiting for ${missing} more ${missing === 1 ? 'volunteer' : 'volunteers'}` : 'about to begin the next round'
}

const shareWords = (computed: number | null): string => (computed === null ? '' : `, ${Math.floor(100 * computed)} % done`)

/** The models that a client of this block gets. One for every block, a block for everyone, or a question that needs none: everybody gets what there is. */
export const objectsOf = ({ models, place }: ClientAskSpec, block: BlockId | null): readonly Digest[] =>
  block === null || models.length < 2 || place.by === 'everyone' ? models : [models[block]]

/** What the rows of a client's cohort were found to be, where the client is to find its own among them. */
function labelsFor({ stage }: FederationState, { place }: ClientAskSpec, client: ClientId, block: BlockId | null): AskMessage['labels'] {
  if (block !== null || place.by !== 'label' || stage.kind !== 'open') return null
  const rows = stage.closed.find(({ spec }) => spec.ask === place.ask)
  const cohort = rows?.cohorts.get(client)
  const ofPlaces: number[] = []
  for (const [handle, [of, at]] of (rows?.slots ?? []).entries()) {
    if (of !== cohort) continue
    while (ofPlaces.length <= at) ofPlaces.push(-1)
    ofPlaces[at] = place.labels[handle]
  }
  return { ask: place.ask, ofPlaces }
}

/** The open question as one of those whom it was put to hears of it. `now` turns the deadline into time left. */
export function askMessageOf(state: FederationState, open: OpenQuestion, client: ClientId, now: number): AskMessage {
  const { spec } = open
  const block = open.blocks.get(client) ?? null
  return {
    ask: spec.ask,
    federation: state.id,
    round: state.round,
    kind: spec.kind,
    procedure: spec.procedure,
    args: spec.args,
    models: [...objectsOf(spec, block)],
    ...(spec.trunk === undefined ? {} : { trunk: spec.trunk }),
    ...(spec.joined === undefined ? {} : { joined: spec.joined }),
    ...(spec.place.by === 'every' ? { every: true as const } : {}),
    vectors: [...spec.vectors],
    of: spec.of,
    block,
    labels: labelsFor(state, spec, client, block),
    cluster: state.clients.get(client)?.cluster ?? 0,
    vectorLengths: spec.kind === 'rows' ? [spec.rowLength] : [...spec.vectorLengths],
    maxRows: spec.kind === 'rows' ? spec.maxRows : 0,
    encoding: encodingOf(spec, state.config),
    maxWeight: state.config.maxWeight,
    seed: deriveSeed(state.config.seed, 'client', client, spec.ask),
    deadlineInMs: Math.max(0, open.deadlineAt - now),
  }
}
