import type { Timers } from './ports.ts'

/** Entries kept; older ones stay in the totals. */
export const MAX_OUTBOX_ENTRIES = 1000

/** One frame that left this device. */
export interface OutboxEntry {
  readonly at: number
  /** A control event's name, `fetch-model` or `contribution`. */
  readonly name: string
  /** What it was sent for, as a volunteer reads it. */
  readonly purpose: string
  readonly bytes: number
}

/** Everything that left this device, newest last. */
export interface Outbox {
  readonly entries: readonly OutboxEntry[]
  readonly totalFrames: number
  readonly totalBytes: number
  /** Bulk alone: sealed contributions sent, models received. */
  readonly bytesUp: number
  readonly bytesDown: number
}

const PURPOSES = {
  join: 'Proves that this browser is the same volunteer as before, and names the policy you agreed to.',
  where: 'Asks where the training stands.',
  ready: 'Says whether this device can take part now.',
  'sit-out': 'Says that this device will not answer a request, and why.',
  placed: 'Names the group that your data belong to, as this device found out. Nothing else of the comparison leaves it.',
  'enter-sum': 'Says that your update is ready to be masked together with those of others.',
  'sum-frame': 'Agrees on masks with the others of the same sum. Holds keys and shares of secrets, nothing of your data.',
  'masked-words': 'What training on your data gave, under masks that only the sum over all takes away.',
  leave: 'Says goodbye.',
  'fetch-model': 'Asks for a model, or public numbers that go with it, by fingerprint.',
  contribution: 'What training on your data gave, encrypted so that only the aggregator can open it.',
} as const

export type OutboxName = keyof typeof PURPOSES

export interface OutboxRecorder {
  sent(name: OutboxName, bytes: number): void
  received(bytes: number): void
  /** The same object until something changes. */
  snapshot(): Outbox
}

export function createOutbox(timers: Timers): OutboxRecorder {
  let latest: Outbox | null = null
  const entries: OutboxEntry[] = []
  let totalFrames = 0
  let totalBytes = 0
  let bytesUp = 0
  let bytesDown = 0
  return {
    sent(name, bytes) {
      latest = null
      entries.push({ at: timers.now(), name, purpose: PURPOSES[name], bytes })
      if (entries.length > MAX_OUTBOX_ENTRIES) entries.shift()
      totalFrames += 1
      totalBytes += bytes
      if (name === 'contribution' || name === 'masked-words') bytesUp += bytes
    },
    received(bytes) {
      latest = null
      bytesDown += bytes
    },
    snapshot() {
      latest ??= { entries: [...entries], totalFrames, totalBytes, bytesUp, bytesDown }
      return latest
    },
  }
}
