import type { Procedures } from '@shoal/learning/procedures'
import { createLayout, createRng, deriveSeed, shuffled } from '@shoal/numeric'
import { ShoalError, type TrainArgs } from '@shoal/protocol'
import { type Ask, type BlockAnswer, createAsks, type IfcaState, ifca, type Placement, type RoundContext } from '@shoal/strategies'

export interface DrivenProgram {
  readonly procedures: readonly Procedures[]
  readonly options: Readonly<Record<string, unknown>>
  readonly initialModel: Float32Array
  readonly train: TrainArgs
  readonly rounds: number
  readonly seed: string
  readonly signal: AbortSignal
  /** After every round; what is given can be gone on from. */
  readonly onRound?: (reached: DrivenRound) => Promise<void>
  readonly from?: DrivenRound | null
}

/** Where a run stands. */
export interface DrivenRound extends DrivenEnd {
  readonly round: number
  readonly state: IfcaState
}

export interface DrivenEnd {
  readonly models: readonly Float32Array[]
  readonly clusters: readonly number[]
  /** Mean least loss of each round that had a choice. */
  readonly losses: readonly number[]
}

/**
 * The program `ifca` as it is, over clients in this process: sums and no more, for experiments of hundreds of rounds whose clients cost nothing. Ends early where a
 * loss is not finite or larger than any that has a meaning.
 */
export async function driveIfca({ procedures, options, initialModel, train, rounds, seed, signal, onRound, from = null }: DrivenProgram): Promise<DrivenEnd> {
  const parsed = ifca.parseOptions({ ...options })
  if (!parsed.ok) throw new ShoalError(parsed.failure)
  const layout = createLayout([{ name: 'theta', shape: [initialModel.length] }])
  let state = from?.state ?? ifca.init({ initialModel, layout, classes: 0, options: parsed.value, seed })
  let models = from?.models ?? [initialModel]
  let clusters = from?.clusters ?? procedures.map(() => 0)
  const losses = [...(from?.losses ?? [])]
  for (let round = from === null ? 0 : from.round + 1; round < rounds; round += 1) {
    signal.throwIfAborted()
    await new Promise((resume) => setImmediate(resume))
    const starts = models
    const context: RoundContext = {
      round,
      start: (cluster) => starts[cluster],
      model: (cluster) => starts[cluster],
      view: 'sums',
      clusters: starts.length,
      clusterSizes: starts.map((_, cluster) => clusters.filter((own) => own === cluster).length),
      rounds: 1000,
      pending: 0,
      cohortSize: procedures.length,
      release: { clients: 1, movers: 1 },
      train,
      evaluation: { onClients: false, onServer: false },
      rng: createRng(deriveSeed(seed, 'round', round)),
    }
    const trained = [...clusters]
    const program = ifca.round(state, createAsks(), context)
    let step = program.next()
    while (!step.done) step = program.next({ kind: 'sum', blocks: await sumOf(step.value, procedures, clusters, trained, deriveSeed(seed, 'ask', round)) })
    for (const { endRound } of procedures) endRound()
    if (step.value.place !== undefined) clusters = trained
    if (step.value.publish.length > 0) models = step.value.publish
    state = step.value.state
    const loss = step.value.signals?.leastLoss
    if (loss !== undefined) losses.push(loss)
    await onRound?.({ round, state, models, clusters, losses })
    if (loss !== undefined && !(loss < DIVERGED)) break
  }
  return { models, clusters, losses }
}

const DIVERGED = 1e9

/** `trained`: the block in which each client trained last. */
async function sumOf(
  ask: Ask,
  procedures: readonly Procedures[],
  clusters: readonly number[],
  trained: number[],
  seed: string,
): Promise<Map<number, BlockAnswer>> {
  if (ask.kind !== 'sum') throw new TypeError(`a program over sums asks for ${ask.kind}`)
  const { procedure, question } = ask
  const placeOf = placing(question.place ?? { by: 'everyone' }, clusters, seed)
  const sums = new Map<number, { total: Float64Array; weight: number; count: number }>()
  for (const [client, { run }] of procedures.entries()) {
    const result = await run({
      procedure,
      kind: 'sum',
      args: question.args,
      models: question.models,
      vectors: [],
      block: placeOf(client),
      cluster: clusters[client],
      of: question.of === 'choose' ? 'choose' : null,
      seed: deriveSeed(seed, client),
      maxWeight: Number.MAX_SAFE_INTEGER,
    })
    if (!result.ok || result.value.kind !== 'parts') continue // it sits out
    for (const { block, vector, weight } of result.value.parts) {
      const sum = sums.get(block) ?? { total: new Float64Array(vector.length), weight: 0, count: 0 }
      for (let entry = 0; entry < vector.length; entry += 1) sum.total[entry] += weight * vector[entry]
      sums.set(block, { total: sum.total, weight: sum.weight + weight, count: sum.count + 1 })
      if (procedure === 'train-chosen') trained[client] = block
    }
  }
  return sums
}

function placing(place: Placement, clusters: readonly number[], seed: string): (client: number) => number | null {
  if (place.by === 'choice') return () => null
  if (place.by === 'cluster') return (client) => clusters[client]
  if (place.by !== 'lot') return () => 0
  const dealt = shuffled([...clusters.keys()], createRng(deriveSeed(seed, 'lot')))
  return (client) => dealt.indexOf(client) % place.blocks
}
