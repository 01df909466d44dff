import { createRng, dot, LengthMismatchError, norm } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cosineDistances, cosines, directionless, type Points, plainCosines } from './similarity.ts'

/** `count` rows of standard normals. */
function cloud(count: number, length: number, seed: string): Float32Array[] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => Float32Array.from({ length }, () => rng.normal()))
}

const SHAPES = [
  [1, 1],
  [2, 1],
  [3, 2],
  [31, 7],
  [32, 64],
  [33, 5],
  [70, 1],
  [97, 130],
  [5, 1023],
  [6, 1025],
  [40, 2500],
] as const

for (const [count, length] of SHAPES)
  test(`cosines equal their plain twin bit for bit: ${count} rows of ${length}, seed shape`, () => {
    const rows = cloud(count, length, `shape ${count} ${length}`)
    expect(cosines(rows)).toEqual(plainCosines(rows))
  })

test('rows of both storages may be mixed', () => {
  const rows = cloud(9, 20, 'mixed').map((row, index) => (index % 2 === 0 ? row : Float64Array.from(row)))
  expect(cosines(rows)).toEqual(plainCosines(rows))
})

/** In float64: float32 would round. */
const scaledBy = (row: Float32Array, scale: number): Float64Array => Float64Array.from(row, (entry) => entry * scale)

const directions = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6 }), fc.string())
  .map(([count, length, seed]) => ({ rows: cloud(count, length, seed), rng: createRng(`${seed} scales`) }))

test('cosines and distances are symmetric, in range, with an exact diagonal, and unchanged when a row is scaled by a positive number', () => {
  fc.assert(
    fc.property(directions, ({ rows, rng }) => {
      const size = rows.length
      const similarity = cosines(rows).entries
      const distance = cosineDistances(rows).entries
      const scaled = cosines(rows.map((row) => scaledBy(row, 10 ** (8 * rng.uniform() - 4))))
      for (let i = 0; i < size; i += 1) {
        expect(similarity[i * size + i]).toBe(1)
        expect(distance[i * size + i]).toBe(0)
        for (let j = 0; j < size; j += 1) {
          expect(Math.abs(similarity[i * size + j])).toBeLessThanOrEqual(1)
          expect(similarity[i * size + j]).toBe(similarity[j * size + i])
          expect(distance[i * size + j]).toBe(i === j ? 0 : 1 - similarity[i * size + j])
          expect(scaled.entries[i * size + j]).toBeCloseTo(similarity[i * size + j], 12)
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('cosines and distances are unchanged by an orthonormal map (here a reflection)', () => {
  const rows = cloud(20, 12, 'mirror').map((row) => Float64Array.from(row))
  const mirror = cloud(1, 12, 'axis')[0]
  const square = mirror.reduce((sum, entry) => sum + entry ** 2, 0)
  const mirrored = rows.map((row) => {
    const along = (2 * row.reduce((sum, entry, k) => sum + entry * mirror[k], 0)) / square
    return row.map((entry, k) => entry - along * mirror[k])
  })
  const [before, after] = [cosineDistances(rows).entries, cosineDistances(mirrored).entries]
  for (const [index, distance] of before.entries()) expect(after[index]).toBeCloseTo(distance, 12)
})

test('inner products accumulate in float64: a million small entries beside a large one are not lost', () => {
  // In float32 the sum would stay at 2^24: 1 more is below its last digit.
  const length = 1_000_000
  const row = new Float32Array(length).fill(1)
  row[0] = 4096
  const axis = new Float32Array(length)
  axis[0] = 1
  expect(cosines([row, axis]).entries[1]).toBe(4096 / Math.sqrt(2 ** 24 + length - 1))
})

test('all rows identical: every cosine is at most 1, every distance at least 0 and next to nothing', () => {
  const row = cloud(1, 333, 'same')[0]
  const { entries } = cosineDistances(Array.from({ length: 40 }, () => row))
  for (const distance of entries) expect(distance === 0 || (distance > 0 && distance < 1e-15)).toBe(true)
})

test('a cosine that rounding would put above 1 is 1, seeds 1 to 100', () => {
  let above = 0
  for (let seed = 1; seed <= 100; seed += 1) {
    const row = cloud(1, 10, `clamp ${seed}`)[0]
    const twice = scaledBy(row, 3)
    if (dot(row, twice) / (norm(row) * norm(twice)) > 1) above += 1
    expect(cosines([row, twice]).entries[1]).toBeLessThanOrEqual(1)
    expect(cosineDistances([row, twice]).entries[1]).toBeGreaterThanOrEqual(0)
  }
  expect(above).toBeGreaterThan(0)
})

test('opposite rows are at distance 2, orthogonal ones at 1', () => {
  expect(Array.from(cosineDistances([Float32Array.of(3, 0), Float32Array.of(-2, 0), Float32Array.of(0, 5)]).entries)).toEqual([0, 2, 1, 2, 0, 1, 1, 1, 0])
})

test('no rows give an empty matrix', () => {
  expect(cosines([])).toEqual({ size: 0, entries: new Float64Array(0) })
})

test('from 2,049 rows on the matrix is stored in float32, 4 bytes an entry', () => {
  const count = 2049
  const rows = cloud(count, 2, 'many')
  const { entries } = cosineDistances(rows)
  expect(entries).toBeInstanceOf(Float32Array)
  expect(entries.byteLength).toBe(4 * count ** 2)
  const sample = [0, 1, 31, 32, 1024, 2047, 2048]
  const exact = plainCosines(sample.map((index) => rows[index])).entries
  for (const [a, i] of sample.entries())
    for (const [b, j] of sample.entries()) expect(entries[i * count + j]).toBe(i === j ? 0 : Math.fround(1 - exact[a * sample.length + b]))
})

const refused: [string, Points, new (...args: never[]) => Error][] = [
  ['a zero row', [Float32Array.of(1, 0), new Float32Array(2)], RangeError],
  ['NaN', [Float32Array.of(1, 0), Float32Array.of(Number.NaN, 1)], RangeError],
  ['an infinite entry', [Float32Array.of(1, Number.NEGATIVE_INFINITY), Float32Array.of(1, 1)], RangeError],
  ['rows without entries', [new Float32Array(0)], RangeError],
  ['rows of different lengths', [Float32Array.of(1, 0), Float32Array.of(1)], LengthMismatchError],
]
for (const [what, rows, error] of refused)
  test(`${what} is refused`, () => {
    expect(() => cosines(rows)).toThrow(error)
    expect(() => cosineDistances(rows)).toThrow(error)
  })

test('directionless: norms up to 1e-12 of the largest', () => {
  expect(directionless([Float64Array.of(0, 0), Float64Array.of(3, 4), Float64Array.of(0, 5e-12), Float64Array.of(5.1e-12, 0)])).toEqual([0, 2])
  expect(directionless([new Float32Array(3), new Float32Array(3)])).toEqual([0, 1])
  expect(directionless([Float32Array.of(1e-30)])).toEqual([])
  expect(directionless([])).toEqual([])
  for (const entry of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => directionless([Float32Array.of(1), Float32Array.of(entry)])).toThrow(RangeError)
})
