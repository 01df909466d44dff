import type { RoundSummary } from '@shoal/protocol'

/** All rounds that were ever told of, oldest first: views that come by socket carry the last few only. The same array where nothing is new. */
export function withRounds(known: readonly RoundSummary[], told: readonly RoundSummary[]): readonly RoundSummary[] {
  const last = known[known.length - 1]
  if (told.length === 0 || (last !== undefined && told.every(({ round }) => round <= last.round))) return known
  const byRound = new Map([...known, ...told].map((summary) => [summary.round, summary]))
  return [...byRound.values()].sort((left, right) => left.round - right.round)
}
