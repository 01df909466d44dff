import { expect, test } from 'vitest'
import { answersOf, changedAnswers, rightShare } from './guest-answers.ts'

test('the answers of two models are compared with each other and with the key', () => {
  const before = answersOf(Float32Array.of(0.1, 0.9, 0.6, 0.4, 0.2, 0.8), 2)
  const after = answersOf(Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.2, 0.8), 2)
  expect([...before]).toEqual([1, 0, 1])
  expect(changedAnswers(before, after)).toBe(1)
  expect(rightShare(before, Uint8Array.of(0, 0, 1))).toBeCloseTo(2 / 3)
  expect(rightShare(after, Uint8Array.of(0, 0, 1))).toBe(1)
  expect(rightShare(answersOf(new Float32Array(), 2), [])).toBe(null)
})
