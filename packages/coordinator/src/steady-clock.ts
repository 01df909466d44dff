/** Where the time comes from, in milliseconds: what the machine shows, which may be set, and what has passed since some moment. */
export interface TimeSource {
  wall(): number
  elapsed(): number
}

/**
 * The time, in whole milliseconds, of a machine whose clock may be set: it never runs backwards and never stands still, so that no deadline moves away. Where the machine's clock is set back it goes on from where it was; where
 * that is set forward, or the machine has slept, it follows.
 */
export function createSteadyClock({ wall, elapsed }: TimeSource): () => number {
  let at = elapsed()
  let now = wall()
  return () => {
    const before = at
    at = elapsed()
    now = Math.max(now + at - before, wall())
    return Math.floor(now)
  }
}
