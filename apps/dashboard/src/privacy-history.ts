import { ERRORS, isErrorCode, type PrivacyInsight } from '@shoal/protocol'
import type { ChartTable, Reading } from '@shoal/ui'

export interface Refusal {
  readonly code: string
  readonly words: string
  readonly count: number
}

/** What was refused, most often first, in the words of the error table. */
export const refusalsOf = ({ refusals }: PrivacyInsight): readonly Refusal[] =>
  Object.entries(refusals)
    .map(([code, count]) => ({ code, count, words: isErrorCode(code) ? ERRORS[code].message : 'Unknown to this page.' }))
    .sort((one, other) => other.count - one.count || (one.code < other.code ? -1 : 1))

/** The smallest and the largest sum of every round in which any was opened. */
export function sumSizesOf({ sums }: PrivacyInsight): {
  readonly xs: readonly number[]
  readonly smallest: readonly Reading[]
  readonly largest: readonly Reading[]
} {
  const byRound = new Map<number, number[]>()
  for (const { round, clients } of sums) byRound.set(round, [...(byRound.get(round) ?? []), clients])
  const rounds = [...byRound].sort(([one], [other]) => one - other)
  return { xs: rounds.map(([round]) => round), smallest: rounds.map(([, sizes]) => Math.min(...sizes)), largest: rounds.map(([, sizes]) => Math.max(...sizes)) }
}

export const sumTable = ({ sums }: PrivacyInsight): ChartTable => ({
  columns: ['Ask', 'Round', 'Of what', 'Clients in it'],
  rows: sums.map(({ ask, round, procedure, clients }) => [ask, round, procedure, clients]).reverse(),
})

type Ledger = NonNullable<PrivacyInsight['ledger']>

export const ledgerTable = ({ rounds, budget }: Ledger): ChartTable => ({
  columns: ['Round', 'Epsilon so far', 'Budget'],
  rows: rounds.map(({ round, epsilon }) => [round, epsilon, budget]).reverse(),
})

/** How the account stands, in a sentence. */
export function ledgerInWords({ rounds, budget, delta }: Ledger): string {
  const spent = rounds.at(-1)?.epsilon ?? 0
  const left = Math.max(0, budget - spent)
  return `A volunteer who was in every sum has spent epsilon ${spent.toFixed(2)} of ${budget} (delta ${delta}); ${left.toFixed(2)} is left. When nothing is left its device gives no more.`
}
