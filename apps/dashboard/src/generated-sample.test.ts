import { expect, test } from 'vitest'
import { pixelsOf, samplesIn } from './generated-sample.ts'

const two = { shape: [1, 2, 1], classes: ['a', 'b'] } satisfies Parameters<typeof samplesIn>[1]

test('a grey example of the second class is its own two pixels, opaque', () => {
  const samples = Float32Array.of(1, 1, 0, 0.5)
  expect([...pixelsOf(samples, two.shape, 1)]).toEqual([0, 0, 0, 255, 128, 128, 128, 255])
})

test('colours keep their order, and what lies outside 0 to 1 is cut', () => {
  expect([...pixelsOf(Float32Array.of(-1, 0.2, 3), [1, 1, 3], 0)]).toEqual([0, 51, 255, 255])
})

test('what is not one example for each class is not drawn', () => {
  expect(samplesIn(Float32Array.of(1, 2, 3, 4).buffer, two)).toEqual(Float32Array.of(1, 2, 3, 4))
  expect(samplesIn(Float32Array.of(1, 2, 3).buffer, two)).toBeNull()
  expect(samplesIn(new ArrayBuffer(15), two)).toBeNull()
})
