import { type AskId, type CLIENT_EVENTS, type ErrorCode, type Failure, type SumFrameKind, sumFrameKind } from '@shoal/protocol'
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
  readonly name: OutboxName
  readonly purpose: OutboxPurpose
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

/** A control event's name, `fetch-model`, or how an answer left: `contribution`, `masked-words`. */
export type OutboxName = keyof typeof CLIENT_EVENTS | 'masked-words' | 'fetch-model' | 'contribution'

const TOLD_APART = ['advertisement', 'sharesOut', 'unmask'] as const satisfies readonly SumFrameKind[]
/** What a frame was sent for: its name, or which frame of a masked sum it is. A page has the words. */
export type OutboxPurpose = OutboxName | (typeof TOLD_APART)[number]

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

function purposeOf(name: OutboxName, content: Uint8Array): OutboxPurpose {
  const kind = name === 'sum-frame' ? sumFrameKind(content) : null
  return TOLD_APART.find((told) => told === kind) ?? name
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function histogramOf(content: Uint8Array): readonly number[] {
  const counts = new Array<number>(BUCKETS).fill(0)
  const step = Math.ceil(content.length / MOST_COUNTED) | 1 // odd, so that all bytes of a word take their turns
  for (let index = 0; index < content.length; index += step) counts[content[index] >> 4] += 1
  return counts
}
