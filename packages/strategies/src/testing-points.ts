import { farthestFirst, purity } from '@shoal/clustering'
import { createLayout, createRng, deriveSeed } from '@shoal/numeric'
import { askIdOf, type ProcedureTable, type View } from '@shoal/protocol'
import { createAsks } from './asks.ts'
import { upTo } from './cluster-models.ts'
import type { Answer, Ask, BlockSum, JobTable, RoundContext, RoundResult, Strategy } from './contract.ts'
import { TRAIN } from './testing-cohort.ts'

/**
 * For tests: clients whose points of two numbers lie around planted places, and who answer each ask as the local procedures do, in their simplest form. A model is
 * a place, the loss of a point its squared distance from it, and one round of fitting a step to the mean of the points.
 */
export interface PointExperiment<State, Options> {
  readonly strategy: Strategy<State, ProcedureTable, JobTable, Options>
  readonly options: Record<string, unknown>
  readonly view?: View
  /** Of each client: how many points it has of each planted group. */
  readonly holdings: readonly (readonly number[])[]
  readonly rounds: number
  readonly seed: string
  readonly withholds?: (ask: Ask, block: number, round: number) => boolean
  readonly failsJobs?: boolean
}

export interface PlayedPoints<State> {
  readonly asks: readonly Ask[]
  readonly answers: readonly Answer[]
  readonly before: State
  readonly context: () => RoundContext
  readonly models: readonly Float32Array[]
  readonly result: RoundResult<State>
  /** Share of all points that the restart shown to volunteers puts right; null before there are labels. */
  readonly purity: number | null
}

const PLACES = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
]

interface Client {
  readonly points: readonly Float32Array[]
  readonly groups: readonly number[]
  /** Restart by restart. */
  labels: number[][] | null
  best: number
  /** The client's own clusters. */
  local: { readonly labels: readonly number[]; readonly centroids: readonly Float32Array[] } | null
}

const distance = (point: ArrayLike<number>, place: ArrayLike<number>): number => (point[0] - place[0]) ** 2 + (point[1] - place[1]) ** 2
const nearest = (point: ArrayLike<number>, places: readonly ArrayLike<number>[], present = 0): number =>
  places.reduce((best, place, index) => (distance(point, place) < distance(point, places[best]) ? index : best), present)
const meanOf = (points: readonly Float32Array[]): number[] => [0, 1].map((entry) => points.reduce((sum, point) => sum + point[entry], 0) / points.length)
const shares = (labels: readonly number[], clusters: number): number[] =>
  upTo(clusters).map((cluster) => labels.filter((label) => label === cluster).length / labels.length)

export function playPoints<State, Options>(experiment: PointExperiment<State, Options>): PlayedPoints<State>[] {
  const { strategy, options, view = 'sums', holdings, rounds, seed } = experiment
  const clients = holdings.map((sizes, index): Client => {
    const rng = createRng(deriveSeed(seed, 'points', index))
    const groups = sizes.flatMap((size, group) => upTo(size).map(() => group))
    return {
      points: groups.map((group) => Float32Array.from(PLACES[group], (entry) => entry + 0.5 * rng.normal())),
      groups,
      labels: null,
      best: 0,
      local: null,
    }
  })
  const parsed = strategy.parseOptions(options)
  if (!parsed.ok) throw new Error(parsed.failure.detail)
  const initialModel = Float32Array.of(4, 6)
  let models: readonly Float32Array[] = [initialModel]
  let state = strategy.init({ initialModel, layout: createLayout([{ name: 'place', shape: [2] }]), classes: 0, options: parsed.value, seed })
  return upTo(rounds).map((round) => {
    const starts = models
    const context = (): RoundContext => ({
      round,
      start: (k) => starts[k],
      model: (k) => starts[k],
      view,
      clusters: starts.length,
      clusterSizes: starts.map(() => clients.length),
      pending: 0,
      rounds: 1000,
      cohortSize: clients.length,
      release: { clients: 1, movers: 1 },
      train: TRAIN,
      evaluation: { onClients: false, onServer: false },
      rng: createRng(deriveSeed(seed, 'strategy', round)),
    })
    const [asks, answers, before]: [Ask[], Answer[], State] = [[], [], state]
    const program = strategy.round(state, createAsks(), context())
    let step = program.next()
    while (!step.done) {
      asks.push(step.value)
      answers.push(answerOf(step.value, clients, round, asks.length - 1, experiment))
      step = program.next(answers[answers.length - 1])
    }
    const result = step.value
    state = result.state
    if (result.publish.length > 0) models = result.publish
    const found = clients.flatMap(({ labels, best }) => labels?.[best] ?? [])
    const truth = clients.flatMap(({ groups }) => groups)
    return { asks, answers, before, context, models: starts, result, purity: found.length === truth.length ? purity(found, truth) : null }
  })
}

function answerOf<State, Options>(ask: Ask, clients: readonly Client[], round: number, index: number, experiment: PointExperiment<State, Options>): Answer {
  const { seed, withholds, failsJobs = false } = experiment
  if (ask.kind === 'compute') {
    if (failsJobs || ask.job !== 'farthest-first') return { kind: 'compute', failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } }
    return { kind: 'compute', value: farthestFirst(ask.args) }
  }
  if (ask.kind === 'rows') {
    const rows = withholds?.(ask, 0, round) ? [] : clients.flatMap((client) => ownCentroids(client, ask, seed))
    return { kind: 'rows', ask: askIdOf(round, index), rows: rows.map((vector) => ({ vector, block: 0, owner: null })) }
  }
  const sums = new Map<number, BlockSum>()
  for (const [number, client] of clients.entries())
    for (const { block, vector, weight } of partsOf(client, ask, deriveSeed(seed, round, index, number))) {
      const before = sums.get(block) ?? { total: new Float64Array(vector.length), weight: 0, count: clients.length }
      sums.set(block, { ...before, total: before.total.map((entry, at) => entry + weight * vector[at]), weight: before.weight + weight })
    }
  return { kind: 'sum', blocks: new Map([...sums].map(([block, sum]) => [block, withholds?.(ask, block, round) ? { withheld: 'below-kmin' } : sum])) }
}

interface Given {
  readonly block: number
  readonly vector: readonly number[]
  readonly weight: number
}

function partsOf(client: Client, ask: Ask & { kind: 'sum' }, seed: string): readonly Given[] {
  const { points } = client
  const { models, vectors = [] } = ask.question
  switch (ask.procedure) {
    case 'assign-points': {
      const { clusters, restarts, folds, start, best, reseed } = ask.question.args
      const rng = createRng(seed)
      const before = start === null ? client.labels : null
      const judges = (restart: number, at: number): readonly Float32Array[] => models.slice((restart * folds + (at % folds)) * clusters).slice(0, clusters)
      const found = upTo(restarts).map((restart) =>
        points.map((point, at) => {
          if (start === 'random') return rng.below(clusters)
          if (start === 'labels') return client.labels?.[restart][at] ?? 0
          return nearest(point, judges(restart, at), before?.[restart][at])
        }),
      )
      const least = (restart: number, at: number): number =>
        models.length === 0 ? 0 : Math.min(...judges(restart, at).map((model) => distance(points[at], model)))
      const missed = (restart: number, at: number, label: number): number => {
        const others = models.length === 0 ? [] : judges(restart, at).filter((_, cluster) => cluster !== label)
        return others.length === 0 ? 0 : Math.min(...others.map((model) => distance(points[at], model))) - least(restart, at)
      }
      for (const [restart, cluster] of reseed) {
        const farthest = [...points.keys()].sort((left, right) => least(restart, right) - least(restart, left))
        for (const at of farthest.slice(0, Math.ceil(points.length / (2 * clusters)))) found[restart][at] = cluster
      }
      const vector = found.flatMap((labels, restart) => [
        ...shares(labels, clusters),
        labels.filter((label, at) => label !== before?.[restart][at]).length / labels.length,
        points.reduce((sum, _, at) => sum + least(restart, at), 0) / points.length,
        ...upTo(clusters).map((cluster) => labels.reduce((sum, label, at) => sum + (label === cluster ? least(restart, at) : 0), 0) / points.length),
        ...upTo(clusters).map((cluster) => labels.reduce((sum, label, at) => sum + (label === cluster ? missed(restart, at, label) : 0), 0) / points.length),
      ])
      client.labels = found
      client.best = best
      return [{ block: 0, vector, weight: points.length }]
    }
    case 'train-points': {
      const { clusters, folds, minPoints, train } = ask.question.args
      return models.flatMap((model, block) => {
        const fold = folds === 1 ? -1 : Math.floor(block / clusters) % folds
        const labels = client.labels?.[Math.floor(block / (folds * clusters))] ?? []
        const own = points.filter((_, at) => labels[at] === block % clusters && at % folds !== fold)
        if (own.length < minPoints) return []
        return [{ block, vector: meanOf(own).map((entry, at) => train.learningRate * (entry - model[at])), weight: own.length }]
      })
    }
    case 'label-points': {
      const { restarts } = ask.question.args
      if (ask.question.of === undefined) ownCentroids(client, ask, seed)
      const labels = (client.local?.labels ?? []).map((label) => nearest(client.local?.centroids[label] ?? [0, 0], vectors))
      client.labels = upTo(restarts).map(() => [...labels])
      const loss = points.reduce((sum, point, at) => sum + distance(point, vectors[labels[at]]), 0) / points.length
      return [{ block: 0, vector: [...shares(labels, vectors.length), loss], weight: points.length }]
    }
    case 'lloyd': {
      const { minPoints } = ask.question.args
      return vectors.flatMap((_, block) => {
        const own = points.filter((point) => nearest(point, vectors) === block)
        return own.length < minPoints ? [] : [{ block, vector: meanOf(own), weight: own.length }]
      })
    }
    default:
      throw new Error(`nobody answers ${ask.procedure} here`)
  }
}

/** Finds the client's own clusters, and gives the centroids that may be given. */
function ownCentroids(client: Client, ask: Ask & { kind: 'sum' | 'rows' }, seed: string): readonly Float32Array[] {
  if (ask.procedure !== 'centroids' && ask.procedure !== 'label-points') throw new Error(`nobody has rows of ${ask.procedure} here`)
  const { localClusters, most, minPoints } = ask.question.args
  const wanted = localClusters ?? Math.min(most, new Set(client.groups).size)
  client.local = farthestFirst({ rows: client.points, clusters: wanted, seed })
  const { labels, centroids } = client.local
  return centroids.filter((_, cluster) => labels.filter((label) => label === cluster).length >= minPoints)
}
