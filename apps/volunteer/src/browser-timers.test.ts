import { expect, test } from 'vitest'
import { createWakingClock } from './browser-timers.ts'

test('the clock counts what the device slept through, and never runs back', () => {
  let steady = 100
  let wall = 5_000
  const now = createWakingClock({ steady: () => steady, wall: () => wall })
  const pass = (steadyMs: number, wallMs: number): number => {
    steady += steadyMs
    wall += wallMs
    return now()
  }
  const start = now()
  expect(pass(50, 50) - start).toBe(50)
  // Asleep for a minute: the steady clock stands.
  expect(pass(10, 60_010) - start).toBe(60_060)
  // The wall clock is set back by an hour.
  expect(pass(10, 10 - 3_600_000) - start).toBe(60_070)
  expect(pass(10, 10) - start).toBe(60_080)
})
