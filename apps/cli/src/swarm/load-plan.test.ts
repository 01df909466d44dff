import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FATES, type LoadShape, NO_DROPS, planLoad } from './load-plan.ts'

const shape = (change: Partial<LoadShape> = {}): LoadShape => ({
  seed: 'plan',
  clients: 100,
  rampSeconds: 10,
  thinkMs: [0, 0],
  churnPerMinute: 0,
  drop: NO_DROPS,
  ...change,
})

test('clients come one after the other from the first moment to the end of the ramp', () => {
  const plan = planLoad(shape({ clients: 11, rampSeconds: 5 }))
  expect(Array.from({ length: 11 }, (_, client) => plan.arrivalMs(client))).toEqual(Array.from({ length: 11 }, (_, client) => 500 * client))
  expect(planLoad(shape({ clients: 1 })).arrivalMs(0)).toBe(0)
})

test('the seed alone decides: the same one gives the same plan, another one another', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 8 }), fc.nat(999), fc.nat(50), (seed, client, turn) => {
      const of = (name: string) => {
        const plan = planLoad(
          shape({ seed: name, churnPerMinute: 1, thinkMs: [0, 1000], drop: { before: 0.2, mid: 0.2, after: 0.2, duplicate: 0.2, slow: 0.5 } }),
        )
        return [plan.absence(client, turn), plan.thinkMs(client, turn), plan.fate(client, turn), plan.comeback(client, turn), plan.linkDelayMs(client)]
      }
      expect(of(seed)).toEqual(of(seed))
      expect(of(seed)).not.toEqual(of(`${seed}'`))
    }),
    { seed: 11 },
  )
})

test('thinking stays between its bounds', () => {
  const plan = planLoad(shape({ thinkMs: [100, 300] }))
  for (let client = 0; client < 200; client += 1) {
    const ms = plan.thinkMs(client, client % 7)
    expect(ms).toBeGreaterThanOrEqual(100)
    expect(ms).toBeLessThan(300)
  }
})

test('mishaps come as often as the profile says (5 standard deviations), and never where it names none', () => {
  const drop = { before: 0.05, mid: 0.02, after: 0.1, duplicate: 0.03, slow: 0.25 }
  const plan = planLoad(shape({ drop }))
  const draws = 20_000
  const found = new Map<string, number>()
  for (let index = 0; index < draws; index += 1) {
    const fate = plan.fate(index % 1000, Math.floor(index / 1000))
    found.set(fate, (found.get(fate) ?? 0) + 1)
  }
  for (const fate of FATES) expect(Math.abs((found.get(fate) ?? 0) - draws * drop[fate])).toBeLessThan(5 * Math.sqrt(draws * drop[fate]))
  const slow = Array.from({ length: 4000 }, (_, client) => plan.linkDelayMs(client)).filter((ms) => ms > 0).length
  expect(Math.abs(slow - 1000)).toBeLessThan(5 * Math.sqrt(1000))
  const calm = planLoad(shape())
  expect(Array.from({ length: 500 }, (_, client) => [calm.fate(client, 0), calm.linkDelayMs(client), calm.absence(client, 0)])).toEqual(
    Array.from({ length: 500 }, () => ['none', 0, null]),
  )
})

test('churn: the mean stay of clients of whom a tenth leave in a minute is ten minutes, and half of them keep their session', () => {
  const plan = planLoad(shape({ churnPerMinute: 0.1 }))
  const absences = Array.from({ length: 4000 }, (_, client) => plan.absence(client, 0)).flatMap((absence) => absence ?? [])
  const mean = absences.reduce((sum, { afterMs }) => sum + afterMs, 0) / absences.length
  expect(Math.abs(mean - 600_000)).toBeLessThan((5 * 600_000) / Math.sqrt(absences.length))
  for (const of of ['keepsSession', 'isPolite'] as const)
    expect(Math.abs(absences.filter((absence) => absence[of]).length - 2000)).toBeLessThan(5 * Math.sqrt(1000))
})
