import type { Timers } from '@shoal/client'

interface Clocks {
  /** Milliseconds that only grow; browsers let them stand while the device sleeps. */
  readonly steady: () => number
  /** Milliseconds since the epoch; goes on while the device sleeps, and may be set back. */
  readonly wall: () => number
}

/** The time that has really passed, sleep included, and that never runs backwards. Milliseconds; only differences matter. */
export function createWakingClock({ steady, wall }: Clocks): () => number {
  const offset = wall() - steady()
  let sleptMs = 0
  return () => {
    const now = steady()
    sleptMs = Math.max(sleptMs, wall() - now - offset)
    return now + sleptMs
  }
}

/** The clock and the timers of this page. */
export const pageTimers: Timers = {
  now: createWakingClock({ steady: () => performance.now(), wall: () => Date.now() }),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
