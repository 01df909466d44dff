import { createRng, LengthMismatchError, shuffled } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { bipartition, plainBipartition } from './bipartition.ts'
import { agglomerate, cutInto } from './linkage.ts'
import { cosineDistances, type Points, plainCosines } from './similarity.ts'

const rowsOf = (...rows: number[][]): Float64Array[] => rows.map((row) => Float64Array.from(row))

/** Standard normals, or small integers, which are full of ties. */
function cloud(count: number, length: number, seed: string, kind: 'normal' | 'ties' = 'normal'): Float64Array[] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => Float64Array.from({ length }, () => (kind === 'normal' ? rng.normal() : rng.below(3) - 1)))
}

const scaledBy = (row: Float64Array, scale: number): Float64Array => row.map((entry) => entry * scale)

const isOnSideOne = (sides: readonly (0 | 1)[]): boolean[] => sides.map((side) => side === 1)

/** The largest similarity of two rows on different sides. */
function largestAcross(rows: Points, isOne: readonly boolean[]): number {
  const { size, entries } = plainCosines(rows)
  return [...entries].reduce(
    (largest, similarity, index) => (isOne[Math.floor(index / size)] === isOne[index % size] ? largest : Math.max(largest, similarity)),
    -1,
  )
}

/** Algorithm 1 of Sattler et al.: all similarities in falling order, endpoints united, until two sets are left. */
function algorithmOne(rows: Points): boolean[] {
  const { size, entries } = plainCosines(rows)
  const pairs = Array.from(entries, (similarity, index) => ({ similarity, i: Math.floor(index / size), j: index % size })).filter(({ i, j }) => i < j)
  pairs.sort((one, other) => other.similarity - one.similarity)
  let sets = rows.map((_, index) => new Set([index]))
  for (const { i, j } of pairs) {
    if (sets.length === 2) break
    const [left, right] = [sets.find((set) => set.has(i))!, sets.find((set) => set.has(j))!]
    if (left !== right) sets = [...sets.filter((set) => set !== left && set !== right), new Set([...left, ...right])]
  }
  return rows.map((_, index) => !sets.find((set) => set.has(0))!.has(index))
}

test('the worked example: {a, b} and {c, d}, cross cosine -0.9529', () => {
  const split = bipartition(rowsOf([1, 0], [0.9, 0.1], [-1, 0.2], [-0.8, -0.1]))
  expect(split?.sides).toEqual([0, 0, 1, 1])
  expect(split?.crossCosine).toBeCloseTo(-0.9529, 4)
  expect(Math.sqrt((1 - split!.crossCosine) / 2)).toBeCloseTo(0.9882, 4)
  expect(split?.directionless).toEqual([])
})

for (let size = 2; size <= 10; size += 1)
  test(`no bipartition of ${size} rows has a smaller largest cosine across (all 2^${size - 1} - 1 tried), seeds 1 to 20`, () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const rows = cloud(size, 3, `brute ${size} ${seed}`)
      const { sides, crossCosine } = bipartition(rows)!
      expect(new Set(sides)).toEqual(new Set([0, 1]))
      expect(sides).toHaveLength(size)
      expect(sides[0]).toBe(0)
      expect(crossCosine).toBe(largestAcross(rows, isOnSideOne(sides)))
      let best = 1
      for (let choice = 1; choice < 2 ** (size - 1); choice += 1)
        best = Math.min(
          best,
          largestAcross(
            rows,
            rows.map((_, index) => ((choice << 1) >> index) % 2 === 1),
          ),
        )
      expect(crossCosine).toBe(best)
    }
  })

test('equal to Algorithm 1, to single linkage cut at two, and to Prim by the letter: 3 to 80 rows, seeds 1 to 60', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const rng = createRng(`oracle ${seed}`)
    const rows = cloud(3 + rng.below(78), 1 + rng.below(40) + 1, `oracle rows ${seed}`)
    const split = bipartition(rows)!
    expect(isOnSideOne(split.sides)).toEqual(algorithmOne(rows))
    expect(split.sides).toEqual(cutInto(agglomerate(cosineDistances(rows), 'single'), 2))
    expect(split).toEqual(plainBipartition(rows))
  }
})

test('ties fall as in Prim by the letter: rows of -1, 0 and 1, some zero, seeds 1 to 200', () => {
  let tied = 0
  for (let seed = 1; seed <= 200; seed += 1) {
    const rows = cloud(2 + (seed % 30), 2 + (seed % 4), `ties ${seed}`, 'ties')
    const split = bipartition(rows)
    expect(split).toEqual(plainBipartition(rows))
    if (split !== null && split.crossCosine === 0) tied += 1
  }
  expect(tied).toBeGreaterThan(20)
})

test('three orthogonal rows, all links equal: the tree grows by the smallest index and the row added last is cut off', () => {
  expect(bipartition(rowsOf([1, 0, 0], [0, 1, 0], [0, 0, 1]))).toEqual({ sides: [0, 0, 1], crossCosine: 0, directionless: [] })
})

test('all rows identical: still two nonempty parts, cross cosine 1', () => {
  const split = bipartition(rowsOf(...Array.from({ length: 6 }, () => [3, 4])))
  expect(split).toEqual({ sides: [0, 0, 0, 0, 0, 1], crossCosine: 1, directionless: [] })
})

test('independent of the order of the rows, seeds 1 to 20', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const rows = cloud(25, 6, `order ${seed}`)
    const order = shuffled([...rows.keys()], createRng(`order ${seed}`))
    const split = bipartition(rows)!
    const other = bipartition(order.map((index) => rows[index]))!
    expect(other.crossCosine).toBe(split.crossCosine)
    const first = split.sides[order[0]]
    expect(other.sides).toEqual(order.map((index) => (split.sides[index] === first ? 0 : 1)))
  }
})

test('unchanged by permuting coordinates and flipping signs, and by scaling rows, seeds 1 to 20', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const rng = createRng(`map ${seed}`)
    const rows = cloud(20, 9, `map rows ${seed}`)
    const order = shuffled([...rows[0].keys()], rng)
    const signs = order.map(() => (rng.below(2) === 0 ? 1 : -1))
    const split = bipartition(rows)!
    const mapped = bipartition(rows.map((row) => Float64Array.from(order, (from, to) => signs[to] * row[from] * 2)))!
    expect(mapped.sides).toEqual(split.sides)
    expect(mapped.crossCosine).toBeCloseTo(split.crossCosine, 12)
    expect(bipartition(rows.map((row) => scaledBy(row, 1 + rng.uniform())))!.sides).toEqual(split.sides)
  }
})

/** Clients at given angles in the plane: cosines fall with the angle, so a monotone map of all angles is a monotone map of all cosines. */
const atAngles = (...angles: number[]): Float64Array[] => angles.map((angle) => Float64Array.of(Math.cos(angle), Math.sin(angle)))

test('unchanged by a monotone map of the cosines', () => {
  const angles = [0, 0.1, 0.25, 0.7, 0.8, 1.1]
  expect(bipartition(atAngles(...angles))?.sides).toEqual([0, 0, 0, 1, 1, 1])
  expect(bipartition(atAngles(...angles.map((angle) => angle * 2.5)))?.sides).toEqual([0, 0, 0, 1, 1, 1])
})

test('complete linkage replays the demo, which single linkage outdoes: the chain 0, 40, 80, 125, 160 degrees is cut in the middle', () => {
  const chain = atAngles(...[0, 40, 80, 125, 160].map((degrees) => (degrees * Math.PI) / 180))
  const [single, complete] = [bipartition(chain)!, bipartition(chain, 'complete')!]
  expect(single.sides).toEqual([0, 0, 0, 1, 1])
  expect(single.crossCosine).toBeCloseTo(Math.cos(Math.PI / 4), 12)
  expect(complete.sides).toEqual(cutInto(agglomerate(cosineDistances(chain), 'complete'), 2))
  expect(complete.crossCosine).toBeCloseTo(largestAcross(chain, isOnSideOne(complete.sides)), 12)
  let missed = 0
  for (let seed = 1; seed <= 60; seed += 1) {
    const rows = cloud(8, 4, `demo ${seed}`)
    const [best, demo] = [bipartition(rows)!, bipartition(rows, 'complete')!]
    expect(demo.crossCosine).toBeCloseTo(largestAcross(rows, isOnSideOne(demo.sides)), 12)
    expect(demo.crossCosine).toBeGreaterThanOrEqual(best.crossCosine - 1e-12)
    if (demo.crossCosine > best.crossCosine + 1e-9) missed += 1
  }
  expect(missed).toBeGreaterThan(10)
})

test('whenever the groups are separated (gap > 0), no group is divided: 2 to 5 groups, 200 draws', () => {
  let separated = 0
  for (let seed = 1; seed <= 200; seed += 1) {
    const rng = createRng(`groups ${seed}`)
    const groups = 2 + (seed % 4)
    const centres = cloud(groups, 8, `centres ${seed}`)
    const group = Array.from({ length: 4 * groups }, (_, index) => index % groups)
    const rows = group.map((of) => centres[of].map((entry) => entry + 0.7 * rng.normal()))
    const { sides, crossCosine } = bipartition(rows)!
    const { size, entries } = plainCosines(rows)
    const intra = [...entries].reduce(
      (least, similarity, index) => (group[Math.floor(index / size)] === group[index % size] ? Math.min(least, similarity) : least),
      1,
    )
    if (intra - crossCosine <= 0) continue
    separated += 1
    for (const [index, side] of sides.entries()) expect(side).toBe(sides[group[index]])
  }
  expect(separated).toBeGreaterThan(20)
})

test('rows without a direction are named, join the larger part, and do not touch the cosine', () => {
  const zero = [0, 0]
  const tiny = [1e-13, 0]
  expect(bipartition(rowsOf(zero, [1, 0], [-1, 0.1], tiny, [-1, 0]))).toEqual({
    sides: [1, 0, 1, 1, 1],
    crossCosine: expect.closeTo(-0.995, 3),
    directionless: [0, 3],
  })
  expect(bipartition(rowsOf([1, 0], [1, 0.1], [-1, 0], zero))?.sides).toEqual([0, 0, 1, 0])
  expect(bipartition(rowsOf(zero, [1, 0], [-1, 0]))?.sides).toEqual([0, 0, 1]) // equally large: side 0
})

test('fewer than two directions are no bipartition; two are one row each', () => {
  for (const rows of [rowsOf(), rowsOf([1, 2]), rowsOf([0, 0], [0, 0]), rowsOf([0, 0], [1, 0])])
    for (const linkage of ['single', 'complete'] as const) expect(bipartition(rows, linkage)).toBeNull()
  for (const linkage of ['single', 'complete'] as const)
    expect(bipartition(rowsOf([1, 0], [0, 1]), linkage)).toEqual({ sides: [0, 1], crossCosine: 0, directionless: [] })
})

test('rows of one number: the signs are the two parts', () => {
  expect(bipartition(rowsOf([2], [-1], [-7], [0.5]))).toEqual({ sides: [0, 1, 1, 0], crossCosine: -1, directionless: [] })
})

test('rows that are not finite and rows of different lengths are refused', () => {
  expect(() => bipartition(rowsOf([1, 0], [Number.NaN, 0], [0, 1]))).toThrow(RangeError)
  expect(() => bipartition(rowsOf([1, 0], [Number.POSITIVE_INFINITY, 0], [0, 1]))).toThrow(RangeError)
  expect(() => bipartition(rowsOf([1, 0], [1], [0, 1]))).toThrow(LengthMismatchError)
})
