import { createRng } from '@shoal/numeric'
import { NORM_BINS, normBinOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import {
  coefficientOf,
  cosineWith,
  createSketchers,
  evidenceOf,
  histogramOf,
  isDirectionless,
  momentsOf,
  nearerOf,
  projectionOf,
  unitSketchOf,
} from './directions.ts'

const vector = (...entries: number[]): Float32Array => Float32Array.from(entries)
const positionOfOne = (oneHot: Float32Array): number => {
  expect(oneHot.reduce((sum, entry) => sum + entry, 0)).toBe(1)
  return oneHot.indexOf(1)
}

test('evidence: unit sketch, weighted sketch, weight, and the bin of the norm', () => {
  const sketch = vector(3, -4)
  const evidence = evidenceOf(unitSketchOf(sketch), sketch, 2, 0.25)
  expect(evidence).toHaveLength(2 * 2 + 1 + NORM_BINS)
  expect([...evidence.subarray(0, 5)]).toEqual([Math.fround(0.6), Math.fround(-0.8), 0.75, -1, 0.25])
  expect(positionOfOne(evidence.subarray(5))).toBe(normBinOf(2))
})

test('moments: the unit sketch and its products, each pair once', () => {
  expect([...momentsOf(vector(1, 2, 3))]).toEqual([1, 2, 3, 1, 2, 3, 4, 6, 9])
})

test('no direction: zeros', () => {
  const nothing = unitSketchOf(vector(0, 0))
  expect([...nothing]).toEqual([0, 0])
  expect([isDirectionless(nothing), isDirectionless(vector(0, 1e-30))]).toEqual([true, false])
  expect(positionOfOne(evidenceOf(nothing, nothing, 0, 1).subarray(5))).toBe(0)
  expect(cosineWith(nothing, vector(1, 0))).toBe(0)
  expect(cosineWith(vector(1, 0), nothing)).toBe(0)
})

test('projection: the coefficient along the direction times the deviation', () => {
  const [unit, mean, direction] = [vector(1, 0), vector(0.5, 0.25), vector(0, -1)]
  expect(coefficientOf(unit, mean, direction)).toBe(0.25)
  expect([...projectionOf(unit, mean, direction)]).toEqual([0.125, -0.0625])
})

test('[seed power] the projections of all clients add up to one step of the power iteration on their covariance', () => {
  const [clients, length] = [40, 16]
  const rng = createRng('power')
  const drawn = (): number[] => Array.from({ length }, () => rng.normal())
  const units = Array.from({ length: clients }, () => unitSketchOf(Float64Array.from(drawn())))
  const direction = unitSketchOf(Float64Array.from(drawn()))
  const mean = Float32Array.from({ length }, (_, entry) => units.reduce((sum, unit) => sum + unit[entry], 0) / clients)
  const covariance = Array.from({ length }, (_, row) =>
    Array.from({ length }, (_, column) => units.reduce((sum, unit) => sum + (unit[row] - mean[row]) * (unit[column] - mean[column]), 0)),
  )
  const step = covariance.map((row) => row.reduce((sum, entry, column) => sum + entry * direction[column], 0))
  const summed = units.map((unit) => projectionOf(unit, mean, direction)).reduce((sum, part) => sum.map((entry, index) => entry + part[index]))
  for (let entry = 0; entry < length; entry += 1) expect(summed[entry]).toBeCloseTo(step[entry], 5)
})

test('histogram: equal bins, the outer ones take what lies beyond, and the middle one everything where there is no range', () => {
  const binsOf = (range: number, ...coefficients: number[]): number[] => coefficients.map((coefficient) => positionOfOne(histogramOf(coefficient, range, 4)))
  expect(binsOf(2, -9, -2, -1.01, -1, -0.01, 0, 0.99, 1, 2, 9)).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 3, 3])
  expect(binsOf(0, 0, 1e-9, -1e-9)).toEqual([2, 2, 2])
})

test('nearer of two means, and the first of equals', () => {
  expect(nearerOf(vector(1, 0), vector(0, 0), vector(1, 0.5))).toBe(1)
  expect(nearerOf(vector(1, 0), vector(1, 0.5), vector(0, 0))).toBe(0)
  expect(nearerOf(vector(1, 0), vector(0, 1), vector(0, -1))).toBe(0)
})

test('cosine with a mean is that of its direction, whatever its length', () => {
  expect(cosineWith(vector(0.6, 0.8), vector(0.1, 0))).toBeCloseTo(0.6, 7)
  expect(cosineWith(vector(0.6, 0.8), vector(-30, -40))).toBeCloseTo(-1, 7)
})

test('buffers are out of every sketch: it is that of the vector without them', () => {
  const [parameters, buffers] = [
    [3, 0, 4],
    [1000, -7],
  ]
  const update = vector(...parameters, ...buffers)
  const sketchers = createSketchers({ parameters: 5, trainable: 3 })
  const bare = createSketchers({ parameters: 3, trainable: 3 })
  for (const length of [1, 2, 8]) expect(sketchers.sketch(update, { length, seed: 'a' })).toEqual(bare.sketch(vector(...parameters), { length, seed: 'a' }))
  expect([...sketchers.sketch(update, { length: null, seed: 'a' })]).toEqual([3, 0, 4, 0, 0])
  expect([...update]).toEqual([...parameters, ...buffers])
})

test('sketchers: by length and seed, none for the whole update, and the same again after others were used', () => {
  const update = vector(1, 2, 3, 4, 5, 6)
  const sketchers = createSketchers({ parameters: 6, trainable: 6 })
  const first = sketchers.sketch(update, { length: 4, seed: 'a' })
  expect(first).toHaveLength(4)
  expect(sketchers.sketch(update, { length: null, seed: 'a' })).toEqual(update)
  expect(sketchers.sketch(update, { length: 4, seed: 'b' })).not.toEqual(first)
  for (let seed = 0; seed < 10; seed += 1) sketchers.sketch(update, { length: 3, seed: `${seed}` })
  expect(sketchers.sketch(update, { length: 4, seed: 'a' })).toEqual(first)
})
