import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCountSketch } from './count-sketch.ts'
import { createRng } from './rng.ts'
import { dot, LengthMismatchError, type NumberVector, norm } from './vector.ts'

const normals = (length: number, seed: string): Float64Array => {
  const rng = createRng(seed)
  return Float64Array.from({ length }, () => rng.normal())
}

test('the map is that of an implementation apart (count-sketch.fixture.py, seeds known answer and schlüssel)', () => {
  const ramp = Float64Array.from({ length: 100 }, (_, index) => index + 1)
  expect([...createCountSketch({ length: 100, buckets: 10, seed: 'known answer' }).sketch(ramp)]).toEqual([343, 46, 87, -13, -85, 169, -69, 98, -132, -410])
  const squares = Float32Array.from({ length: 5000 }, (_, index) => (index * index) % 1013)
  expect([...createCountSketch({ length: 5000, buckets: 16, seed: 'schlüssel' }).sketch(squares)]).toEqual([
    -8462, 13279, -8669, 13473, -2064, 2306, 16809, -2313, -8277, 10655, 7304, -11771, 7985, 2728, -23573, -6269,
  ])
})

test('every coordinate goes to one bucket with one sign, and a vector to the sum of its coordinates (seeds by fast-check)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }).chain((length) => fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: length, maxLength: length })),
      fc.integer({ min: 1, max: 9 }),
      fc.string(),
      (entries, buckets, seed) => {
        const { sketch } = createCountSketch({ length: entries.length, buckets, seed })
        const expected = new Array<number>(buckets).fill(0)
        for (const [coordinate, entry] of entries.entries()) {
          const image = sketch(Float32Array.from(entries, (_, index) => Number(index === coordinate)))
          expect([...image].filter((value) => value !== 0).map(Math.abs)).toEqual([1])
          for (const [bucket, value] of image.entries()) expected[bucket] += value * entry
        }
        expect([...sketch(Float64Array.from(entries))]).toEqual(expected.map((value) => value + 0)) // exact: the entries are whole numbers
      },
    ),
    { numRuns: 60 },
  )
})

test('equal options give equal maps whatever was sketched before; another seed another map (seed order)', () => {
  const options = { length: 500, buckets: 8, seed: 'order' }
  const vector = normals(500, 'order')
  const used = createCountSketch(options)
  const before = used.sketch(vector)
  used.sketch(normals(500, 'something else'))
  expect(used.sketch(vector)).toEqual(before)
  expect(createCountSketch(options).sketch(vector)).toEqual(before)
  expect(createCountSketch({ ...options, seed: 'other' }).sketch(vector)).not.toEqual(before)
})

test('linear: the sketch of a x + b y is a Rx + b Ry (seeds linear/x, linear/y)', () => {
  const { sketch } = createCountSketch({ length: 3000, buckets: 64, seed: 'linear' })
  const [x, y] = [normals(3000, 'linear/x'), normals(3000, 'linear/y')]
  const [left, right] = [sketch(x), sketch(y)]
  const combined = sketch(x.map((entry, index) => 2 * entry - 0.7 * y[index]))
  for (const [bucket, value] of combined.entries()) expect(value).toBeCloseTo(2 * left[bucket] - 0.7 * right[bucket], 9)
})

test('buckets and signs are drawn evenly (chi-square over 20 cells, seed even)', () => {
  const length = 20_000
  const { sketch } = createCountSketch({ length, buckets: 10, seed: 'even' })
  const cells = new Array<number>(20).fill(0)
  const oneHot = new Float32Array(length)
  for (let coordinate = 0; coordinate < length; coordinate += 1) {
    oneHot[coordinate] = 1
    const image = sketch(oneHot)
    oneHot[coordinate] = 0
    const bucket = image.findIndex((value) => value !== 0)
    cells[2 * bucket + Number(image[bucket] < 0)] += 1
  }
  const chiSquare = cells.reduce((sum, count) => sum + (count - length / 20) ** 2 / (length / 20), 0)
  expect(chiSquare).toBeLessThan(43.8) // 99.9 % point with 19 degrees of freedom
})

/** 200 vectors with cosines of about 1/3 among each half and 0 across, around a mean that is not 0; `power` 3 gives heavy tails. */
function cloud(length: number, power: number, seed: string): Float64Array[] {
  const rng = createRng(seed)
  const draw = (): number => rng.normal() ** power
  const directions = [0, 1].map(() => Float64Array.from({ length }, draw))
  return Array.from({ length: 200 }, (_, index) => directions[index % 2].map((entry) => 0.2 + 0.7 * entry + draw()))
}

const cosinesOf = (rows: readonly NumberVector[]): number[] => {
  const norms = rows.map(norm)
  return rows.flatMap((row, index) => rows.slice(0, index).map((other, earlier) => dot(row, other) / (norms[index] * norms[earlier])))
}

test.each([
  { buckets: 256, power: 1 },
  { buckets: 256, power: 3 },
  { buckets: 1024, power: 1 },
  { buckets: 1024, power: 3 },
])(
  'cosines of sketches in $buckets buckets are off by less than 5.5 / sqrt(k), and by 0 on average (19,900 pairs, power $power, seed cosines)',
  ({ buckets, power }) => {
    const rows = cloud(8192, power, 'cosines')
    const { sketch } = createCountSketch({ length: 8192, buckets, seed: 'cosines' })
    const exact = cosinesOf(rows)
    const errors = cosinesOf(rows.map((row) => sketch(row))).map((cosine, pair) => cosine - exact[pair])
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(5.5 / Math.sqrt(buckets))
    // The pairs share one map and 200 vectors, so their errors are not independent: the mean keeps a part of one map's error.
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(1 / Math.sqrt(buckets))
  },
)

test('inner products are right on average over maps, with the variance of the theory (400 seeds unbiased/n)', () => {
  const [x, y] = [normals(300, 'unbiased/x'), normals(300, 'unbiased/y')].map((vector) => vector.map((entry) => entry + 0.3))
  const errors = Array.from({ length: 400 }, (_, index) => {
    const { sketch } = createCountSketch({ length: 300, buckets: 16, seed: `unbiased/${index}` })
    return dot(sketch(x), sketch(y)) - dot(x, y)
  })
  const squares = x.reduce((sum, entry, index) => sum + entry ** 2 * y[index] ** 2, 0)
  const variance = (dot(x, x) * dot(y, y) + dot(x, y) ** 2 - 2 * squares) / 16 // (|x|^2 |y|^2 + <x,y>^2 - 2 sum x^2 y^2) / k
  expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / 400)).toBeLessThan(4 * Math.sqrt(variance / 400))
  const measured = errors.reduce((sum, error) => sum + error ** 2, 0) / 400
  expect(measured / variance).toBeGreaterThan(0.7)
  expect(measured / variance).toBeLessThan(1.3)
})

test('a vector of another length, no length and no buckets are refused', () => {
  const { sketch } = createCountSketch({ length: 3, buckets: 2, seed: 'refused' })
  expect(() => sketch(new Float32Array(4))).toThrow(LengthMismatchError)
  for (const length of [0, 1.5, Number.NaN]) expect(() => createCountSketch({ length, buckets: 2, seed: 'refused' })).toThrow(RangeError)
  for (const buckets of [0, 1.5, Number.NaN, 2 ** 31]) expect(() => createCountSketch({ length: 3, buckets, seed: 'refused' })).toThrow(RangeError)
})
