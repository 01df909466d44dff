import { type Clock, createSteadyClock } from '@shoal/coordinator'

/** The machine's clock, but that it never runs backwards. Its timers do not keep the process alive. */
export function createSystemClock(): Clock {
  const now = createSteadyClock({ wall: Date.now, elapsed: () => performance.now() })
  return {
    now,
    at(at, callback) {
      const timer = setTimeout(callback, Math.max(0, at - now()))
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}
