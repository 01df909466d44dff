import { expect, test } from 'vitest'
import { hunt } from './fuzz-hunt.ts'

test('a hunt runs its share of the schedules and tells what was exercised (seed "hunt")', async () => {
  const request = { seed: 'hunt', of: 2, rest: 1, schedules: 7, until: null, choice: { strategy: 'fedavg', level: 'sealed' } } as const
  const { tally, finding } = await hunt(request, () => undefined, new AbortController().signal)
  expect(finding).toBeNull()
  expect(tally.schedules).toBe(3) // 1, 3 and 5
  expect(tally.strategies).toEqual({ 'fedavg at sealed by sums': 3 })
})
