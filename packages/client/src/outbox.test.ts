import { askIdOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import type { Comparison } from './comparison.ts'
import { createOutbox, MAX_OUTBOX_ENTRIES, ROUNDS_WITH_CLEAR } from './outbox.ts'

const outboxAt = (now = 0) => createOutbox({ now: () => now, after: () => ({ cancel: () => undefined }) })
const COMPARISON: Comparison = { hiddenBy: 'masks', length: 1, places: [0], clear: [0.5], sent: [-9], sentLimit: 32_768 }

test('[CL35] an entry has its number, time, round, size and first bytes', () => {
  const outbox = outboxAt(17)
  outbox.sent('where', '["where",{}]')
  outbox.turnTo(askIdOf(12, 3))
  outbox.sent(
    'contribution',
    Uint8Array.from({ length: 20 }, (_, index) => index + 250),
  )
  const [where, contribution] = outbox.snapshot().entries
  expect(where).toMatchObject({ number: 1, at: 17, round: null, name: 'where', bytes: 12, head: '5b227768657265222c7b7d5d', histogram: null, comparison: null })
  expect(contribution).toMatchObject({ number: 2, round: 12, bytes: 20, head: 'fafbfcfdfeff00010203040506070809' })
})

test('[CL35] a histogram counts bytes by their upper half, in a long body at most 65,536 of every place in a word', () => {
  const outbox = outboxAt()
  outbox.sent('masked-words', Uint8Array.of(0x00, 0x0f, 0x10, 0xff))
  const words = new Uint8Array(4 << 20).map((_, index) => (index % 4) << 4)
  outbox.sent('masked-words', words)
  const [short, long] = outbox.snapshot().entries.map(({ histogram }) => histogram ?? [])
  expect(short).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  const counted = long.reduce((sum, count) => sum + count, 0)
  expect(counted).toBeGreaterThan(60_000)
  expect(counted).toBeLessThanOrEqual(65_536)
  for (const count of long.slice(0, 4)) expect(Math.abs(count - counted / 4)).toBeLessThan(2)
})

test('[CL35] the frames of a masked sum say what each of them is for', () => {
  const outbox = outboxAt()
  for (const kind of [1, 3, 9]) outbox.sent('sum-frame', Uint8Array.of(kind, 1))
  const purposes = outbox.snapshot().entries.map(({ purpose }) => purpose)
  expect(purposes.slice(0, 3)).toEqual(['advertisement', 'sharesOut', 'unmask'])
})

test('[CL50] numbers before masking are kept for the last rounds alone, and no longer than their entry', () => {
  const outbox = outboxAt()
  for (let round = 0; round < 5; round += 1) {
    outbox.turnTo(askIdOf(round, 0))
    outbox.sent('masked-words', new Uint8Array(4), COMPARISON)
    outbox.turnTo(askIdOf(round, 1))
  }
  const kept = outbox.snapshot().entries.filter(({ comparison }) => comparison !== null)
  expect(kept.map(({ round }) => round)).toEqual([2, 3, 4])
  expect(kept).toHaveLength(ROUNDS_WITH_CLEAR)
  for (let frame = 0; frame < MAX_OUTBOX_ENTRIES; frame += 1) outbox.sent('where', '')
  expect(outbox.snapshot().entries.some(({ comparison }) => comparison !== null)).toBe(false)
})

test('[CL51] what went wrong is counted by kind and code, with the last detail', () => {
  const outbox = outboxAt()
  const before = outbox.snapshot()
  outbox.trouble('link-lost', { code: 'SHOAL_ERR_UNREACHABLE' })
  outbox.trouble('sum-failed', { code: 'SHOAL_ERR_SUM_MANIFEST', detail: 'another policy' })
  outbox.trouble('sum-failed', { code: 'SHOAL_ERR_SUM_MANIFEST', detail: 'kMin 1' })
  outbox.trouble('sum-failed', { code: 'SHOAL_ERR_SUM_TOO_FEW' })
  expect(before.troubles).toEqual([])
  expect(outbox.snapshot().troubles).toEqual([
    { kind: 'link-lost', code: 'SHOAL_ERR_UNREACHABLE', detail: null, times: 1 },
    { kind: 'sum-failed', code: 'SHOAL_ERR_SUM_MANIFEST', detail: 'kMin 1', times: 2 },
    { kind: 'sum-failed', code: 'SHOAL_ERR_SUM_TOO_FEW', detail: null, times: 1 },
  ])
})
