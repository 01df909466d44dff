/** Shorter rests are put off until they are worth a timer. Milliseconds. */
const SHORTEST_REST_MS = 20

/** Lets work have its share of the time, by a rest between two steps. */
export interface DutyCycle {
  /** 0 < share <= 1. */
  setShare(share: number): void
  /** Work begins: the time before it was neither work nor rest. */
  begin(): void
  /** Between two steps. */
  pause(): Promise<void>
}

/** `rest` may take longer or shorter than it is told: what it really took is made up for. */
export function createDutyCycle({ now, rest }: { now: () => number; rest: (durationMs: number) => Promise<void> }): DutyCycle {
  let share = 1
  let since = now()
  let owed = 0
  return {
    setShare(next) {
      share = next
      owed = 0
    },
    begin() {
      since = now()
      owed = 0
    },
    async pause() {
      const stepMs = now() - since
      owed += stepMs * (1 / share - 1)
      if (owed >= SHORTEST_REST_MS) {
        const before = now()
        await rest(owed)
        owed -= now() - before
      }
      since = now()
    },
  }
}

interface Rests {
  rest(durationMs: number): Promise<void>
  /** Ends the present rest early. */
  wake(): void
}

/** Rests by a timer, which workers of hidden tabs keep. */
export function createRests(): Rests {
  let end = (): void => undefined
  return {
    rest: (durationMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, durationMs)
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    wake: () => end(),
  }
}
