import { expect, test } from 'vitest'
import { createSteadyClock } from './steady-clock.ts'

test('[CO81] a clock that is set back goes on, and one that is set forward is followed', () => {
  let wall = 1_000_000
  let elapsed = 50
  const pass = (ms: number): void => {
    wall += ms
    elapsed += ms
  }
  const now = createSteadyClock({ wall: () => wall, elapsed: () => elapsed })
  expect(now()).toBe(1_000_000)
  pass(100)
  expect(now()).toBe(1_000_100)
  wall -= 3_600_000
  pass(50)
  expect(now()).toBe(1_000_150)
  wall += 3_700_000
  expect(now()).toBe(1_100_150)
  pass(5)
  expect(now()).toBe(1_100_155)
})
