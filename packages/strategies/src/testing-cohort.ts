import { bipartition, descriptorClusters, farthestFirst, findClusters } from '@shoal/clustering'
import { addScaled, type CountSketch, createCountSketch, createLayout, createRng, deriveSeed, dot, type Layout, norm, shuffled, unitOf } from '@shoal/numeric'
import {
  askIdOf,
  clientIdSchema,
  type DescriptorArgs,
  type DistilArgs,
  type Distilled,
  NORM_BINS,
  normBinOf,
  type ProcedureTable,
  type SketchArgs,
  type TrainArgs,
  type View,
} from '@shoal/protocol'
import { createAsks } from './asks.ts'
import type { Admission, Answer, Ask, BlockAnswer, JobTable, Placement, RoundContext, RoundResult, Strategy } from './contract.ts'
import { type DescribedData, describeData, findDescriptor, hasMoved, momentsOf, nearestCentroid, rowOf, scaledDescriptor } from './testing-descriptors.ts'

/**
 * For tests: clients with real updates who answer each ask as the local procedures do, and a coordinator that keeps to the contract and does no more.
 * A client's objective is 1/2 |theta - target|^2; one round of training is a step towards the target and some noise.
 */
export interface Client {
  readonly target: Float32Array
  readonly examples: number
  /** Norm of the noise in an update. */
  readonly noise: number
  /** The group it was planted in; of two classes its examples are of the one with this number, modulo 2. */
  readonly group: number
  /** What it describes, where strategies ask for descriptors. Without labels it neither trains nor tests. */
  readonly data?: (round: number) => DescribedData
  /** First round it is here. */
  readonly joins?: number
  /** Gives no answer to this procedure in this round. */
  readonly isSilent?: (round: number, procedure: string) => boolean
  /** What becomes of the update it would make. */
  readonly spoils?: (update: Float32Array, round: number) => Float32Array
  /** What becomes of the losses that it finds. */
  readonly misjudges?: (losses: readonly number[], round: number) => readonly number[]
}

export interface Experiment<State, Options> {
  readonly strategy: Strategy<State, ProcedureTable, JobTable, Options>
  readonly options?: Record<string, unknown>
  readonly view: View
  readonly clients: readonly Client[]
  readonly rounds: number
  readonly seed: string
  /** Blocks with fewer clients are withheld. */
  readonly kMin?: number
  readonly withholds?: (ask: Ask, block: number, round: number) => boolean
  readonly failsJobs?: boolean
  readonly distils?: (args: DistilArgs) => Distilled
  /** Clients drawn for a round; all who are here if left out. */
  readonly draws?: (here: readonly number[], round: number) => readonly number[]
  readonly release?: RoundContext['release']
  readonly initialModel?: Float32Array
  readonly layout?: Layout
  readonly classes?: number
  /** Rounds of the whole federation, of which `rounds` are played. */
  readonly plannedRounds?: number
}

export interface PlayedRound<State> {
  readonly asks: readonly Ask[]
  readonly answers: readonly Answer[]
  readonly before: State
  readonly context: () => RoundContext
  readonly models: readonly Float32Array[]
  readonly result: RoundResult<State>
  /** Cluster of each client after the round; null for those who have none. */
  readonly clusterOf: readonly (number | null)[]
}

export const TRAIN: TrainArgs = { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 }
export const PARAMETERS = 1000

const SILENCE = new Float32Array(PARAMETERS)

/** `sizes[g]` clients in group g, all of a group with the same target, `spread` away from the origin in a random direction. */
export function plantGroups(
  sizes: readonly number[],
  { seed, noise = 0.3, spread = 1 }: { readonly seed: string; readonly noise?: number; readonly spread?: number },
): Client[] {
  return sizes.flatMap((size, group) => {
    const target = randomVector(deriveSeed(seed, 'group', group), spread)
    return Array.from({ length: size }, () => ({ target, examples: 10, noise, group }))
  })
}

function randomVector(seed: string, length: number): Float32Array {
  const rng = createRng(seed)
  const drawn = Float64Array.from({ length: PARAMETERS }, () => rng.normal())
  return Float32Array.from(drawn, (entry) => (length * entry) / norm(drawn))
}

type Kept = Map<number, Float32Array>

/** What a client remembers of the open round. */
interface Memory {
  update?: Float32Array
  sketch?: Float32Array
  chosen?: number
  losses?: readonly number[]
  descriptor?: Float32Array
}

export function play<State, Options>(experiment: Experiment<State, Options>): PlayedRound<State>[] {
  const { strategy, options = {}, view, clients, rounds, seed, draws = (here) => here, classes = 2, plannedRounds = 1000 } = experiment
  const parsed = strategy.parseOptions(options)
  if (!parsed.ok) throw new Error(parsed.failure.detail)
  const { initialModel = new Float32Array(PARAMETERS), layout = createLayout([{ name: 'point', shape: [PARAMETERS] }]), release } = experiment
  let models: readonly Float32Array[] = [initialModel]
  let state = strategy.init({ initialModel, layout, classes, options: parsed.value, seed })
  let clusterOf: (number | null)[] = clients.map(() => null)
  const sketchers: Sketchers = new Map()
  /** What a client keeps for good: the descriptor of its last clustering. */
  const kept: Kept = new Map()
  let isCensusDue = false
  const played: PlayedRound<State>[] = []
  for (let round = 0; round < rounds; round += 1) {
    const here = [...clients.keys()].filter((client) => (clients[client].joins ?? 0) <= round)
    const admission = strategy.admit(state)
    clusterOf = clusterOf.map((cluster, client) =>
      here.includes(client) ? (cluster ?? admit(admission, clients[client], deriveSeed(seed, 'admit', client), sketchers, round)) : null,
    )
    const placed = here.filter((client) => clusterOf[client] !== null)
    const drawn = draws(isCensusDue ? here : placed, round)
    const [startModels, sizes] = [models, models.map((_, k) => clusterOf.filter((cluster) => cluster === k).length)]
    const context = (): RoundContext => ({
      round,
      start: (k) => startModels[k],
      model: (k) => startModels[k],
      view,
      clusters: startModels.length,
      clusterSizes: sizes,
      pending: here.length - placed.length,
      rounds: plannedRounds,
      cohortSize: drawn.length,
      release: release ?? { clients: 1, movers: 1 },
      train: TRAIN,
      evaluation: { onClients: true, onServer: false },
      rng: createRng(deriveSeed(seed, 'strategy', round)),
    })
    const cohort = createCohort(experiment, drawn, clusterOf, round, sketchers, kept)
    const asks: Ask[] = []
    const answers: Answer[] = []
    const program = strategy.round(state, createAsks(), context())
    let step = program.next()
    while (!step.done) {
      asks.push(step.value)
      answers.push(cohort.answer(step.value, asks.length - 1))
      step = program.next(answers[answers.length - 1])
    }
    const result = step.value
    const { place, unplaced = [] } = result
    const moved = [...clusterOf]
    if (place !== undefined) {
      for (const [client, cluster] of clusterOf.entries()) if (cluster !== null && unplaced.includes(cluster)) moved[client] = null
      for (const client of drawn) moved[client] = cohort.blockOf(client, place) ?? null
    }
    clusterOf = moved
    if (result.publish.length > 0) models = result.publish
    played.push({ asks, answers, before: state, context, models: startModels, result, clusterOf })
    state = result.state
    isCensusDue = result.isCensusDue ?? false
  }
  return played
}

/** Drives a fresh program through a round's recorded answers, as they come back from a store. */
export function replay<State, Options>(
  strategy: Strategy<State, ProcedureTable, JobTable, Options>,
  { before, context, answers }: Pick<PlayedRound<State>, 'before' | 'context' | 'answers'>,
  stored: <Value>(value: Value) => Value,
) {
  const asks: Ask[] = []
  const program = strategy.round(stored(before), createAsks(), context())
  let step = program.next()
  for (const answer of answers) {
    if (step.done) break
    asks.push(step.value)
    step = program.next(stored(answer))
  }
  return { asks, result: step.done ? step.value : null }
}

function createCohort<State, Options>(
  { clients, seed, kMin = 1, withholds, failsJobs = false, distils }: Experiment<State, Options>,
  drawn: readonly number[],
  clusterOf: readonly (number | null)[],
  round: number,
  sketchers: Sketchers,
  kept: Kept,
) {
  const memories = new Map(drawn.map((client): [number, Memory] => [client, {}]))
  /** Of each rows ask: who was asked, and the handle of each one's row. */
  const handles = new Map<string, { readonly asked: ReadonlySet<number>; readonly of: ReadonlyMap<number, number> }>()

  const dealt = shuffled(drawn, createRng(deriveSeed(seed, 'lot', round)))

  const blockOf = (client: number, place: Placement): number | undefined => {
    const cluster = clusterOf[client] ?? undefined
    const block = (): number | undefined => {
      switch (place.by) {
        case 'everyone':
          return 0
        case 'cluster':
          return cluster
        case 'chosen': {
          const hasBeenCut = [...memories].some(([other, { chosen }]) => chosen !== undefined && clusterOf[other] === cluster)
          const stands = memories.get(client)?.chosen ?? (hasBeenCut ? undefined : cluster)
          return stands === undefined ? undefined : place.to[stands]
        }
        case 'label': {
          const of = handles.get(place.rows.ask)
          if (!of?.asked.has(client)) return cluster
          const handle = of.of.get(client)
          return handle === undefined ? undefined : place.labels[handle]
        }
        case 'lot':
          return dealt.indexOf(client) % place.blocks
        default:
          throw new Error(`nobody is placed by ${place.by} here`)
      }
    }
    const found = block()
    if (found === undefined || found < 0) return undefined
    return 'only' in place && place.only !== undefined && !place.only.includes(found) ? undefined : found
  }

  /** The first question that takes an update says what it starts from. */
  const update = (client: number, { models }: { readonly models: readonly Float32Array[] }, block: number): Float32Array => {
    const memory = memories.get(client) ?? {}
    memory.update ??= updateOf(clients[client], models[models.length === 1 ? 0 : block], deriveSeed(seed, 'update', round, client), round)
    return memory.update
  }
  const unitSketch = (client: number, question: { readonly models: readonly Float32Array[]; readonly args: SketchArgs }, block: number): Float32Array => {
    const memory = memories.get(client) ?? {}
    memory.sketch = unitSketchOf(update(client, question, block), question.args, sketchers)
    return memory.sketch
  }

  const choiceOf = (client: number, losses: readonly number[], inertia: number): readonly [number, ArrayLike<number>, number] | null => {
    const cluster = clusterOf[client]
    const compared = losses.map((loss, model) => (model === cluster ? (1 - inertia) * loss : loss))
    const memory = memories.get(client)
    if (memory === undefined || !compared.some(Number.isFinite)) return null
    memory.losses = compared
    const [choice, k] = [compared.indexOf(Math.min(...compared)), losses.length]
    const told = losses.map((loss) => (Number.isFinite(loss) ? loss : 2 * Math.max(...losses.filter(Number.isFinite))))
    const part = new Float32Array(2 * k * (k + 1))
    part[choice] = 1
    part.set(told, k + choice * k)
    part[k + k * k + choice] = Math.max(0, Math.min(...told.filter((_, model) => model !== choice)) - told[choice])
    if (cluster !== null && cluster !== choice) part[2 * k + k * k + cluster * k + choice] = 1
    return [0, part, 1]
  }
  const trainedBy = (client: number, { closed, kept, repair }: ProcedureTable['train-chosen'], models: number): number | null => {
    const { losses } = memories.get(client) ?? {}
    if (losses?.length !== models) return null
    const open = losses.map((loss, model) => (closed.includes(model) || model === repair?.dropped ? Number.POSITIVE_INFINITY : loss))
    const [choice, cluster] = [open.indexOf(Math.min(...open)), clusterOf[client]]
    if (cluster !== null && Number.isFinite(open[cluster]) && kept.some(([from, to]) => from === cluster && to === choice)) return cluster
    if (repair === null || choice !== repair.halved) return choice
    return createRng(deriveSeed(seed, 'half', round, client)).below(2) === 0 ? repair.halved : repair.dropped
  }

  const described = (client: number, data: DescribedData, args: DescriptorArgs): Float32Array => {
    const descriptor = describeData(data, args)
    const memory = memories.get(client)
    if (memory) memory.descriptor = descriptor
    kept.set(client, descriptor)
    return descriptor
  }

  /** [block, vector, weight], or null where the client has no answer. */
  const part = (client: number, ask: Ask & { kind: 'sum' }): readonly [number, ArrayLike<number>, number] | null => {
    const { vectors = [], place = { by: 'everyone' } } = ask.question
    const sketch = memories.get(client)?.sketch
    if (ask.procedure === 'side') {
      const stands = memories.get(client)?.chosen ?? clusterOf[client] ?? -1
      const index = ask.question.args.cuts.findIndex(({ into }) => into.includes(stands))
      if (index < 0 || sketch === undefined) return null
      const { into, threshold } = ask.question.args.cuts[index]
      const [first, second] = [vectors[2 * index], vectors[2 * index + 1]]
      const goes =
        threshold === null
          ? dot(sketch, second) - dot(second, second) / 2 > dot(sketch, first) - dot(first, first) / 2
          : coefficient(sketch, first, second) > threshold
      const memory = memories.get(client)
      if (memory) memory.chosen = into[goes ? 1 : 0]
      return [into[goes ? 1 : 0], sketch, 1]
    }
    const { examples, target, misjudges = (losses) => losses } = clients[client]
    if (ask.procedure === 'choose') {
      const losses = misjudges(
        ask.question.models.map((model) => halfSquares(model, target)),
        round,
      ).map((loss) => (Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY))
      return choiceOf(client, losses, ask.question.args.inertia)
    }
    if (ask.procedure === 'train-chosen') {
      const { args, models: received, of } = ask.question
      const chosen = place.by === 'choice' ? trainedBy(client, args, received.length) : (blockOf(client, place) ?? null)
      if (chosen === null) return null
      const memory = memories.get(client)
      const trained =
        of === 'train' ? update(client, ask.question, chosen) : updateOf(clients[client], received[chosen], deriveSeed(seed, 'update', round, client), round)
      if (memory && place.by === 'choice') memory.chosen = chosen
      return [chosen, trained, args.weigh === 'equally' ? 1 : examples]
    }
    const data = clients[client].data?.(round)
    if (data?.labels === null) return null
    if (ask.procedure === 'lloyd-descriptors' || ask.procedure === 'nearest-descriptor') {
      const memory = memories.get(client)
      if (memory?.descriptor === undefined) return null
      const { args } = ask.question
      const scaled = scaledDescriptor(memory.descriptor, vectors[0], args)
      const { cluster, distance } = nearestCentroid(scaled, vectors.slice(1))
      if (ask.procedure === 'lloyd-descriptors') return [cluster, scaled, 1]
      memory.chosen = cluster
      return [cluster, [distance ** 2], 1]
    }
    const block = blockOf(client, place)
    if (block === undefined) return null
    switch (ask.procedure) {
      case 'describe':
        return data === undefined ? null : [block, momentsOf(described(client, data, ask.question.args), ask.question.args), 1]
      case 'check-drift': {
        if (data === undefined) return null
        const { args } = ask.question
        const before = kept.get(client) ?? described(client, data, args)
        return [block, [Number(hasMoved(before, data, args, vectors[0]))], 1]
      }
      case 'train':
        return [block, update(client, ask.question, block), examples]
      case 'evaluate': {
        const loss = halfSquares(ask.question.models[block], target)
        return [block, [Math.exp(-2 * loss), loss], examples]
      }
      case 'sketch': {
        const { args } = ask.question
        const unit = unitSketch(client, ask.question, block)
        const sketched = sketchOf(update(client, ask.question, block), args, sketchers)
        const share = examples / 100
        const bin = normBinOf(norm(update(client, ask.question, block)))
        const bins = Array.from({ length: NORM_BINS }, (_, index) => Number(index === bin))
        return [
          block,
          joined(
            unit,
            sketched.map((entry) => share * entry),
            [share],
            bins,
          ),
          1,
        ]
      }
      case 'count-labels':
        return [block, Array.from({ length: ask.question.args.classes }, (_, label) => Number(label === clients[client].group % 2)), examples]
      case 'moments': {
        const unit = unitSketchOf(update(client, ask.question, block), ask.question.args, sketchers)
        const triangle = Array.from(unit, (left, row) => unit.subarray(row).map((right) => left * right))
        return [block, joined(unit, ...triangle), 1]
      }
      case 'project': {
        const group = ask.question.args.groups.indexOf(block)
        if (group < 0 || sketch === undefined) return null
        const [mean, direction] = [vectors[2 * group], vectors[2 * group + 1]]
        const c = coefficient(sketch, mean, direction)
        return [block, sketch.map((entry, index) => c * (entry - mean[index])), 1]
      }
      case 'histogram': {
        const { groups, bins, ranges } = ask.question.args
        const group = groups.indexOf(block)
        if (group < 0 || sketch === undefined) return null
        const c = coefficient(sketch, vectors[2 * group], vectors[2 * group + 1])
        const bin = Math.min(bins - 1, Math.max(0, Math.floor(((c / ranges[group] + 1) / 2) * bins)))
        return [block, Array.from({ length: bins }, (_, index) => Number(index === bin)), 1]
      }
      default:
        throw new Error(`nobody answers ${ask.procedure} here`)
    }
  }

  const sum = (ask: Ask & { kind: 'sum' }): Answer => {
    const sums = new Map<number, { total: Float64Array; weight: number; count: number }>()
    for (const client of drawn) {
      const given = clients[client].isSilent?.(round, ask.procedure) ? null : part(client, ask)
      if (given === null) continue
      const { trunk } = ask.question
      for (const [block, vector, weight] of trunk === undefined || ask.procedure !== 'train-chosen'
        ? [given]
        : inTwo(given, trunk, ask.question.models.length)) {
        const entries = Float32Array.from(vector)
        const lengths = ask.question.vectorLengths
        if (lengths !== undefined && lengths[block] !== entries.length)
          throw new RangeError(`${ask.procedure}: ${entries.length} entries for ${lengths[block]}`)
        const into = sums.get(block) ?? { total: new Float64Array(entries.length), weight: 0, count: 0 }
        for (let index = 0; index < entries.length; index += 1) into.total[index] += weight * entries[index]
        sums.set(block, { total: into.total, weight: into.weight + weight, count: into.count + 1 })
      }
    }
    const { place } = ask.question
    // Every client is in every block, be it with nothing.
    const answers = place?.by === 'every' ? [...sums.values()].reduce((count, answer) => count + answer.count, 0) : null
    const blocks = [...sums].map(([block, own]): [number, BlockAnswer] => [
      block,
      (answers ?? own.count) < kMin || withholds?.(ask, block, round) ? { withheld: 'below-kmin' } : { ...own, count: answers ?? own.count },
    ])
    return { kind: 'sum', blocks: new Map(blocks) }
  }

  const rows = (ask: Ask & { kind: 'rows' }, index: number): Answer => {
    const { place = { by: 'everyone' } } = ask.question
    const vectorOf = (client: number, block: number): Float32Array | null => {
      if (ask.procedure === 'sketch') return unitSketch(client, ask.question, block)
      if (ask.procedure !== 'describe') throw new Error(`nobody has rows of ${ask.procedure} here`)
      const data = clients[client].data?.(round)
      return data === undefined || data.labels === null ? null : rowOf(described(client, data, ask.question.args), data, ask.question.args)
    }
    const asked = drawn.filter((client) => blockOf(client, place) !== undefined)
    const askId = askIdOf(round, index)
    const found = asked.flatMap((client) => {
      if (clients[client].isSilent?.(round, 'rows')) return []
      const block = blockOf(client, place) ?? 0
      const vector = vectorOf(client, block)
      return vector === null || withholds?.(ask, block, round) || norm(vector) === 0 ? [] : [{ client, vector, block }] // an update without direction has no row
    })
    handles.set(askId, { asked: new Set(asked), of: new Map(found.map(({ client }, handle) => [client, handle])) })
    return {
      kind: 'rows',
      ask: askId,
      rows: found.map(({ vector, block, client }) => ({ vector, block, owner: clientIdSchema.parse(`cl-${String(client).padStart(8, '0')}`) })),
    }
  }

  const answer = (ask: Ask, index: number): Answer => {
    if (ask.kind === 'sum') return sum(ask)
    if (ask.kind === 'rows') return rows(ask, index)
    if (failsJobs) return { kind: 'compute', failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } }
    if (ask.job === 'bipartition') return { kind: 'compute', value: bipartition(ask.args.rows, ask.args.linkage) }
    if (ask.job === 'farthest-first') return { kind: 'compute', value: farthestFirst(ask.args) }
    if (ask.job === 'descriptor-clusters') return { kind: 'compute', value: descriptorClusters(ask.args) }
    if (ask.job === 'find-clusters') return { kind: 'compute', value: findClusters(ask.args) }
    if (ask.job === 'distil' && distils !== undefined) return { kind: 'compute', value: distils(ask.args) }
    throw new Error(`there is no job ${ask.job} here`)
  }
  return { answer, blockOf }
}

/** How a newcomer finds its cluster: Algorithm 4 of CFL, the nearest direction, or the nearest descriptor. */
function admit(admission: Admission, client: Client, seed: string, sketchers: Sketchers, round: number): number | null {
  const { models, vectors = [] } = admission
  const directionFrom = (model: Float32Array, args: SketchArgs): Float32Array => unitSketchOf(updateOf(client, model, seed, 0), args, sketchers)
  const nearest = (unit: Float32Array, means: readonly Float32Array[]): number => {
    const cosines = means.map((mean) => dot(unit, mean) / norm(mean))
    return cosines.indexOf(Math.max(...cosines))
  }
  switch (admission.procedure) {
    case 'walk-tree': {
      const { args } = admission
      let place = 0
      while (place >= 0) place = args.branches[place].children[nearest(directionFrom(models[place], args), [vectors[2 * place], vectors[2 * place + 1]])]
      return -1 - place
    }
    case 'nearest-direction':
      return nearest(directionFrom(models[0], admission.args), vectors)
    case 'least-loss': {
      const losses = models.map((model) => halfSquares(model, client.target))
      return losses.indexOf(Math.min(...losses))
    }
    case 'find-descriptor': {
      const data = client.data?.(round)
      return data === undefined ? 0 : findDescriptor(data, admission.args, vectors)
    }
    default:
      return 0
  }
}

function updateOf({ target, noise, spoils = (update) => update }: Client, model: Float32Array, seed: string, round: number): Float32Array {
  const drawn = noise === 0 ? SILENCE : randomVector(seed, noise)
  return spoils(
    Float32Array.from(target, (entry, index) => TRAIN.learningRate * (entry - model[index]) + drawn[index]),
    round,
  )
}

/** The entries that all models share go into the block after the last. */
const inTwo = ([block, vector, weight]: readonly [number, ArrayLike<number>, number], trunk: number, blocks: number) =>
  [
    [block, Array.from(vector).slice(trunk), weight],
    [blocks, Array.from(vector).slice(0, trunk), weight],
  ] as const

const halfSquares = (model: Float32Array, target: Float32Array): number => norm(addScaled(model, target, -1)) ** 2 / 2

type Sketchers = Map<string, CountSketch>

/** Maps are expensive to draw: one for all clients and rounds of a run. */
function sketchOf(update: Float32Array, { length, seed }: SketchArgs, sketchers: Sketchers): Float32Array {
  if (length === null) return update
  const key = `${length} ${seed}`
  const sketcher = sketchers.get(key) ?? createCountSketch({ length: PARAMETERS, buckets: length, seed })
  sketchers.set(key, sketcher)
  return Float32Array.from(sketcher.sketch(update))
}

function unitSketchOf(update: Float32Array, args: SketchArgs, sketchers: Sketchers): Float32Array {
  const sketched = sketchOf(update, args, sketchers)
  return Float32Array.from(unitOf(sketched) ?? new Float32Array(sketched.length))
}

function joined(...vectors: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(vectors.reduce((length, vector) => length + vector.length, 0))
  let offset = 0
  for (const vector of vectors) {
    all.set(vector, offset)
    offset += vector.length
  }
  return all
}

const coefficient = (unit: Float32Array, mean: Float32Array, direction: Float32Array): number => dot(unit, direction) - dot(mean, direction)
