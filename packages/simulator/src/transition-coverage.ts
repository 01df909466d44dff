import { ADMISSION_TRANSITIONS } from './admission-transitions.ts'
import { LINK_TRANSITIONS } from './link-transitions.ts'
import { ROUND_TRANSITIONS } from './round-transitions.ts'
import { SUM_CLIENT_TRANSITIONS } from './sum-client-transitions.ts'
import { SUM_SERVER_TRANSITIONS } from './sum-server-transitions.ts'
import type { TakenTransition } from './taken-transition.ts'
import { TASK_TRANSITIONS } from './task-transitions.ts'

const MACHINES = {
  round: ROUND_TRANSITIONS,
  link: LINK_TRANSITIONS,
  task: TASK_TRANSITIONS,
  admission: ADMISSION_TRANSITIONS,
  'sum server': SUM_SERVER_TRANSITIONS,
  'sum client': SUM_CLIENT_TRANSITIONS,
}

export interface MachineCoverage {
  readonly machine: string
  /** Transitions that its table has, and how many of them were taken. */
  readonly legal: number
  readonly taken: number
  /** In the table and never taken. */
  readonly missing: readonly string[]
  /** Taken and not in the table: a defect of the machine or of the table. */
  readonly illegal: readonly string[]
}

const nameOf = ({ machine, before, event, after }: TakenTransition): string => `${machine}: ${before} | ${event} -> ${after}`

export function countTransition(counts: Map<string, number>, taken: TakenTransition): void {
  const name = nameOf(taken)
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** What was taken, and how often, held against the tables of what may be. */
export function coverageOf(counts: Readonly<Record<string, number>>): readonly MachineCoverage[] {
  return Object.entries(MACHINES).map(([machine, table]) => {
    const legal = new Set(
      Object.entries(table).flatMap(([event, rows]) =>
        Object.entries(rows).flatMap(([before, afters]) => afters.map((after) => `${machine}: ${before} | ${event} -> ${after}`)),
      ),
    )
    const taken = Object.keys(counts).filter((name) => name.startsWith(`${machine}: `))
    return {
      machine,
      legal: legal.size,
      taken: taken.filter((name) => legal.has(name)).length,
      missing: [...legal].filter((name) => !Object.hasOwn(counts, name)),
      illegal: taken.filter((name) => !legal.has(name)),
    }
  })
}

/** For people: a line for each machine, and one for each transition that no table has. */
export const coverageLines = (coverage: readonly MachineCoverage[]): readonly string[] =>
  coverage.flatMap(({ machine, legal, taken, illegal }) => [
    `${machine}: ${taken} of ${legal} transitions taken`,
    ...illegal.map((name) => `not in the table: ${name}`),
  ])
