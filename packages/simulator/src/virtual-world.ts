import type { Clock } from '@shoal/coordinator'

/**
 * Virtual time for a whole federation in one process. Time stands still while anything really runs (`track`), and jumps to the next timer when nothing does: an
 * hour of waiting costs nothing, and what happens does not depend on how fast this machine is. Timers at the same instant fire in the order they were set.
 */
export interface VirtualWorld {
  readonly clock: Clock
  /** Holds time still until `work` is done. */
  track<T>(work: Promise<T>): Promise<T>
  /** Resolves `delayMs` of virtual time later. */
  pass(delayMs: number): Promise<void>
  /** Lets time run until `done()` is true; false if nothing is left that could make it true, or `limitMs` is reached first. */
  runUntil(done: () => boolean, limitMs?: number): Promise<boolean>
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** Turns of the event loop granted to promise chains before they count as finished: native work is tracked, so only microtasks and their hand-overs are left. */
const QUIET_TURNS = 3

/** `turn` lets everything that waits in the event loop have its turn once: Node's `setImmediate`, or a message to oneself. */
export function createVirtualWorld(turn: () => Promise<void>): VirtualWorld {
  let now = 0
  let order = 0
  let running = 0
  const timers: Timer[] = []

  const clock: Clock = {
    now: () => now,
    at(at, callback) {
      const timer: Timer = { at: Math.max(at, now), order, callback }
      order += 1
      timers.push(timer)
      return {
        cancel() {
          const index = timers.indexOf(timer)
          if (index >= 0) timers.splice(index, 1)
        },
      }
    },
  }

  async function track<T>(work: Promise<T>): Promise<T> {
    running += 1
    try {
      return await work
    } finally {
      running -= 1
    }
  }

  async function quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      await turn()
      if (running > 0) turns = -1
    }
  }

  async function runUntil(done: () => boolean, limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const limitAt = now + limitMs
    for (;;) {
      await quiet()
      if (done()) return true
      const next = timers.reduce<Timer | null>(
        (earliest, timer) => (earliest === null || timer.at < earliest.at || (timer.at === earliest.at && timer.order < earliest.order) ? timer : earliest),
        null,
      )
      if (next === null || next.at > limitAt) return false
      timers.splice(timers.indexOf(next), 1)
      now = next.at
      next.callback()
    }
  }

  return { clock, track, pass: (delayMs) => new Promise((resume) => clock.at(now + delayMs, resume)), runUntil }
}
