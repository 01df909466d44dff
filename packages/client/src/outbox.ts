import { type AskId, type ErrorCode, type Failure, type SumFrameKind, sumFrameKind } from '@shoal/protocol'
import type { Comparison } from './comparison.ts'
import type { Timers } from './ports.ts'

/** Entries kept; older ones stay in the totals. */
export const MAX_OUTBOX_ENTRIES = 1000
/** Rounds, the present one among them, whose numbers before masking are kept in memory. */
export const ROUNDS_WITH_CLEAR = 3

const HEAD_BYTES = 16
const BUCKETS = 16
/** Of a longer body so many bytes are counted, spread over all of it: an answer of megabytes must not hold up the page. */
const MOST_COUNTED = 65_536

/** One frame that left this device. */
export interface OutboxEntry {
  /** Counts all frames that left, from 1. */
  readonly number: number
  readonly at: number
  /** The round that was worked at; null before the first. */
  readonly round: number | null
  /** A control event's name, `fetch-model`, `contribution` or `masked-words`. */
  readonly name: OutboxName
  /** What it was sent for, as a volunteer reads it. */
  readonly purpose: string
  readonly bytes: number
  /** The first bytes, in hex. */
  readonly head: string
  /** How many bytes have each of the 16 values of their upper half; null for text. What is hidden well has all of them alike. */
  readonly histogram: readonly number[] | null
  /** Where it held an answer, for the last rounds. Its clear half never leaves this device. */
  readonly comparison: Comparison | null
}

/** What did not go as it should, and how often. */
export interface Trouble {
  readonly kind: 'link-lost' | 'sat-out' | 'frame-ignored' | 'sum-failed' | 'sum-refuted'
  readonly code: ErrorCode
  /** Of the last time. */
  readonly detail: string | null
  readonly times: number
}

/** Everything that left this device, newest last. */
export interface Outbox {
  readonly entries: readonly OutboxEntry[]
  readonly totalFrames: number
  readonly totalBytes: number
  /** Bulk alone: hidden answers sent, models received. */
  readonly bytesUp: number
  readonly bytesDown: number
  readonly troubles: readonly Trouble[]
}

const PURPOSES = {
  join: 'Proves that this browser is the same volunteer as before, and names the policy you agreed to.',
  where: 'Asks where the training stands.',
  ready: 'Says whether this device can take part now.',
  'sit-out': 'Says that this device will not answer a request, and why.',
  placed: 'Names the group that your data belong to, as this device found out. Nothing else of the comparison leaves it.',
  'enter-sum': 'Says that your answer is ready to be masked together with those of others.',
  'sum-frame': 'Agrees on masks with the others of the same sum. Holds keys and shares of secrets, nothing of your data.',
  'masked-words': 'What this device worked out from your data, under masks that only the sum over all takes away.',
  leave: 'Says goodbye.',
  'fetch-model': 'Asks for a model, or public numbers that go with it, by fingerprint.',
  contribution: 'What this device worked out from your data, encrypted so that only the aggregator can open it.',
} as const

const SUM_FRAME_PURPOSES: Partial<Record<SumFrameKind, string>> = {
  advertisement: 'Keys made for this one sum, signed by this browser, with which the others of the sum agree on masks. Holds nothing of your data.',
  sharesOut: 'Pieces of the secrets behind your masks, each encrypted to one other of the sum, in case this device goes away. Holds nothing of your data.',
  unmask: 'Helps to open the sum over all, and only that: names who is in it, and gives one piece of a secret for each. Holds nothing of your data.',
}

export type OutboxName = keyof typeof PURPOSES

export interface OutboxRecorder {
  /** What is sent from here on is for this ask's round. */
  turnTo(ask: AskId): void
  /** `body`: the bytes, or the text of a control message. */
  sent(name: OutboxName, body: Uint8Array | string, comparison?: Comparison | null): void
  received(bytes: number): void
  trouble(kind: Trouble['kind'], failure: Failure): void
  /** The same object until something changes. */
  snapshot(): Outbox
}

export function createOutbox(timers: Timers): OutboxRecorder {
  let latest: Outbox | null = null
  let entries: OutboxEntry[] = []
  const troubles = new Map<string, Trouble>()
  let round: number | null = null
  let totalFrames = 0
  let totalBytes = 0
  let bytesUp = 0
  let bytesDown = 0
  return {
    turnTo(ask) {
      const next = Number.parseInt(ask, 10)
      if (next === round) return
      latest = null
      round = next
      entries = entries.map((entry) => (entry.comparison !== null && (entry.round ?? 0) <= next - ROUNDS_WITH_CLEAR ? { ...entry, comparison: null } : entry))
    },
    sent(name, body, comparison = null) {
      latest = null
      const content = typeof body === 'string' ? new TextEncoder().encode(body) : body
      totalFrames += 1
      totalBytes += content.length
      if (name === 'contribution' || name === 'masked-words') bytesUp += content.length
      entries.push({
        number: totalFrames,
        at: timers.now(),
        round,
        name,
        purpose: purposeOf(name, content),
        bytes: content.length,
        head: hexOf(content.subarray(0, HEAD_BYTES)),
        histogram: typeof body === 'string' ? null : histogramOf(content),
        comparison,
      })
      if (entries.length > MAX_OUTBOX_ENTRIES) entries.shift()
    },
    received(bytes) {
      latest = null
      bytesDown += bytes
    },
    trouble(kind, { code, detail = null }) {
      latest = null
      const key = `${kind} ${code}`
      troubles.set(key, { kind, code, detail, times: (troubles.get(key)?.times ?? 0) + 1 })
    },
    snapshot() {
      latest ??= { entries: [...entries], totalFrames, totalBytes, bytesUp, bytesDown, troubles: [...troubles.values()] }
      return latest
    },
  }
}

function purposeOf(name: OutboxName, content: Uint8Array): string {
  const kind = name === 'sum-frame' ? sumFrameKind(content) : null
  return (kind === null ? undefined : SUM_FRAME_PURPOSES[kind]) ?? PURPOSES[name]
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function histogramOf(content: Uint8Array): readonly number[] {
  const counts = new Array<number>(BUCKETS).fill(0)
  const step = Math.ceil(content.length / MOST_COUNTED) | 1 // odd, so that all bytes of a word take their turns
  for (let index = 0; index < content.length; index += step) counts[content[index] >> 4] += 1
  return counts
}
