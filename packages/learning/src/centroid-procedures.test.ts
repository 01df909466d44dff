import { createRng } from '@shoal/numeric'
import type { Contribution, Finding, Result } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callOf, codeOf, findingOf, partOf } from '../tests/point-procedures.ts'
import { createProcedures, type Procedures } from './procedures.ts'

const neverAsked = (): never => {
  throw new Error('no model is trained')
}

/** Procedures on a client that holds these points. */
function proceduresOf(points: readonly (readonly number[])[], kept: Uint8Array | null = null): Procedures {
  const entries = points[0]?.length ?? 2
  const learner = {
    parameters: entries,
    trainable: entries,
    examples: { train: points.length, test: 0 },
    train: neverAsked,
    evaluate: neverAsked,
    losses: neverAsked,
    points: () => ({ count: points.length, entries, values: Float32Array.from(points.flat()) }),
    density: null,
    encoder: null,
  }
  return createProcedures(learner, kept)
}

const rowsOf = (result: Result<Contribution | Finding>): number[][] => {
  if (!result.ok || result.value.kind !== 'rows') throw new Error(JSON.stringify(result))
  return result.value.rows.map((row) => [...row]).sort((left, right) => left[0] - right[0])
}
const partsOf = (result: Result<Contribution | Finding>) => {
  if (!result.ok || result.value.kind !== 'parts') throw new Error(JSON.stringify(result))
  return result.value.parts
}
const floats = (...entries: number[]): number[] => entries.map(Math.fround)
const vectors = (...rows: number[][]): Float32Array[] => rows.map((row) => Float32Array.from(row))

const LOCAL = { localClusters: 2, most: 4, minPoints: 2 }
const CENTROIDS = callOf({ procedure: 'centroids', kind: 'rows', args: LOCAL, models: [], block: null })
const LABEL = callOf({ procedure: 'label-points', args: { ...LOCAL, restarts: 1 }, models: [], block: null })
const LLOYD = callOf({ procedure: 'lloyd', args: { minPoints: 2 }, models: [], block: null })
/** Two groups, three points and two. */
const POINTS = [
  [0, 1],
  [0, 2],
  [0, 3],
  [9, 0],
  [11, 0],
]

test('centroids: a row for each local cluster', async () => {
  expect(rowsOf(await proceduresOf(POINTS).run(CENTROIDS))).toEqual([
    [0, 2],
    [10, 0],
  ])
})

test('guard: centroids of fewer than minPoints points are not given, and a client with nothing to give says so', async () => {
  const ask = (minPoints: number) => proceduresOf(POINTS).run({ ...CENTROIDS, args: { ...LOCAL, minPoints } })
  expect(rowsOf(await ask(3))).toEqual([[0, 2]])
  expect(codeOf(await ask(4))).toBe('SHOAL_ERR_NO_BLOCK')
  const few = { ...CENTROIDS, args: { localClusters: 5, most: 5, minPoints: 1 } }
  expect(codeOf(await proceduresOf(POINTS).run(few))).toBe('SHOAL_ERR_NO_BLOCK')
  expect(codeOf(await proceduresOf(POINTS).run({ ...few, args: { localClusters: null, most: 5, minPoints: 1 } }))).toBe('SHOAL_ERR_NO_BLOCK')
})

test('label-points: points as their local centroid, and that by the nearest of the vectors; shares and the spread around these', async () => {
  const procedures = proceduresOf(POINTS)
  const part = partOf(await procedures.run({ ...LABEL, vectors: vectors([50, 50], [10, 0], [0, 0]) }))
  expect({ block: part.block, weight: part.weight }).toEqual({ block: 0, weight: 5 })
  expect([...part.vector]).toEqual(floats(0, 0.4, 0.6, (1 + 4 + 9 + 1 + 1) / 5))
  expect([...(procedures.pointLabels() ?? [])]).toEqual([2, 2, 2, 1, 1])
})

test('label-points: labels are those of local centroids, not of points on their own', async () => {
  const procedures = proceduresOf([
    [0, 0],
    [0, 2],
    [0, 4],
    [40, 0],
    [40, 1],
  ])
  // (0, 4) itself is nearer to the second vector, its centroid (0, 2) to the first.
  partOf(await procedures.run({ ...LABEL, vectors: vectors([0, 1], [0, 5], [40, 0]) }))
  expect([...(procedures.pointLabels() ?? [])]).toEqual([0, 0, 0, 2, 2])
})

test('label-points: works of the centroids kept in the round, whatever the seed; after it they are gone', async () => {
  const procedures = proceduresOf(POINTS)
  const of = { of: 'centroids', vectors: vectors([0, 0], [9, 9]) } as const
  expect(codeOf(await procedures.run({ ...LABEL, ...of }))).toBe('SHOAL_ERR_MEMORY_LOST')
  const [first] = rowsOf(await procedures.run({ ...CENTROIDS, args: { ...LOCAL, localClusters: 1 } }))
  expect(first).toEqual(floats(4, 1.2))
  partOf(await procedures.run({ ...LABEL, ...of }))
  expect([...(procedures.pointLabels() ?? [])]).toEqual([0, 0, 0, 0, 0])
  procedures.endRound()
  expect(codeOf(await procedures.run({ ...LABEL, ...of }))).toBe('SHOAL_ERR_MEMORY_LOST')
})

test('what a worker gives away is not what is kept', async () => {
  const procedures = proceduresOf(POINTS)
  const given = await procedures.run(CENTROIDS)
  if (given.ok && given.value.kind === 'rows') for (const row of given.value.rows) row.fill(99)
  expect(rowsOf(await procedures.run({ ...CENTROIDS, of: 'centroids', seed: 'another' }))).toEqual([
    [0, 2],
    [10, 0],
  ])
})

test('labels of every restart are kept by the client, across a reload', async () => {
  const procedures = proceduresOf(POINTS)
  partOf(await procedures.run({ ...LABEL, args: { ...LOCAL, restarts: 3 }, vectors: vectors([0, 0], [9, 0]) }))
  const kept = procedures.kept()
  expect(kept?.length).toBe(16 + 3 * 5)
  expect([...(kept ?? []).slice(16)]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1])
  expect([...(proceduresOf(POINTS, kept).pointLabels() ?? [])]).toEqual([0, 0, 0, 1, 1])
})

test('guard: late joiner: a client of few points, whose centroids are not given, labels them all the same', async () => {
  const procedures = proceduresOf([[9, 9]])
  expect(codeOf(await procedures.run(CENTROIDS))).toBe('SHOAL_ERR_NO_BLOCK')
  partOf(await procedures.run({ ...LABEL, vectors: vectors([0, 0], [8, 8]) }))
  expect([...(procedures.pointLabels() ?? [])]).toEqual([1])
})

test('lloyd: the mean of the points nearest to each vector, weighed by their number, of equals to the first', async () => {
  const procedures = proceduresOf([...POINTS, [5, 0]])
  const parts = partsOf(await procedures.run({ ...LLOYD, vectors: vectors([0, 0], [10, 0], [70, 70]) }))
  expect(parts).toEqual([
    { block: 0, weight: 4, vector: Float32Array.of(5 / 4, 6 / 4) },
    { block: 1, weight: 2, vector: Float32Array.of(10, 0) },
  ])
})

test('guard: lloyd: no part of fewer than minPoints points; none at all is said so', async () => {
  const ask = (minPoints: number) => proceduresOf(POINTS).run({ ...LLOYD, args: { minPoints }, vectors: vectors([0, 0], [10, 0]) })
  expect(partsOf(await ask(3)).map(({ block }) => block)).toEqual([0])
  expect(codeOf(await ask(4))).toBe('SHOAL_ERR_NO_BLOCK')
})

test('lloyd: sums over clients are the step over all their points (seeds by fast-check)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (seed) => {
      const rng = createRng(seed)
      const points = Array.from({ length: 24 }, () => [rng.normal(), rng.normal(), rng.normal()])
      const centres = vectors(...Array.from({ length: 3 }, () => [rng.normal(), rng.normal(), rng.normal()]))
      const totals = centres.map(() => ({ weight: 0, sum: [0, 0, 0] }))
      const ask = { ...LLOYD, args: { minPoints: 1 }, vectors: centres, maxWeight: 100 }
      for (const own of [points.slice(0, 9), points.slice(9, 12), points.slice(12)])
        for (const { block, weight, vector } of partsOf(await proceduresOf(own).run(ask))) {
          totals[block].weight += weight
          totals[block].sum = totals[block].sum.map((value, entry) => value + weight * vector[entry])
        }
      for (const { block, weight, vector } of partsOf(await proceduresOf(points).run(ask))) {
        expect(totals[block].weight).toBe(weight)
        for (const [entry, value] of vector.entries()) expect(totals[block].sum[entry] / weight).toBeCloseTo(value, 4)
      }
      expect(totals.reduce((sum, { weight }) => sum + weight, 0)).toBe(24)
    }),
    { numRuns: 30 },
  )
})

test('find-centroids: cluster 0, served by the model that has most points; labels are kept', async () => {
  const procedures = proceduresOf(POINTS)
  const find = callOf({ procedure: 'find-centroids', args: LOCAL, models: vectors([10, 1], [0, 0]), block: null, cluster: null })
  expect(await procedures.run(find)).toEqual(findingOf({ cluster: 0, serves: 1, tried: [] }))
  expect([...(procedures.pointLabels() ?? [])]).toEqual([1, 1, 1, 0, 0])
})

test('refusals: vectors of another length or none, no points', async () => {
  for (const centres of [[], vectors([0, 0, 0]), vectors([0, 0], [1])])
    for (const call of [LABEL, LLOYD]) expect(codeOf(await proceduresOf(POINTS).run({ ...call, vectors: centres })), call.procedure).toBe('SHOAL_ERR_SHAPE')
  const many = Array.from({ length: 257 }, () => new Float32Array(2))
  expect(codeOf(await proceduresOf(POINTS).run({ ...LABEL, vectors: many }))).toBe('SHOAL_ERR_SHAPE')
  for (const call of [CENTROIDS, LABEL, LLOYD])
    expect(codeOf(await proceduresOf([]).run({ ...call, vectors: vectors([0, 0]) })), call.procedure).toBe('SHOAL_ERR_PROCEDURE_FAILED')
})
