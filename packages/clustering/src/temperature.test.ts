import { createRng, LengthMismatchError, norm, shuffled } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { cosineDistances, type Points } from './similarity.ts'
import { temperature, temperatureFromMoments, temperatureOfRows } from './temperature.ts'

const unit = (length: number, axis: number): Float64Array => Float64Array.from({ length }, (_, index) => (index === axis ? 1 : 0))
const repeated = (times: number, row: Float64Array): Float64Array[] => Array.from({ length: times }, () => row)

const scaledBy = (row: Float64Array, scale: number): Float64Array => row.map((entry) => entry * scale)

function cloud(count: number, length: number, seed: string): Float64Array[] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => Float64Array.from({ length }, () => rng.normal()))
}

/** The sum over clients of `[s | upper triangle of s s^T]`, s the row made unit. */
function momentsOf(rows: Points): Float64Array {
  const length = rows[0].length
  const total = new Float64Array(length + (length * (length + 1)) / 2)
  for (const row of rows) {
    const s = Float64Array.from(row, (entry) => entry / norm(row))
    const triangle = [...s].flatMap((left, i) => Array.from(s.subarray(i), (right) => left * right))
    for (const [index, entry] of [...s, ...triangle].entries()) total[index] += entry
  }
  return total
}

/** The definition, with the diagonal zeroed and lambda as the paper has it. */
function byDefinition(rows: Points, p: number): number {
  const { size, entries } = cosineDistances(rows)
  const lambda = (size * (size - 1) * 2 ** p) ** (1 / p)
  return [...entries].reduce((sum, distance) => sum + distance ** p, 0) ** (1 / p) / lambda
}

/** All three ways to the temperature at p = 2. */
function expectTemperature(rows: Points, expected: number, digits: number): void {
  expect(temperature(cosineDistances(rows))).toBeCloseTo(expected, digits)
  expect(temperatureOfRows(rows)).toBeCloseTo(expected, digits)
  expect(temperatureFromMoments(momentsOf(rows), rows.length, rows[0].length)).toBeCloseTo(expected, digits)
}

test('all updates parallel: 0', () => {
  const rows = [1, 2, 0.5, 7, 3].map((scale) => Float64Array.of(3 * scale, -4 * scale, scale))
  expect(temperature(cosineDistances(rows))).toBeCloseTo(0, 12)
  expect(temperature(cosineDistances(repeated(4, unit(2, 0))))).toBe(0)
  expectTemperature(rows, 0, 7) // the forms without a matrix subtract: 1e-8 remains
  for (let scale = 1; scale <= 100; scale += 1) expectTemperature(repeated(9, Float64Array.of(1, scale, 0.1)), 0, 6) // whatever the sign of the rounding error
})

for (const size of [2, 3, 8])
  test(`${size} updates, all orthogonal: 0.5 whatever p is`, () => {
    const rows = Array.from({ length: size }, (_, axis) => unit(size, axis))
    for (const p of [1, 2, 3.5, 4, 50, 2000, Number.POSITIVE_INFINITY]) expect(temperature(cosineDistances(rows), p)).toBeCloseTo(0.5, 14)
    expectTemperature(rows, 0.5, 12)
  })

for (const [size, rounded] of [
  [2, 1],
  [4, 0.8165],
  [10, 0.7454],
  [20, 0.7255],
] as const)
  test(`two antipodal groups, n = ${size}: ${rounded}`, () => {
    const rows = [...repeated(size / 2, Float64Array.of(0.6, 0.8)), ...repeated(size / 2, Float64Array.of(-0.6, -0.8))]
    expectTemperature(rows, Math.sqrt(size / (2 * (size - 1))), 7)
    expect(temperature(cosineDistances(rows))).toBeCloseTo(rounded, 4)
  })

test('two antipodal groups come close to 0.7071 when they are large', () => {
  expect(temperatureOfRows([...repeated(2000, Float64Array.of(1, 0)), ...repeated(2000, Float64Array.of(-1, 0))])).toBeCloseTo(Math.SQRT1_2, 3)
})

test('three balanced groups at 120 degrees, n = 15: 0.6339', () => {
  const rows = [0, 120, 240].flatMap((degrees) => repeated(5, Float64Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180))))
  expectTemperature(rows, 0.6339, 4)
})

for (const groups of [2, 3, 4, 6])
  test(`${groups} groups of 4 at the angles of a simplex: sqrt(n (k - 1) / k / (n - 1)) k / (k - 1) / 2`, () => {
    const size = 4 * groups
    const corners = Array.from({ length: groups }, (_, axis) => unit(groups, axis).map((entry) => entry - 1 / groups))
    const rows = corners.flatMap((corner) => repeated(4, corner))
    expectTemperature(rows, (Math.sqrt((size * (groups - 1)) / groups / (size - 1)) * (groups / (groups - 1))) / 2, 7)
  })

test('p = 1 is half the mean distance, infinity half the largest, and both forms of lambda agree, seeds 1 to 20', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const rows = cloud(2 + seed, 4, `p ${seed}`)
    const distances = cosineDistances(rows)
    for (const p of [1, 1.5, 2, 3, 7]) expect(temperature(distances, p)).toBeCloseTo(byDefinition(rows, p), 12)
    const off = [...distances.entries].filter((_, index) => index % (distances.size + 1) !== 0)
    expect(temperature(distances, 1)).toBeCloseTo(off.reduce((sum, distance) => sum + distance, 0) / off.length / 2, 12)
    expect(temperature(distances, Number.POSITIVE_INFINITY)).toBe(Math.max(...off) / 2)
  }
})

for (const [count, length] of [
  [2, 1],
  [9, 1],
  [3, 40],
  [40, 3],
  [33, 33],
  [70, 65],
  [150, 70],
  [12, 1100],
] as const)
  test(`the forms without a matrix are equal to the one with it: ${count} rows of ${length}, seed forms`, () => {
    const rows = cloud(count, length, `forms ${count} ${length}`)
    const expected = temperature(cosineDistances(rows))!
    expect(temperatureOfRows(rows)).toBeCloseTo(expected, 9)
    if (length < 100) expect(temperatureFromMoments(momentsOf(rows), count, length)).toBeCloseTo(expected, 9)
    expect(temperatureOfRows(rows.map((row) => Float32Array.from(row)))).toBeCloseTo(expected, 5)
  })

test('T lies between 0 and sqrt(n / (2 (n - 1))), and is unchanged by the order of clients, by scaling them and by a reflection, seeds 1 to 40', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const rng = createRng(`bounds ${seed}`)
    const count = 2 + rng.below(20)
    const rows = cloud(count, 1 + rng.below(30), `bounds rows ${seed}`)
    const t = temperature(cosineDistances(rows))!
    expect(t).toBeGreaterThanOrEqual(0)
    expect(t).toBeLessThanOrEqual(Math.sqrt(count / (2 * (count - 1))) + 1e-9)
    expectTemperature(shuffled(rows, rng), t, 7)
    expectTemperature(
      rows.map((row) => scaledBy(row, 1000 ** (2 * rng.uniform() - 1))),
      t,
      7,
    )
    expectTemperature(
      rows.map((row) => row.map((entry, k) => (k % 2 === 0 ? -entry : entry)).reverse()),
      t,
      7,
    )
  }
})

test('every client r times: T^2 becomes T^2 (n - 1) r / (n r - 1)', () => {
  const rows = cloud(7, 5, 'replicas')
  const t = temperatureOfRows(rows)!
  for (const r of [2, 3, 10]) expectTemperature(Array.from({ length: r }, () => rows).flat(), t * Math.sqrt((6 * r) / (7 * r - 1)), 9)
})

test('two clients: half their distance; one or none: no temperature', () => {
  const pair = [Float64Array.of(1, 0), Float64Array.of(1, 1)]
  expectTemperature(pair, (1 - Math.SQRT1_2) / 2, 12)
  for (const rows of [[], [Float64Array.of(1, 2)]]) {
    expect(temperature(cosineDistances(rows))).toBeNull()
    expect(temperatureOfRows(rows)).toBeNull()
    expect(temperatureFromMoments(new Float64Array(5), rows.length, 2)).toBeNull()
  }
})

test('one client with a huge norm has no effect', () => {
  const rows = cloud(12, 6, 'huge')
  expect(temperatureOfRows(rows.map((row, index) => (index === 4 ? scaledBy(row, 2 ** 300) : row)))).toBe(temperatureOfRows(rows))
})

test('temperatures of 1e-4 are told apart in steps far below 1e-6', () => {
  // A common component of 666 beside noise of norm 12.6: what buffers of batch normalisation once did to published runs.
  const rows = cloud(15, 400, 'buffers').map((row) => Float64Array.of(666, ...row.map((entry) => (entry * 12.6) / 20)))
  const t = temperature(cosineDistances(rows))!
  expect(t).toBeCloseTo(0.00018, 4)
  expect(temperatureOfRows(rows)).toBeCloseTo(t, 12)
})

test('zero rows, rows that are not finite, rows of different lengths, wrong totals and p < 1 are refused', () => {
  for (const length of [1, 8]) {
    const sound = cloud(4, length, 'refused')
    expect(() => temperatureOfRows([...sound, new Float64Array(length)])).toThrow(RangeError)
    expect(() => temperatureOfRows([...sound, new Float64Array(length).fill(Number.NaN)])).toThrow(RangeError)
    expect(() => temperatureOfRows([...sound, new Float64Array(length + 1).fill(1)])).toThrow(LengthMismatchError)
  }
  expect(() => temperatureFromMoments(new Float64Array(6), 3, 2)).toThrow(LengthMismatchError)
  for (const p of [0, 0.5, -1, Number.NaN]) expect(() => temperature({ size: 2, entries: new Float64Array(4) }, p)).toThrow(RangeError)
})
