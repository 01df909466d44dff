import { setImmediate as pause } from 'node:timers/promises'
import { adjustedRandIndex, farthestFirst, purity } from '@shoal/clustering'
import { type LabelledImages, pixelsPerImage } from '@shoal/data'
import { createProcedures, type Density, decodeClientMemory, type Procedures } from '@shoal/learning'
import { createLayout, createRng, deriveSeed } from '@shoal/numeric'
import { type AskId, askIdOf, type Contribution, isProcedureName, type Part, type ProcedureTable, ShoalError, type TrainArgs } from '@shoal/protocol'
import { type Answer, type Ask, type BlockSum, createAsks, type RoundContext, uifca } from '@shoal/strategies'

/** What the points of all clients are labelled with, in one restart, after one assignment by the models. */
export interface AssignedPoints {
  /** Share of points that belong to the commonest true cluster of theirs. */
  readonly purity: number
  readonly ari: number
  /** Mean least loss, in nats per number of a point. */
  readonly loss: number
  /** Share of the points that changed. */
  readonly changed: number
}

export interface PointFederation {
  /** What k-FED labelled the points with, where the run begins from it. */
  readonly start: Pick<AssignedPoints, 'purity' | 'ari'> | null
  /** Assignment by assignment, in it restart by restart. */
  readonly assignments: readonly (readonly AssignedPoints[])[]
  /** The restart that is published in the end. */
  readonly best: number
  /** Rounds of averaging that were run. */
  readonly rounds: number
}

export interface PointSetting {
  /** One set a client, labels being the true clusters. */
  readonly sets: readonly LabelledImages[]
  readonly density: Density
  /** Of the strategy `uifca`. */
  readonly options: Readonly<Record<string, unknown>>
  readonly train: TrainArgs
  readonly seed: string
  readonly signal: AbortSignal
}

const isNoLearner = (): never => {
  throw new Error('models of points tell no classes')
}

function proceduresOf({ count, shape, pixels }: LabelledImages, density: Density): Procedures {
  const entries = pixelsPerImage(shape)
  const isBytes = pixels instanceof Uint8Array
  const points = { count, entries, values: Float32Array.from(pixels, (value) => (isBytes ? value / 255 : value)) }
  const parameters = lengthOf(density)
  const learner = { parameters, trainable: parameters, examples: { train: count, test: 0 }, train: isNoLearner, evaluate: isNoLearner, losses: isNoLearner }
  return createProcedures({ ...learner, points: () => points, density, encoder: null })
}

const lengthOf = ({ parameters }: Density): number => createLayout(parameters).length

/**
 * The strategy's own program and the tabs' own procedures with nothing in between: no frames, no fixed point, no cohorts. Everyone answers every ask, and sums are taken in the
 * order of the clients, so that a seed gives the same numbers on every run. Ends with the run's last assignment.
 */
export async function runPointFederation({ sets, density, options, train, seed, signal }: PointSetting): Promise<PointFederation> {
  const clients = sets.map((set) => proceduresOf(set, density))
  const truth = sets.flatMap(({ labels }) => Array.from(labels))
  const parsed = uifca.parseOptions({ ...options })
  if (!parsed.ok) throw new ShoalError(parsed.failure)
  const { clusters, restarts } = parsed.value
  const initialModel = density.initial(deriveSeed(seed, 'model'))
  let models: readonly Float32Array[] = [initialModel]
  let state = uifca.init({ initialModel, layout: createLayout(density.parameters), classes: 0, options: parsed.value, seed })
  const assignments: AssignedPoints[][] = []
  let start: PointFederation['start'] = null

  const agreementIn = (restart: number): Pick<AssignedPoints, 'purity' | 'ari'> => {
    const found = clients.flatMap((client, index) => {
      const { count } = sets[index]
      const { points } = decodeClientMemory(client.kept(), count)
      return Array.from(points?.labels.subarray(restart * count, (restart + 1) * count) ?? [])
    })
    return { purity: purity(found, truth), ari: adjustedRandIndex(found, truth) }
  }
  const read = ({ total, weight }: BlockSum): AssignedPoints[] =>
    Array.from({ length: restarts }, (_, restart) => {
      const last = restart * (3 * clusters + 2) + clusters
      return { ...agreementIn(restart), loss: total[last + 1] / weight, changed: total[last] / weight }
    })

  for (let round = 0; !state.isDone; round += 1) {
    const [starts, rng] = [models, createRng(deriveSeed(seed, 'strategy', round))]
    const context: RoundContext = {
      round,
      start: (k) => starts[k],
      model: (k) => starts[k],
      // Nothing but k-FED's start has two ways; this is the paper's.
      view: 'rows',
      clusters: starts.length,
      clusterSizes: starts.map(() => clients.length),
      rounds: 1000,
      pending: 0,
      cohortSize: clients.length,
      release: { clients: 1, movers: 1 },
      train,
      evaluation: { onClients: false, onServer: false },
      rng,
    }
    const program = uifca.round(state, createAsks(), context)
    let step = program.next()
    for (let index = 0; !step.done; index += 1) {
      const { value: ask } = step
      const answer = await answerOf(ask, { id: askIdOf(round, index), clients, seed, signal })
      const isAssignment = ask.kind === 'sum' && ask.procedure === 'assign-points' && ask.question.args.start === null
      const sum = answer.kind === 'sum' ? answer.blocks.get(0) : undefined
      // The same models once more, only to tell volunteers which restart they are shown, is no assignment of its own.
      if (ask.kind === 'sum' && ask.procedure === 'label-points') start = agreementIn(0)
      if (isAssignment && sum !== undefined && 'total' in sum && assignments.length <= state.assignments) assignments.push(read(sum))
      step = program.next(answer)
    }
    for (const client of clients) client.endRound()
    if (step.value.publish.length > 0) models = step.value.publish
    state = step.value.state
    if (state.isDone) return { start, assignments, best: state.best, rounds: round + 1 }
  }
  throw new Error('the run had ended before it began')
}

interface Asked extends Pick<PointSetting, 'seed' | 'signal'> {
  readonly id: AskId
  readonly clients: readonly Procedures[]
}

async function answerOf(ask: Ask<ProcedureTable>, { id, clients, seed, signal }: Asked): Promise<Answer> {
  if (ask.kind === 'compute') {
    if (ask.job !== 'farthest-first') throw new Error(`nobody computes ${ask.job} here`)
    return { kind: 'compute', value: farthestFirst(ask.args) }
  }
  const given: Contribution[] = []
  for (const [index, client] of clients.entries()) {
    await pause()
    signal.throwIfAborted()
    given.push(...(await contributionOf(ask, client, deriveSeed(deriveSeed(seed, id), 'client', index))))
  }
  if (ask.kind === 'rows') {
    const vectors = given.flatMap((contribution) => (contribution.kind === 'rows' ? contribution.rows : []))
    return { kind: 'rows', ask: id, rows: vectors.map((vector) => ({ vector, block: 0, owner: null })) }
  }
  const blocks = new Map<number, BlockSum>()
  for (const part of given.flatMap((contribution) => (contribution.kind === 'parts' ? contribution.parts : [])))
    blocks.set(part.block, added(blocks.get(part.block), part))
  return { kind: 'sum', blocks }
}

/** None where the client has nothing to give. */
async function contributionOf(ask: Exclude<Ask<ProcedureTable>, { kind: 'compute' }>, client: Procedures, seed: string): Promise<Contribution[]> {
  const { kind, procedure, question } = ask
  const result = await client.run({
    procedure,
    kind,
    args: question.args,
    models: question.models,
    vectors: question.vectors ?? [],
    block: question.place?.by === 'every' ? null : 0,
    cluster: 0,
    of: question.of === undefined || !isProcedureName(question.of) ? null : question.of,
    seed,
    maxWeight: 1_000_000,
  })
  if (!result.ok && result.failure.code !== 'SHOAL_ERR_NO_BLOCK') throw new ShoalError(result.failure)
  return result.ok && result.value.kind !== 'finding' ? [result.value] : []
}

function added(sum: BlockSum | undefined, { vector, weight }: Part): BlockSum {
  const total = sum?.total ?? new Float64Array(vector.length)
  for (const [index, entry] of vector.entries()) total[index] += weight * entry
  return { total, weight: (sum?.weight ?? 0) + weight, count: (sum?.count ?? 0) + 1 }
}
