/** How often each thing was tried with each change, and what came of it. Printed at the end, in few lines. */
export interface CaseTable {
  /** One case against `target` (a frame kind, a route, an event), made by `change`, with its outcome (`taken`, a code, `dropped`). */
  count(target: string, change: string, outcome: string): void
  cases(): number
  /** How often each target was tried; and how often each outcome came of it. */
  targets(): ReadonlyMap<string, ReadonlyMap<string, number>>
  print(title: string): void
}

const PRINTED_OUTCOMES = 5

export function createCaseTable(): CaseTable {
  const byTarget = new Map<string, Map<string, number>>()
  const byChange = new Map<string, number>()
  let cases = 0
  return {
    count(target, change, outcome) {
      cases += 1
      const outcomes = byTarget.get(target) ?? new Map<string, number>()
      byTarget.set(target, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1))
      byChange.set(change, (byChange.get(change) ?? 0) + 1)
    },
    cases: () => cases,
    targets: () => byTarget,
    print(title) {
      const lines = [...byTarget].map(([target, outcomes]) => `  ${target.padEnd(46)} ${String(total(outcomes)).padStart(7)}  ${summaryOf(outcomes)}`)
      console.log([`${title}: ${cases} cases`, ...lines, `  changes: ${[...byChange].map(([change, count]) => `${change} ${count}`).join(', ')}`].join('\n'))
    },
  }
}

const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0)

function summaryOf(outcomes: ReadonlyMap<string, number>): string {
  const ordered = [...outcomes].sort(([, left], [, right]) => right - left)
  const rest = ordered.length - PRINTED_OUTCOMES
  return [...ordered.slice(0, PRINTED_OUTCOMES).map(([outcome, count]) => `${outcome} ${count}`), ...(rest > 0 ? [`${rest} others`] : [])].join(', ')
}
