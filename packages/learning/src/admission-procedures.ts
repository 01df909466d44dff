import { deriveSeed } from '@shoal/numeric'
import type { Contribution, Finding, ProcedureTable } from '@shoal/protocol'
import { cosineWith, isDirectionless, type SketchSpec, unitSketchOf } from './directions.ts'
import { assertModel, assertVectors, evaluateOn, type Procedure, type ProcedureCall, type ProcedureContext, refusal, trainFrom } from './procedure.ts'

/** How a client finds its cluster by itself. Nothing of it is uploaded, and the round's memory is neither read nor written. */

export const adopt: Procedure<ProcedureTable['adopt']> = () => ({ kind: 'finding', cluster: 0, serves: 0, tried: [] })

/** Sattler 2019, Algorithm 4, with the branches' mean unit sketches in place of all cached updates. */
export const walkTree: Procedure<ProcedureTable['walk-tree']> = async (args, call, context) => {
  const { branches } = args
  const nodes = branches.length
  const clusters = call.models.length - nodes
  for (const model of call.models) assertModel(model, context.learner)
  assertVectors(call.vectors, 2 * nodes, args.length ?? context.learner.parameters)
  for (const child of branches.flatMap(({ children }) => children))
    if (child >= nodes || -1 - child >= clusters) throw refusal('SHOAL_ERR_MALFORMED', `the tree has no node ${child}`)

  /** Index among the models. */
  const modelAt = (place: number): number => (place < 0 ? nodes - 1 - place : place)
  const descend = async (node: number): Promise<number> => {
    const { children } = branches[node]
    const means = [call.vectors[2 * node], call.vectors[2 * node + 1]]
    const unit = await directionFrom(call.models[node], deriveSeed(call.seed, 'node', node), args, context)
    return children[
      await nearestOf(
        unit,
        means,
        args.margin,
        children.map((child) => call.models[modelAt(child)]),
        context,
      )
    ]
  }

  const path = call.cluster === null ? [0] : pathTo(call.cluster, branches)
  if (call.cluster === null) {
    for (let place = path[0]; place >= 0; ) {
      if (path.length > nodes) throw refusal('SHOAL_ERR_MALFORMED', 'the tree has a circle')
      place = await descend(place)
      path.push(place)
    }
  }
  return findingOf(-1 - path[path.length - 1], path.map(modelAt), call, context)
}

/** OCFL for late joiners: the update from the model that the directions were taken from, against the clusters' mean unit sketches. */
export const nearestDirection: Procedure<ProcedureTable['nearest-direction']> = async (args, call, context) => {
  for (const model of call.models) assertModel(model, context.learner)
  const [origin, ...clusters] = call.models
  if (clusters.length === 0) throw refusal('SHOAL_ERR_SHAPE', 'the call gives no models of clusters')
  assertVectors(call.vectors, clusters.length, args.length ?? context.learner.parameters)
  const find = async (): Promise<number> => nearestOf(await directionFrom(origin, call.seed, args, context), call.vectors, args.margin, clusters, context)
  const cluster = call.cluster ?? (await find())
  if (cluster >= clusters.length) throw refusal('SHOAL_ERR_MALFORMED', `there is no cluster ${cluster}`)
  return findingOf(cluster, [0, 1 + cluster], call, context)
}

async function directionFrom(
  model: Float32Array,
  seed: string,
  args: SketchSpec & Pick<ProcedureTable['walk-tree'], 'train'>,
  context: ProcedureContext,
): Promise<Float32Array> {
  return unitSketchOf(context.sketchers.sketch(await trainFrom(model, args.train, seed, context), args))
}

/**
 * Index of the mean of largest cosine, which members of a loose group have with their own mean even where another's is longer; the first of equals. Where the two
 * best are closer than `margin`, or the update has no direction, the least loss of `models` on the client's own training examples decides (IFCA's rule).
 */
async function nearestOf(
  unit: Float32Array,
  means: readonly Float32Array[],
  margin: number,
  models: readonly Float32Array[],
  context: ProcedureContext,
): Promise<number> {
  const cosines = means.map((mean) => cosineWith(unit, mean))
  const [best, second = Number.NEGATIVE_INFINITY] = cosines.toSorted((left, right) => right - left)
  if (!isDirectionless(unit) && best - second >= margin) return cosines.indexOf(best)
  const losses: number[] = []
  for (const model of models) losses.push((await evaluateOn('train', model, context)).loss)
  return losses.indexOf(Math.min(...losses))
}

/** From the root to the leaf of `cluster`, both included. */
function pathTo(cluster: number, branches: ProcedureTable['walk-tree']['branches']): number[] {
  const path = [-1 - cluster]
  while (path[0] !== 0) {
    const parent = branches.findIndex(({ children }) => children.includes(path[0]))
    if (parent === -1 || path.length > branches.length) throw refusal('SHOAL_ERR_MALFORMED', `the tree has no path to cluster ${cluster}`)
    path.unshift(parent)
  }
  return path
}

/**
 * The cluster, served by that of `candidates` which has the least loss on the client's own test split. They come general first, and of equals the later serves.
 * Without examples to test on it is the last, the cluster's own model.
 */
export async function findingOf(cluster: number | null, candidates: readonly number[], { models }: ProcedureCall, context: ProcedureContext): Promise<Finding> {
  const tried: Finding['tried'][number][] = []
  let serves = candidates[candidates.length - 1]
  if (context.learner.examples.test > 0) {
    for (const model of candidates) tried.push({ model, ...(await evaluateOn('test', models[model], context)) })
    const least = Math.min(...tried.map(({ loss }) => loss))
    serves = tried.findLast(({ loss }) => loss === least)?.model ?? serves
  }
  return { kind: 'finding', cluster, serves, tried }
}

/**
 * What an admission finds, a more general model than its own having been tried as well where the call brings one: that serves where its loss on the client's own test split is the least of all,
 * and whoever no cluster is for, whatever the losses.
 */
export async function withFallback(
  found: Contribution | Finding,
  { models, fallback }: ProcedureCall,
  context: ProcedureContext,
): Promise<Contribution | Finding> {
  if (found.kind !== 'finding' || fallback === undefined) return found
  assertModel(fallback, context.learner)
  const general = models.length
  const serves = found.cluster === null ? general : found.serves
  if (context.learner.examples.test === 0) return { ...found, serves }
  const measure = async (model: number): Promise<Finding['tried'][number]> => ({ model, ...(await evaluateOn('test', models[model] ?? fallback, context)) })
  const own = found.tried.some(({ model }) => model === found.serves) ? found.tried : [...found.tried, await measure(found.serves)]
  const tried = [await measure(general), ...own]
  const [{ loss }, ...others] = tried
  return { ...found, tried, serves: others.every((other) => loss < other.loss) ? general : serves }
}
