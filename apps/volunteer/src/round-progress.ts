import type { FederationView, RoundSummary } from '@shoal/protocol'

/** Rounds whose median is taken for the next. */
const LATEST = 5
/** The whole is estimated once so many rounds have passed. */
const ENOUGH = 3

/** How far the round is, as everybody may see it. Times in milliseconds. */
export interface RoundProgress {
  readonly answered: number
  /** Clients that are still expected: asked, and not gone. */
  readonly expected: number
  /** Until the ask closes at the latest. */
  readonly leftMs: number
}

/** Null while nobody is asked. `now`: milliseconds since the epoch. */
export function roundProgressOf({ openAsk }: Pick<FederationView, 'openAsk'>, now: number): RoundProgress | null {
  if (openAsk === null) return null
  const { asked, answered, gone, deadlineAt } = openAsk
  return { answered, expected: Math.max(answered, asked - gone), leftMs: Math.max(0, deadlineAt - now) }
}

/** From the end of one round to the end of the next, by the median of the latest; null before the first has ended. */
export function roundMsOf(rounds: readonly RoundSummary[]): number | null {
  const latest = rounds.slice(-LATEST)
  // The round before the first of them tells when it began; the very first began by itself.
  const before = rounds.slice(-LATEST - 1, -1)
  const periods = latest.map(({ round, startedAt, endedAt }) => endedAt - (before.find((earlier) => earlier.round === round - 1)?.endedAt ?? startedAt))
  const sorted = periods.filter((periodMs) => periodMs >= 0).sort((left, right) => left - right)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export interface Estimate {
  /** Until this round ends; null where nobody can say. */
  readonly roundMs: number | null
  /** Until the federation finishes, at the latest: a measured accuracy may end it before. */
  readonly wholeMs: number | null
}

/** By the latest rounds. `now`: milliseconds since the epoch; where this clock and the server's differ a round lasts between nothing and a whole one. */
export function estimateOf(view: Pick<FederationView, 'lifecycle' | 'openAsk' | 'round' | 'stop'>, rounds: readonly RoundSummary[], now: number): Estimate {
  const usual = roundMsOf(rounds)
  const last = rounds.at(-1)
  if (view.lifecycle !== 'running' || view.openAsk === null || usual === null || last === undefined) return { roundMs: null, wholeMs: null }
  const roundMs = Math.min(usual, Math.max(0, last.endedAt + usual - now))
  const after = view.stop === undefined ? null : view.stop.rounds - view.round - 1
  return { roundMs, wholeMs: after === null || after < 0 || rounds.length < ENOUGH ? null : roundMs + after * usual }
}

export interface OwnSteps {
  readonly done: number
  readonly total: number
  /** Which pass over the own examples this step is in, from 1, and of how many; null where a round does not see all of them once. */
  readonly pass: { readonly number: number; readonly of: number } | null
}

/** `share` of the steps that is done; `examples`: how many this device trains on. */
export function ownStepsOf(share: number, train: { readonly steps: number; readonly batchSize: number }, examples: number): OwnSteps {
  const done = Math.round(share * train.steps)
  const passes = examples === 0 ? 0 : (train.steps * train.batchSize) / examples
  const of = Math.ceil(passes)
  return { done, total: train.steps, pass: passes <= 1 ? null : { number: Math.min(of, Math.floor((done * train.batchSize) / examples) + 1), of } }
}
