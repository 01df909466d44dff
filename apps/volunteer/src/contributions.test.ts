import type { DeviceStorage, Outbox } from '@shoal/client'
import { federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createContributionLedger, NO_CONTRIBUTIONS } from './contributions.ts'
import { openDeviceStorage } from './device-storage.ts'

const FEDERATION = federationIdSchema.parse('fed-testtest')
const KEY = `contributions/${FEDERATION}`
const storageWith = async (kept: string | null): Promise<DeviceStorage> => {
  const { storage } = await openDeviceStorage(FEDERATION, undefined)
  if (kept !== null) await storage.save(KEY, kept)
  return storage
}

/** An outbox after these frames, a hundred bytes each. */
const outboxOf = (...frames: [name: Outbox['entries'][number]['name'], round: number | null][]): Outbox => ({
  entries: frames.map(([name, round], index) => ({
    number: index + 1,
    at: 0,
    round,
    name,
    purpose: name,
    bytes: 100,
    head: '',
    histogram: null,
    comparison: null,
  })),
  totalFrames: frames.length,
  totalBytes: 100 * frames.length,
  bytesUp: 0,
  bytesDown: 0,
  troubles: [],
})

test('runs, rounds and bytes are counted, a round once however often it was answered', async () => {
  let at = 1_000
  const ledger = createContributionLedger(await storageWith(null), FEDERATION, () => at)
  await ledger.load()
  expect(ledger.contributions.value).toEqual(NO_CONTRIBUTIONS)
  ledger.computed({ steps: 10, examples: 320, computeMs: 50 })
  at = 2_000
  ledger.sent(outboxOf(['join', null], ['contribution', 0]))
  ledger.sent(outboxOf(['join', null], ['contribution', 0], ['contribution', 0], ['masked-words', 1], ['ready', 2]))
  expect(ledger.contributions.value).toEqual({ rounds: 2, examples: 320, steps: 10, bytesSent: 500, computeMs: 50, firstAt: 1_000, lastAt: 2_000 })
})

test('they outlive a reload, which does not count the round under way again', async () => {
  const storage = await storageWith(null)
  const before = createContributionLedger(storage, FEDERATION, () => 1_000)
  await before.load()
  before.sent(outboxOf(['contribution', 7]))
  before.computed({ steps: 1, examples: 1, computeMs: 1 })
  const after = createContributionLedger(storage, FEDERATION, () => 2_000)
  // What happens before the kept numbers are there is added to them.
  after.sent(outboxOf(['contribution', 7]))
  await after.load()
  after.sent(outboxOf(['contribution', 7], ['contribution', 8]))
  expect(after.contributions.value).toEqual({ rounds: 2, examples: 1, steps: 1, bytesSent: 300, computeMs: 1, firstAt: 1_000, lastAt: 2_000 })
})

test('another session begins with an empty outbox', async () => {
  const ledger = createContributionLedger(await storageWith(null), FEDERATION, () => 1)
  await ledger.load()
  ledger.sent(outboxOf(['join', null], ['contribution', 0], ['ready', 0]))
  ledger.sent(outboxOf(['join', null], ['contribution', 1]))
  expect(ledger.contributions.value).toMatchObject({ rounds: 2, bytesSent: 500 })
})

test.each(['nonsense', 'null', '{"rounds":3}', '{"rounds":"3","examples":0,"steps":0,"bytesSent":0,"computeMs":0,"firstAt":0,"lastAt":0,"lastRound":0}'])(
  'what was kept as %s is nothing',
  async (kept) => {
    const ledger = createContributionLedger(await storageWith(kept), FEDERATION, () => 1)
    await ledger.load()
    expect(ledger.contributions.value).toEqual(NO_CONTRIBUTIONS)
  },
)
