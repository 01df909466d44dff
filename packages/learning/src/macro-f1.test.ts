import { expect, test } from 'vitest'
import { macroF1 } from './macro-f1.ts'

test('the mean runs over labels that are true or answered: an absent class that is answered counts 0', () => {
  // Class 0: two right, one taken for 2. Class 1: one right, one taken for 0. Class 2 occurs only as an answer, class 3 not at all.
  const confusion = Uint32Array.of(2, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  expect(macroF1(confusion)).toBeCloseTo((4 / 6 + 2 / 3 + 0) / 3, 12)
})

test('all right is 1, whatever is absent; nothing counted is nothing', () => {
  expect(macroF1(Uint32Array.of(5, 0, 0, 0))).toBe(1)
  expect(macroF1(Uint32Array.of(5, 0, 0, 1))).toBe(1)
  expect(macroF1(Uint32Array.of(0, 5, 1, 0))).toBe(0)
  expect(macroF1(new Uint32Array(4))).toBeNull()
})
