import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBatchSampler, gatherBatch } from './batches.ts'

test('every epoch draws every example once, across batches of one size (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), fc.string(), (count, batchSize, seed) => {
      const next = createBatchSampler(count, batchSize, createRng(seed))
      const drawn: number[] = []
      while (drawn.length < 3 * count) {
        const batch = next()
        expect(batch).toHaveLength(batchSize)
        drawn.push(...batch)
      }
      const everyExample = Array.from({ length: count }, (_, index) => index)
      for (const epoch of [0, 1, 2]) expect(drawn.slice(epoch * count, (epoch + 1) * count).sort((left, right) => left - right)).toEqual(everyExample)
    }),
  )
})

test('epochs differ in order, and the same seed draws the same', () => {
  const draw = (seed: string): number[][] => {
    const next = createBatchSampler(20, 20, createRng(seed))
    return [[...next()], [...next()]]
  }
  expect(draw('a')).toEqual(draw('a'))
  expect(draw('a')[0]).not.toEqual(draw('a')[1])
  expect(draw('a')).not.toEqual(draw('b'))
})

test('a batch holds pixels as 0..1 and labels as one-hot rows, in the order asked for', () => {
  const set = { count: 2, shape: [1, 2, 1] as const, pixels: Uint8Array.of(0, 51, 255, 102), labels: Uint8Array.of(2, 0) }
  expect(gatherBatch(set, Uint32Array.of(1, 0, 1), 3)).toEqual({
    pictures: Float32Array.of(1, 0.4, 0, 0.2, 1, 0.4),
    targets: Float32Array.of(1, 0, 0, 0, 0, 1, 1, 0, 0),
  })
})
