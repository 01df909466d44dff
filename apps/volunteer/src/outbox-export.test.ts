import type { Outbox } from '@shoal/client'
import { askIdOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { outboxLines } from './outbox-export.ts'

const SECRET = 0.123456
const OUTBOX: Outbox = {
  entries: [
    {
      number: 1,
      at: 1500,
      round: 0,
      name: 'masked-words',
      purpose: 'masked-words',
      bytes: 40,
      head: '05ff',
      histogram: [40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      comparison: { hiddenBy: 'masks', length: 1, places: [0], clear: [SECRET], sent: [-77], sentLimit: 128 },
    },
    { number: 2, at: 2500, round: 0, name: 'leave', purpose: 'leave', bytes: 12, head: '5b', histogram: null, comparison: null },
  ],
  totalFrames: 2,
  totalBytes: 52,
  bytesUp: 40,
  bytesDown: 9,
  troubles: [{ kind: 'link-lost', code: 'SHOAL_ERR_UNREACHABLE', detail: null, times: 2 }],
}
const SUMS = [
  {
    number: 1,
    round: 0,
    ask: askIdOf(0, 0),
    procedure: 'train',
    purpose: 'update',
    members: 4,
    survivors: 4,
    checks: [],
    isRecomputed: false,
    state: 'running',
    failure: null,
    epsilon: null,
  },
] as const

const linesOf = (withClear: boolean): readonly Record<string, unknown>[] =>
  outboxLines(OUTBOX, SUMS, { startedAt: Date.UTC(2030, 0, 1), withClear })
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('every line is an object of its own: totals, troubles, sums, and frames with the time of the day', () => {
  const lines = linesOf(false)
  expect(lines.map(({ type }) => type)).toEqual(['outbox', 'trouble', 'sum', 'frame', 'frame'])
  expect(lines[0]).toEqual({ type: 'outbox', totalFrames: 2, totalBytes: 52, bytesUp: 40, bytesDown: 9, framesListed: 2 })
  expect(lines[3]).toMatchObject({ time: '2030-01-01T00:00:01.500Z', round: 0, name: 'masked-words', bytes: 40, head: '05ff' })
})

test('the numbers before masking are in the file only where the volunteer wants it', () => {
  expect(JSON.stringify(linesOf(false))).not.toContain(String(SECRET))
  expect(linesOf(false)[3].comparison).toEqual({ hiddenBy: 'masks', length: 1, places: [0], sent: [-77], sentLimit: 128 })
  expect(linesOf(true)[3].comparison).toMatchObject({ clear: [SECRET], sent: [-77] })
})
