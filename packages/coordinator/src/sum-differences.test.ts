import { createRng } from '@shoal/numeric'
import { type ClientId, clientIdSchema } from '@shoal/protocol'
import type { PastSum } from '@shoal/secure-sum'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseSummands } from './sum-differences.ts'

const SEED = 68
const clients = Array.from({ length: 40 }, (_, index) => clientIdSchema.parse(`cl-${String(index).padStart(16, '0')}`))
const rule = { kMin: 3, kDiff: 3 }
const pastOf = (...sets: readonly (readonly ClientId[])[]): PastSum[] => sets.map((survivors) => ({ round: 4, purpose: 'moment', survivors }))
const now = { round: 4, purpose: 'power' } as const
const differenceOf = (left: readonly string[], right: readonly string[]): number =>
  left.filter((client) => !right.includes(client)).length + right.filter((client) => !left.includes(client)).length

test(`[CO68] who is summed is all who are ready, or differs from every earlier sum of the round by kDiff, and is never fewer than kMin (seed ${SEED})`, () => {
  let left = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 40 }),
      fc.array(fc.array(fc.nat(39), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.nat(),
      (count, absences, lot) => {
        const ready = clients.slice(0, count)
        const past = pastOf(...absences.map((absent) => clients.slice(0, Math.min(40, count + 1)).filter((_, index) => !absent.includes(index))))
        const chosen = chooseSummands(ready, past, now, rule, createRng(String(lot)))
        if (chosen === null) return
        if (chosen.length < count) left += 1
        expect(chosen.length).toBeGreaterThanOrEqual(rule.kMin)
        expect(chosen.every((client) => ready.includes(client))).toBe(true)
        for (const { survivors } of past) expect([1, 2]).not.toContain(differenceOf(survivors, chosen))
      },
    ),
    { seed: SEED, numRuns: 300 },
  )
  expect(left).toBeGreaterThan(0)
})

test('[CO68] one that is gone since the last sum of the round takes two others with it; where that leaves too few, nobody is summed', () => {
  const chosen = chooseSummands(clients.slice(0, 9), pastOf(clients.slice(0, 10)), now, rule, createRng('gone'))
  expect(chosen).toHaveLength(7)
  expect(chooseSummands(clients.slice(0, 4), pastOf(clients.slice(0, 5)), now, rule, createRng('gone'))).toBeNull()
})

test('[CO68] sums of other rounds are compared where both are updates and the cohort can do without kDiff clients', () => {
  const update = { round: 5, purpose: 'update' } as const
  const past = pastOf(clients.slice(0, 20)).map((sum): PastSum => ({ ...sum, purpose: 'update' }))
  expect(chooseSummands(clients.slice(0, 19), past, update, rule, createRng('a'))).toHaveLength(17)
  expect(chooseSummands(clients.slice(0, 19), past, { ...update, purpose: 'metric' }, rule, createRng('a'))).toHaveLength(19)
  const few = pastOf(clients.slice(0, 6)).map((sum): PastSum => ({ ...sum, purpose: 'update' }))
  expect(chooseSummands(clients.slice(0, 5), few, update, rule, createRng('a'))).toHaveLength(5)
})
