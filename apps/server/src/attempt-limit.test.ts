import { expect, test } from 'vitest'
import { createAttemptLimit } from './attempt-limit.ts'

test('so many tries a minute under each name; what was right is forgiven', () => {
  const attempts = createAttemptLimit(2)
  expect([attempts.take('a', 60_000), attempts.take('a', 60_001), attempts.take('a', 60_002), attempts.take('b', 60_003)]).toEqual([true, true, false, true])
  expect(attempts.take('a', 119_999)).toBe(false)
  expect(attempts.take('a', 120_000)).toBe(true)
  attempts.forgive('a')
  expect([attempts.take('a', 120_001), attempts.take('a', 120_002), attempts.take('a', 120_003)]).toEqual([true, true, false])
})

test('whether a name has tries left can be asked without using one up', () => {
  const attempts = createAttemptLimit(1)
  expect([attempts.isSpent('a', 60_000), attempts.isSpent('a', 60_001), attempts.take('a', 60_002), attempts.isSpent('a', 60_003)]).toEqual([
    false,
    false,
    true,
    true,
  ])
  expect(attempts.isSpent('a', 120_000)).toBe(false)
})
