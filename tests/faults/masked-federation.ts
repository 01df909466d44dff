import type { Transport, TransportHandlers } from '@shoal/client'
import { createProcedures } from '@shoal/learning/procedures'
import { createRingCode, createRng, deriveSeed } from '@shoal/numeric'
import { type AskId, type Digest, type FederationConfig, federationConfigSchema, type Result, type ServerEvent, sumFrameKind } from '@shoal/protocol'
import type { Simulation, SimulationOptions } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { type Answer, type Ask, type BlockAnswer, createAsks, STRATEGIES, type Strategy } from '@shoal/strategies'
import { expect } from 'vitest'
import { jobs, type Procedures } from './clustered-federation.ts'

/**
 * Federations at level `masked` whose updates are whole numbers of the ring's steps, before and after the rotation: what the server decodes is then the sum of those that were given, to the last
 * bit, and a client too many or too few shows.
 */

export const CLIENTS = 8
const LENGTH = 16
const RING = 16
const STEPS_PER_UNIT = 256
/** The rotation divides by four. */
const STEP_OF_UPDATE = 4 / STEPS_PER_UNIT
const MAX_WEIGHT = 64

/** A clip with which five deviations of a rotated coordinate, the range of a word, are so many steps that each is 1 / 256. It is the same for five to eight clients. */
const clipOf = (clients: number): number => ((createRingCode(RING, clients).largest / STEPS_PER_UNIT) * Math.sqrt(LENGTH)) / 5

/** Two cohorts of four clients each, in place of one of eight. */
export const twoCohorts: Partial<FederationConfig> = {
  privacy: { level: 'masked', view: 'sums', masking: { cohortSize: 4, kMin: 3, kDiff: 3, ring: RING, clip: clipOf(4) } },
}

const configOf = (seed: string, change: Partial<FederationConfig> = {}): FederationConfig =>
  federationConfigSchema.parse({
    name: 'masked',
    description: '',
    operator: 'nobody',
    seed,
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'masked', view: 'sums', masking: { cohortSize: 16, kMin: 3, kDiff: 3, ring: RING, clip: clipOf(CLIENTS) } },
    model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [LENGTH] }] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: CLIENTS, max: CLIENTS },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 30_000,
    computeDeadlineMs: 30_000,
    maxWeight: MAX_WEIGHT,
    evaluation: { onClients: false, testSet: null },
    stop: { rounds: 2, accuracy: null },
    ...change,
  })

/** What a strategy was told in answer to one of its questions. */
interface Told {
  readonly round: number
  readonly procedure: string
  readonly blocks: ReadonlyMap<number, BlockAnswer>
}

/** Words that left a device: #5. */
interface Given {
  readonly client: number
  readonly ask: AskId
  readonly digest: Digest
}

export interface MaskedRun {
  readonly simulation: Simulation
  readonly told: readonly Told[]
  readonly given: readonly Given[]
  /** What each client made in a round. */
  updateOf(round: number, client: number): Float32Array
  /** Who is in the training sum of a round, by the log; in the order of the sessions. */
  survivorsOf(round: number): Promise<readonly number[]>
}

export interface MaskedOptions {
  readonly seed: string
  readonly config?: Partial<FederationConfig>
  readonly simulation?: Partial<SimulationOptions>
  readonly wrap?: (procedures: Procedures, client: number) => Procedures
}

export async function plantMasked({ seed, config, simulation: change = {}, wrap = (procedures) => procedures }: MaskedOptions): Promise<MaskedRun> {
  const told: Told[] = []
  const given: Given[] = []
  const updates = new Map<string, Float32Array>()
  let simulation: Simulation | null = null
  const roundNow = (): number => simulation?.host().state().round ?? 0

  /** A client whose updates are drawn: every entry some steps of the ring up or down. */
  const proceduresOf = (client: number): Procedures => {
    const procedures = createProcedures({
      parameters: LENGTH,
      trainable: LENGTH,
      examples: { train: MAX_WEIGHT, test: MAX_WEIGHT },
      train: async (_model, _args, askSeed) => {
        const rng = createRng(deriveSeed(askSeed, 'whole', client))
        const update = Float32Array.from({ length: LENGTH }, () => STEP_OF_UPDATE * (rng.below(33) - 16))
        updates.set(`${roundNow()} ${client}`, update)
        return update
      },
      evaluate: async () => ({ accuracy: 0.5, loss: 1 }),
      losses: async (models) => models.map(() => 1),
      points: () => ({ count: 0, entries: LENGTH, values: new Float32Array(0) }),
      density: null,
      encoder: null,
    })
    const run: Procedures['run'] = (call, onProgress) => procedures.run(call, (done, total) => onProgress(done / total))
    return wrap({ run, endRound: procedures.endRound, cancel: () => undefined }, client)
  }

  const listening = (strategy: Strategy<unknown>): Strategy<unknown> => ({
    ...strategy,
    *round(state, _ask, context) {
      const program = strategy.round(state, createAsks(), context)
      let step = program.next()
      while (!step.done) {
        const asked: Ask = step.value
        const answer: Answer = yield asked
        if (answer.kind === 'sum' && asked.kind === 'sum') told.push({ round: roundNow(), procedure: asked.procedure, blocks: answer.blocks })
        step = program.next(answer)
      }
      return step.value
    },
  })

  const created = await createSimulation({
    config: configOf(seed, config),
    initialModel: new Float32Array(LENGTH),
    procedures: Array.from({ length: CLIENTS }, (_, client) => proceduresOf(client)),
    jobs,
    strategies: new Map([...STRATEGIES].map(([name, strategy]) => [name, listening(strategy)])),
    ...change,
    transport(real, client) {
      const tapped = change.transport?.(real, client) ?? real
      return {
        ...tapped,
        putContribution(upload) {
          given.push({ client, ask: upload.ask, digest: upload.digest })
          return tapped.putContribution(upload)
        },
      }
    },
  })
  if (!created.ok) throw new Error(`${created.failure.code} ${created.failure.detail ?? ''}`)
  const made = created.value
  simulation = made
  return {
    simulation: made,
    told,
    given,
    updateOf(round, client) {
      const update = updates.get(`${round} ${client}`)
      if (update === undefined) throw new Error(`client ${client} did not train in round ${round}`)
      return update
    },
    async survivorsOf(round) {
      const log = await made.store.load(made.host().id)
      const clients = log.flatMap((event) => (event.type === 'contributions-folded' && event.ask === trainingOf(round) ? event.clients : []))
      return clients.map((client) => made.clients.indexOf(client)).sort((left, right) => left - right)
    },
  }
}

/** FedAvg asks for the training sum first. */
export const trainingOf = (round: number): string => `${round}.0`

export const everyone: readonly number[] = Array.from({ length: CLIENTS }, (_, client) => client)
export const everyoneBut = (...absent: readonly number[]): number[] => everyone.filter((client) => !absent.includes(client))

/** The training sum of a round is the sum of what these clients made, as whole numbers, and no other is on record. */
export async function expectExactSum(run: MaskedRun, round: number, survivors: readonly number[]): Promise<void> {
  expect(await run.survivorsOf(round)).toEqual(survivors)
  const total = Float64Array.from({ length: LENGTH }, (_, index) =>
    survivors.reduce((sum, client) => sum + MAX_WEIGHT * (run.updateOf(round, client)[index] ?? Number.NaN), 0),
  )
  const answers = run.told.filter((answer) => answer.round === round && answer.procedure === 'train')
  expect(answers.length).toBeGreaterThan(0)
  for (const { blocks } of answers) expect(blocks).toEqual(new Map([[0, { total, weight: MAX_WEIGHT * survivors.length, count: survivors.length }]]))
}

/** The training sum of a round was not opened, or nobody may use it. */
export async function expectWithheld(run: MaskedRun, round: number, reason: string): Promise<void> {
  expect(await run.survivorsOf(round)).toEqual([])
  const answers = run.told.filter((answer) => answer.round === round && answer.procedure === 'train')
  expect(answers.length).toBeGreaterThan(0)
  for (const { blocks } of answers) expect(blocks).toEqual(new Map([[0, { withheld: reason }]]))
}

/** Nobody's words of one ask left twice in different masks, whatever happened. */
export function expectGivenOnce({ given }: MaskedRun): void {
  const inputs = new Map<string, Set<Digest>>()
  for (const { client, ask, digest } of given) inputs.set(`${client} ${ask}`, (inputs.get(`${client} ${ask}`) ?? new Set()).add(digest))
  for (const [whose, digests] of inputs) expect([whose, digests.size]).toEqual([whose, 1])
}

/** What a client sends in a masked sum, in its order. `input` is #5. */
export type UpStage = 'enter' | 'advertisement' | 'sharesOut' | 'input' | 'unmask'

/** What a test does to one client's link. */
export interface Tap {
  /** Sees what is about to leave at a stage, and says what becomes of it. */
  up?(
    letter: { readonly stage: UpStage; readonly ask: AskId; readonly body: Uint8Array },
    send: (body?: Uint8Array) => Promise<Result<unknown>>,
  ): Promise<Result<unknown>>
  down?(event: ServerEvent, deliver: (event: ServerEvent) => void): void
}

export interface Tapped {
  readonly transport: Transport
  /** The link breaks, on both sides. */
  cut(): void
  /** The page stands still: nothing leaves and nothing is read, and nobody is told. */
  freeze(): void
  /** It goes on where it was. */
  thaw(): void
}

export function tapped(inner: Transport, tap: Tap): Tapped {
  let isFrozen = false
  let held: (() => void)[] = []
  const awake = (): Promise<void> => (isFrozen ? new Promise((resume) => held.push(resume)) : Promise.resolve())
  const whenAwake = (act: () => void): void => {
    if (isFrozen) held.push(act)
    else act()
  }
  const up = async (
    letter: { stage: UpStage; ask: AskId; body: Uint8Array },
    send: (body?: Uint8Array) => Promise<Result<unknown>>,
  ): Promise<Result<unknown>> => {
    const thenSend = async (body?: Uint8Array): Promise<Result<unknown>> => {
      await awake()
      return send(body)
    }
    const answer = tap.up === undefined ? await thenSend() : await tap.up(letter, thenSend)
    await awake()
    return answer
  }
  const transport: Transport = {
    ...inner,
    connect(handlers: TransportHandlers) {
      inner.connect({
        onConnected: () => whenAwake(handlers.onConnected),
        onDisconnected: (failure) => whenAwake(() => handlers.onDisconnected(failure)),
        onEvent(event) {
          const deliver = (changed: ServerEvent): void => whenAwake(() => handlers.onEvent(changed))
          if (tap.down === undefined) deliver(event)
          else tap.down(event, deliver)
        },
      })
    },
    async send(event) {
      if (event.name === 'enter-sum') return up({ stage: 'enter', ask: event.body.ask, body: new Uint8Array(0) }, () => inner.send(event))
      if (event.name !== 'sum-frame') return inner.send(event)
      const { ask, frame } = event.body
      return up({ stage: sumFrameKind(frame) as UpStage, ask, body: frame }, (body = frame) => inner.send({ name: 'sum-frame', body: { ask, frame: body } }))
    },
    async putContribution(upload) {
      const { ask, body } = upload
      const answer = await up({ stage: 'input', ask, body }, (changed = body) => inner.putContribution({ ...upload, body: changed }))
      return answer as Awaited<ReturnType<Transport['putContribution']>>
    },
  }
  return {
    transport,
    cut: () => inner.close(),
    freeze() {
      isFrozen = true
    },
    thaw() {
      isFrozen = false
      const waiting = held
      held = []
      for (const act of waiting) act()
    },
  }
}
