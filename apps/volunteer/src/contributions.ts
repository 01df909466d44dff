import { type ReadonlySignal, signal } from '@preact/signals'
import type { DeviceStorage, Outbox } from '@shoal/client'
import type { FederationId } from '@shoal/protocol'

/** What this browser has given to one federation so far, over all visits. Counted on the device, for the volunteer alone. */
export interface Contributions {
  /** In which something computed here was sent. */
  readonly rounds: number
  /** Looked at in training steps, each time that one was. */
  readonly examples: number
  /** Training steps. */
  readonly steps: number
  readonly bytesSent: number
  /** Time that was computed, without rests. */
  readonly computeMs: number
  /** When the first and the last of it happened, in milliseconds since the epoch; 0 while there is nothing. */
  readonly firstAt: number
  readonly lastAt: number
}

export const NO_CONTRIBUTIONS: Contributions = { rounds: 0, examples: 0, steps: 0, bytesSent: 0, computeMs: 0, firstAt: 0, lastAt: 0 }

export interface ContributionLedger {
  readonly contributions: ReadonlySignal<Contributions>
  /** Brings back what was kept. What was counted before it arrives is added. */
  load(): Promise<void>
  computed(run: Pick<Contributions, 'steps' | 'examples' | 'computeMs'>): void
  /** An outbox's state, which grows until another session begins with an empty one. */
  sent(outbox: Outbox): void
}

const ANSWERS: readonly string[] = ['contribution', 'masked-words'] satisfies Outbox['entries'][number]['name'][]
const NUMBERS = Object.keys(NO_CONTRIBUTIONS)

export function createContributionLedger(storage: DeviceStorage, federation: FederationId, wallClock: () => number): ContributionLedger {
  const key = `contributions/${federation}`
  const contributions = signal(NO_CONTRIBUTIONS)
  /** The latest round that is counted: a tab that reloads in the middle of one does not count it twice. */
  let lastRound = -1
  let seen: Pick<Outbox, 'totalFrames' | 'totalBytes'> = { totalFrames: 0, totalBytes: 0 }
  let hasLoaded = false

  function add(more: Partial<Contributions>): void {
    const at = wallClock()
    const now = contributions.value
    contributions.value = { ...sumOf(now, { ...NO_CONTRIBUTIONS, ...more }), firstAt: now.firstAt || at, lastAt: at }
  }

  function keep(): void {
    if (hasLoaded) void storage.save(key, JSON.stringify({ ...contributions.value, lastRound })).catch(() => undefined)
  }

  return {
    contributions,
    async load() {
      const kept = recordOf(await storage.load(key).catch(() => null))
      if (kept !== null) {
        const now = contributions.value
        const repeats = now.rounds > 0 && lastRound === kept.lastRound ? 1 : 0
        contributions.value = {
          ...sumOf(kept.contributions, { ...now, rounds: now.rounds - repeats }),
          firstAt: kept.contributions.firstAt || now.firstAt,
          lastAt: Math.max(kept.contributions.lastAt, now.lastAt),
        }
        lastRound = Math.max(lastRound, kept.lastRound)
      }
      hasLoaded = true
    },
    computed(run) {
      add(run)
      keep()
    },
    sent(outbox) {
      if (outbox.totalFrames < seen.totalFrames) seen = { totalFrames: 0, totalBytes: 0 }
      if (outbox.totalFrames === seen.totalFrames) return
      let rounds = 0
      for (const { number, name, round } of outbox.entries) {
        if (number <= seen.totalFrames || round === null || round <= lastRound || !ANSWERS.includes(name)) continue
        rounds += 1
        lastRound = round
      }
      add({ rounds, bytesSent: outbox.totalBytes - seen.totalBytes })
      seen = { totalFrames: outbox.totalFrames, totalBytes: outbox.totalBytes }
      if (rounds > 0) keep()
    },
  }
}

const sumOf = (left: Contributions, right: Contributions): Contributions => ({
  ...left,
  rounds: left.rounds + right.rounds,
  examples: left.examples + right.examples,
  steps: left.steps + right.steps,
  bytesSent: left.bytesSent + right.bytesSent,
  computeMs: left.computeMs + right.computeMs,
})

/** Null unless every number is there. */
function recordOf(kept: string | null): { readonly contributions: Contributions; readonly lastRound: number } | null {
  try {
    const { lastRound, ...contributions } = JSON.parse(kept ?? 'null')
    const areNumbers = [lastRound, ...NUMBERS.map((name) => contributions[name])].every(Number.isFinite)
    return areNumbers ? { contributions, lastRound } : null
  } catch {
    return null
  }
}
