import type { RoundSummary, TrafficList } from '@shoal/protocol'
import type { ChartTable, Reading } from '@shoal/ui'

/** What rounds cost, round by round. */
export interface RoundCosts {
  readonly xs: readonly number[]
  readonly seconds: readonly Reading[]
  /** Share of those drawn whose work did not enter the sum; null where nobody knows how many were drawn. */
  readonly dropped: readonly Reading[]
}

/** `drawn`: how many clients were drawn for a round, as far as somebody watched. */
export function roundCostsOf(rounds: readonly RoundSummary[], drawn: ReadonlyMap<number, number>): RoundCosts {
  return {
    xs: rounds.map(({ round }) => round),
    seconds: rounds.map(({ startedAt, endedAt }) => (endedAt - startedAt) / 1000),
    dropped: rounds.map(({ round, clients }) => {
      const of = drawn.get(round) ?? 0
      return of === 0 ? null : Math.max(0, 1 - clients / of)
    }),
  }
}

export const costTable = ({ xs, seconds, dropped }: RoundCosts): ChartTable => ({
  columns: ['Round', 'Seconds', 'Share that dropped out'],
  rows: xs.map((round, index) => [round, seconds[index] ?? null, dropped[index] ?? null]).reverse(),
})

export const trafficTable = (traffic: TrafficList): ChartTable => ({
  columns: ['Round', 'Bytes up', 'Bytes down'],
  rows: traffic.map(({ round, bytesUp, bytesDown }) => [round, bytesUp, bytesDown]).reverse(),
})

/** A curve's first and last reading in a sentence. */
export function curveInWords(what: string, xs: readonly number[], values: readonly Reading[], format: (value: number) => string): string {
  const measured = values.flatMap((value, index) => (value === null ? [] : [[xs[index] ?? 0, value] as const]))
  const [first] = measured
  const last = measured.at(-1)
  if (first === undefined || last === undefined) return `${what}: not measured yet.`
  if (first === last) return `${what}: ${format(first[1])} in round ${first[0]}.`
  return `${what}: ${format(first[1])} in round ${first[0]}, ${format(last[1])} in round ${last[0]}.`
}
