/** When OCFL looks for clusters: at the first rise of the temperature. Plain data and a pure step. */
export interface Trigger {
  /** Of the latest rounds that may be compared, oldest first; at most `window` + 1. */
  readonly temperatures: readonly number[]
  /** Clients behind the last of them. */
  readonly clients: number
  /** Rounds in a row, up to the last, in which it rose. */
  readonly rises: number
}

export interface TriggerOptions {
  readonly minRounds: number
  readonly patience: number
  readonly relativeRise: number
  readonly window: number
}

/** What a round showed. */
export interface Reading {
  /** Null where there was none. */
  readonly temperature: number | null
  /** Clients behind it. */
  readonly clients: number
  /** Clients who were asked. */
  readonly cohortSize: number
  /** Clients who could have been asked. */
  readonly members: number
  /** Differences of temperature below this are rounding. */
  readonly precision: number
}

/** Fewer clients are not worth clustering. */
const MIN_CLIENTS = 6
const LEAST_SHARE = 0.8
const LEAST_RELATIVE_RISE = 1e-6

export const newTrigger: Trigger = { temperatures: [], clients: 0, rises: 0 }

/** Takes over a round's reading, and says whether it fires. */
export function observe(trigger: Trigger, reading: Reading, round: number, options: TriggerOptions): { readonly trigger: Trigger; readonly fires: boolean } {
  const { temperature, clients, cohortSize } = reading
  if (temperature === null || !Number.isFinite(temperature) || clients < 2) return { trigger, fires: false }
  if (clients < LEAST_SHARE * cohortSize) return { trigger, fires: false } // too many dropped: as if the round had not been, T_prev is kept
  const before = isComparable(trigger, reading) ? trigger.temperatures : []
  const temperatures = [...before, temperature].slice(-(options.window + 1))
  const rises = isRise(temperatures, reading.precision, options) ? trigger.rises + 1 : 0
  return { trigger: { temperatures, clients, rises }, fires: rises >= options.patience && round >= options.minRounds && clients >= MIN_CLIENTS }
}

/**
 * T_t > T_{t-1}: strictly, and over the previous round, not over the least so far. With a window, the means of so many rounds, one round apart.
 * Difference from the paper: its summary writes >=, which would fire on a population of equal clients (T = 0 again and again); its code has >.
 */
function isRise(temperatures: readonly number[], precision: number, { window, relativeRise }: TriggerOptions): boolean {
  if (temperatures.length <= window) return false
  const mean = (part: readonly number[]): number => part.reduce((sum, item) => sum + item, 0) / window
  const before = mean(temperatures.slice(0, -1))
  return mean(temperatures.slice(1)) - before > Math.max(precision, Math.max(relativeRise, LEAST_RELATIVE_RISE) * before)
}

/**
 * Temperatures of different clients are not to be compared. Who answered is not known at every level, but of N members at least n1 + n2 - N answered both times.
 * Difference from the paper, where all take part in every round.
 */
function isComparable({ clients: last }: Trigger, { clients, members }: Reading): boolean {
  return last + clients - Math.max(members, last, clients) >= LEAST_SHARE * Math.max(last, clients)
}
