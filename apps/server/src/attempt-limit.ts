const WINDOW_MS = 60_000

/** How often somebody may be guessed at. */
export interface AttemptLimit {
  /** Counts a try under this name; false where there were too many in this minute. */
  take(name: string, at: number): boolean
  /** Whether one more would be too many. Counts nothing. */
  isSpent(name: string, at: number): boolean
  /** It was right: the tries before it are forgotten. */
  forgive(name: string): void
}

/** At most `max` tries a minute under each name, whether anybody has it or not. Names are counted in windows that end for all at once, so that nothing piles up. */
export function createAttemptLimit(max: number): AttemptLimit {
  let windowStart = 0
  const tries = new Map<string, number>()
  function turnWindow(at: number): void {
    if (at - windowStart < WINDOW_MS) return
    windowStart = at
    tries.clear()
  }
  return {
    take(name, at) {
      turnWindow(at)
      const count = (tries.get(name) ?? 0) + 1
      tries.set(name, count)
      return count <= max
    },
    isSpent(name, at) {
      turnWindow(at)
      return (tries.get(name) ?? 0) >= max
    },
    forgive: (name) => void tries.delete(name),
  }
}
