import type { Clock } from '@shoal/coordinator'

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(at, callback) {
    const timer = setTimeout(callback, Math.max(0, at - Date.now()))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
