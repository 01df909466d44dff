import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epsilonOf, rhoOfSum } from './accountant.ts'
import { createLedger } from './privacy-ledger.ts'

const SEED = 90
const terms = { delta: 1e-5, budget: 8 }

test('a new ledger has spent nothing; what joins is added up', () => {
  const ledger = createLedger(null, terms)
  expect([ledger.epsilon(), ledger.sums()]).toEqual([0, 0])
  ledger.joined(4)
  ledger.joined(2)
  expect(ledger.sums()).toBe(2)
  expect(ledger.epsilon()).toBeCloseTo(epsilonOf(rhoOfSum(4) + rhoOfSum(2), 1e-5), 12)
})

test('it allows sums until the budget is spent, and none beyond it', () => {
  const ledger = createLedger(null, terms)
  while (ledger.mayJoin(4)) ledger.joined(4)
  expect(ledger.sums()).toBe(35)
  expect(ledger.epsilon()).toBeLessThanOrEqual(8)
  expect(epsilonOf(36 * rhoOfSum(4), 1e-5)).toBeGreaterThan(8)
  expect(ledger.mayJoin(1)).toBe(false)
  expect(ledger.mayJoin(100)).toBe(true) // hardly costs anything
  expect(createLedger(null, { delta: 1e-5, budget: 4 }).mayJoin(1)).toBe(false)
})

test('a sum without noise is never allowed', () => {
  const ledger = createLedger(null, terms)
  for (const z of [0, -1, Number.NaN]) {
    expect(ledger.mayJoin(z)).toBe(false)
    expect(() => ledger.joined(z)).toThrow(RangeError)
  }
  expect(ledger.sums()).toBe(0)
})

test('what was joined past the budget is written down all the same', () => {
  const ledger = createLedger(null, { delta: 1e-5, budget: 1 })
  expect(ledger.mayJoin(1)).toBe(false)
  ledger.joined(1)
  expect(ledger.epsilon()).toBeGreaterThan(4.7)
  expect(ledger.mayJoin(1000)).toBe(false)
})

test(`epsilon never falls, over any visits (seed ${SEED})`, () => {
  const step = fc.oneof(fc.constant('visit' as const), fc.double({ min: 0.5, max: 1e6, noNaN: true }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let ledger = createLedger(null, terms)
      for (const next of steps) {
        const before = ledger.epsilon()
        if (next === 'visit') {
          ledger = createLedger(ledger.saved(), terms)
          expect(ledger.epsilon()).toBe(before)
        } else {
          ledger.joined(next)
          expect(ledger.epsilon()).toBeGreaterThanOrEqual(before)
        }
      }
      expect(ledger.sums()).toBe(steps.filter((next) => next !== 'visit').length)
    }),
    { seed: SEED },
  )
})

test.each([
  '',
  'no JSON',
  'null',
  '[]',
  '{}',
  '{"version":2,"rho":0,"sums":0}',
  '{"version":1,"rho":-1,"sums":0}',
  '{"version":1,"rho":null,"sums":0}',
  '{"version":1,"rho":"0","sums":0}',
  '{"version":1,"rho":0,"sums":-1}',
  '{"version":1,"rho":0,"sums":0.5}',
  '{"version":1,"rho":0}',
])('what was kept but can not be read, %j, allows nothing any more: not on later visits either', (saved) => {
  const ledger = createLedger(saved, terms)
  expect(ledger.epsilon()).toBe(Number.POSITIVE_INFINITY)
  expect(ledger.mayJoin(1e6)).toBe(false)
  expect(createLedger(ledger.saved(), terms).mayJoin(1e6)).toBe(false)
})

test.each([
  { delta: 0, budget: 8 },
  { delta: 1, budget: 8 },
  { delta: 1e-5, budget: 0 },
  { delta: 1e-5, budget: Number.POSITIVE_INFINITY },
  { delta: 1e-5, budget: Number.NaN },
])('terms that bound nothing are refused: %j', (bad) => {
  expect(() => createLedger(null, bad)).toThrow(RangeError)
})
