import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import { fitScaler, scaledDescriptor } from './block-scaler.ts'
import { noiseFloor } from './noise-floor.ts'
import { squaredDistance } from './squared-distance.ts'

const shape = { blocks: 4, length: 5, missing: 'raw' } as const

test('guard: the floor is the median distance between the scaled halves by sqrt 2, from one number a block', () => {
  const rng = createRng('floor')
  const draw = () => Float32Array.from({ length: 20 }, () => 3 * rng.uniform())
  const pairs = Array.from({ length: 5 }, () => [draw(), draw()] as const)
  const scaler = fitScaler(pairs.flat(), shape, 'min-max')
  const halves = pairs.map(([one, other]) =>
    Float64Array.from({ length: 4 }, (_, block) => squaredDistance(one.subarray(block * 5, block * 5 + 5), other.subarray(block * 5, block * 5 + 5))),
  )
  const distances = pairs.map(([one, other]) => Math.sqrt(squaredDistance(scaledDescriptor(one, scaler, shape), scaledDescriptor(other, scaler, shape))))
  expect(noiseFloor(halves, scaler)).toBeCloseTo(distances.sort((one, other) => one - other)[2] / Math.SQRT2, 5)
})

test('a block without a span adds nothing, a row that is not finite is not heard, and without rows there is no floor', () => {
  const scaler = Float32Array.of(0, 2, 0, 0)
  const told = Float32Array.of(8, 5)
  expect(noiseFloor([told], scaler)).toBeCloseTo(1, 12)
  expect(noiseFloor([told, Float32Array.of(Number.NaN, 1), Float32Array.of(Number.POSITIVE_INFINITY, 1)], scaler)).toBeCloseTo(1, 12)
  expect(noiseFloor([], scaler)).toBeNull()
})
