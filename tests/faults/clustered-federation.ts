import { bipartition, descriptorClusters, type FarthestFirstArgs, farthestFirst, findClusters } from '@shoal/clustering'
import { type EventStore, type FederationState, type Jobs, replay } from '@shoal/coordinator'
import { createRng, deriveSeed } from '@shoal/numeric'
import { type FederationConfig, failed, succeeded, type View } from '@shoal/protocol'
import { createQuadraticProcedures, quadraticConfig, type Simulation, type SimulationOptions } from '@shoal/simulator'
import { createSimulation, plainPlatform } from '@shoal/simulator/node'
import { expect } from 'vitest'

/** Federations whose clients belong to groups that the test planted: clients of a group have nearly the same optimum, groups have theirs in different directions. */

export const SIZE = 16
const DISTANCE = 3
/** Whole updates: no sketch errs. Where clients choose they choose among three models. */
const OPTIONS = { cfl: { evidence: 'full' }, ocfl: { evidence: 'full' }, ifca: { clusters: 3 }, flux: {} }

export type Procedures = SimulationOptions['procedures'][number]

export interface Planting {
  readonly strategy: 'cfl' | 'ocfl' | 'ifca' | 'flux'
  readonly view: View
  /** The group of each client. */
  readonly groups: readonly number[]
  readonly seed: string
  /** Of each client. */
  readonly examples?: number
  readonly rounds?: number
  readonly options?: Readonly<Record<string, unknown>>
  readonly config?: Partial<FederationConfig>
  readonly simulation?: Partial<SimulationOptions>
  /** Changes what a client answers. */
  readonly wrap?: (procedures: Procedures, client: number) => Procedures
}

/** `[0, 0, 0, 1, 1, 1, ...]`: so many clients in each group. */
export const groupsOf = (...sizes: readonly number[]): number[] => sizes.flatMap((size, group) => Array.from({ length: size }, () => group))

/** What the server's worker does for the strategies; there is no test set. */
export const jobs: Jobs = {
  async run(job, args) {
    const heavy: Record<string, (given: never) => unknown> = {
      bipartition: ({ rows, linkage }) => bipartition(rows, linkage),
      'find-clusters': findClusters,
      'descriptor-clusters': descriptorClusters,
      'farthest-first': (given: FarthestFirstArgs) => farthestFirst(given),
    }
    const work = heavy[job]
    return work === undefined ? failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set') : succeeded(work(args as never) as never)
  },
}

export function configOf({ strategy, view, groups, seed, rounds = 8, options = {}, config = {} }: Planting): FederationConfig {
  return quadraticConfig({
    clients: groups.length,
    size: SIZE,
    name: 'planted',
    seed,
    strategy: { name: strategy, options: { ...OPTIONS[strategy], ...options } },
    privacy: { level: 'sealed', view },
    maxWeight: 100,
    stop: { rounds, accuracy: null },
    ...config,
  })
}

/** Group `g` has its optimum along axis `g`; each client is a little beside it. */
export function optimumOf(group: number, client: number, seed: string): Float32Array {
  const rng = createRng(deriveSeed(seed, 'optimum', client))
  return Float32Array.from({ length: SIZE }, (_, entry) => (entry === group ? DISTANCE : 0) + 0.2 * (rng.uniform() - 0.5))
}

export async function plant(planting: Planting): Promise<Simulation> {
  const { groups, seed, examples = 10, wrap = (procedures) => procedures } = planting
  const options: SimulationOptions = {
    config: configOf(planting),
    initialModel: new Float32Array(SIZE),
    procedures: groups.map((group, client) => wrap(createQuadraticProcedures({ optimum: optimumOf(group, client, seed), examples }), client)),
    jobs,
    ...planting.simulation,
  }
  const simulation = await createSimulation(options, plainPlatform)
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  return simulation.value
}

/** The cluster of each client, in the order of the sessions; undefined for whom the coordinator never saw. */
export const clustersOf = (simulation: Simulation): (number | null | undefined)[] =>
  simulation.clients.map((client) => simulation.host().state().clients.get(client)?.cluster)

/** Two lists of labels that say the same: which number stands for which group does not matter. */
export function partitionOf(labels: readonly (number | null | undefined)[]): unknown[] {
  const names = new Map<number, number>()
  return labels.map((label) => {
    if (label === null || label === undefined) return label
    if (!names.has(label)) names.set(label, names.size)
    return names.get(label)
  })
}

export async function modelsOf(simulation: Simulation): Promise<Float32Array[]> {
  return Promise.all(
    simulation
      .host()
      .state()
      .models.map(async (digest) => {
        const bytes = await simulation.blobs.get(digest)
        if (!bytes.ok) throw new Error(bytes.failure.code)
        return new Float32Array(bytes.value.slice().buffer)
      }),
  )
}

export const outcomesOf = (simulation: Simulation): string[] =>
  simulation
    .host()
    .state()
    .rounds.map(({ outcome }) => outcome)

/** What must hold at any moment, whoever came and went. */
export async function expectSound(simulation: Simulation): Promise<void> {
  const state = simulation.host().state()
  expectPartition(state)
  const replayed = replay(await simulation.store.load(state.id))
  expect(replayed).toEqual({ ok: true, value: state })
}

function expectPartition({ clients, models, stage }: FederationState): void {
  for (const { cluster } of clients.values()) if (cluster !== null) expect(cluster >= 0 && cluster < models.length).toBe(true)
  if (models.length === 1) for (const { cluster } of clients.values()) expect(cluster).toBe(0)
  // A census takes those along that none of the clusters was for.
  if (stage.kind === 'open')
    for (const client of stage.cohort) expect(typeof clients.get(client)?.cluster === 'number' || clients.get(client)?.isPending === true).toBe(true)
}

/** Starts the federation when everybody but `absent` is here and ready, and lets time run to the end. `direct` is called again and again in between. */
export async function direct(
  simulation: Simulation,
  { absent = [], director }: { absent?: readonly number[]; director: (state: FederationState) => void },
): Promise<void> {
  const { world, sessions, host } = simulation
  for (const [index, session] of sessions.entries()) if (!absent.includes(index)) session.start()
  const areReady = (): boolean => [...host().state().clients.values()].filter(({ ready }) => ready).length === sessions.length - absent.length
  expect(await world.runUntil(areReady)).toBe(true)
  const started = await host().dispatch({ type: 'federation-started', at: world.clock.now() })
  expect(started.ok).toBe(true)
  const ended = await world.runUntil(() => {
    const state = host().state()
    director(state)
    return state.lifecycle === 'finished' || state.lifecycle === 'paused'
  })
  expect({ ended, lifecycle: host().state().lifecycle }).toEqual({ ended: true, lifecycle: 'finished' })
}

/** The question that is open, as `mortalStore` names it. */
export function openQuestion({ stage }: FederationState): string | null {
  if (stage.kind !== 'open' || stage.open === null) return null
  const { spec } = stage.open
  return spec.kind === 'compute' ? spec.job : nameOf(spec)
}

export type LoggedEvent = Parameters<EventStore['append']>[2][number]

/**
 * A store that can die with its server. `dies` sees every event with the question it belongs to (`sketch`, `rows sketch`, `bipartition` ...): 'before' loses the
 * event, after 'after' it is on disk and nobody hears of it. Nothing is written from then on, until `revive`.
 */
export function mortalStore(store: EventStore, dies: (event: LoggedEvent, question: string) => 'before' | 'after' | null) {
  const questions = new Map<string, string>()
  let isDead = false
  const questionOf = (event: LoggedEvent): string => {
    if (event.type === 'ask-opened') questions.set(event.ask.ask, event.ask.kind === 'compute' ? event.ask.job : nameOf(event.ask))
    return 'ask' in event ? (questions.get(typeof event.ask === 'string' ? event.ask : event.ask.ask) ?? '') : ''
  }
  const lost = (): Promise<never> => {
    isDead = true
    return new Promise(() => undefined)
  }
  return {
    isDead: () => isDead,
    revive(): void {
      isDead = false
    },
    store: {
      ...store,
      async append(federation, sequence, events) {
        const deaths = isDead ? [] : events.map((event) => dies(event, questionOf(event)))
        if (isDead || deaths.includes('before')) return lost()
        const written = await store.append(federation, sequence, events)
        return deaths.includes('after') ? lost() : written
      },
    } satisfies EventStore,
  }
}

const nameOf = ({ kind, procedure }: { readonly kind: string; readonly procedure: string }): string => (kind === 'rows' ? `rows ${procedure}` : procedure)
