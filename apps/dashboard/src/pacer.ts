/** At most one run in so many milliseconds, and never two at once. */
const PACE_MS = 1000

export interface Pacer {
  /** Runs soon: at once, or when the pace allows it. Wishes meanwhile are one run more. */
  wish(): void
  /** Calls off what is on its way; nothing runs any more. */
  stop(): void
}

export interface PacedWork<Timer> {
  /** Must not reject. */
  readonly work: (signal: AbortSignal) => Promise<void>
  /** Milliseconds. */
  readonly now: () => number
  readonly wait: (task: () => void, ms: number) => Timer
  readonly forget: (timer: Timer) => void
}

/** Runs work when somebody wishes it, but not more often than the server likes. */
export function createPacer<Timer>({ work, now, wait, forget }: PacedWork<Timer>): Pacer {
  const stopped = new AbortController()
  let timer: Timer | null = null
  let isRunning = false
  let isWished = false
  let lastStart = Number.NEGATIVE_INFINITY

  async function run(): Promise<void> {
    timer = null
    isWished = false
    isRunning = true
    lastStart = now()
    await work(stopped.signal)
    isRunning = false
    if (isWished) plan()
  }
  function plan(): void {
    if (timer !== null || isRunning || stopped.signal.aborted) return
    timer = wait(() => void run(), Math.max(0, lastStart + PACE_MS - now()))
  }
  return {
    wish() {
      isWished = true
      plan()
    },
    stop() {
      if (timer !== null) forget(timer)
      timer = null
      stopped.abort()
    },
  }
}
