import type { Experiment, Plan, Unit } from './experiment.ts'
import type { UnitStore } from './unit-store.ts'

export type Ending = 'done' | 'budget' | 'interrupted'

/** What is said of a unit that this one may resemble when nothing is known of it. */
const UNKNOWN_SECONDS = 60

export interface RunOptions {
  readonly plan: Plan
  readonly store: UnitStore
  readonly commit: string
  /** Seconds that may be spent; a unit is not begun where the longest of its experiment so far would not fit any more. */
  readonly budgetSeconds: number
  readonly interrupted: AbortSignal
  /** Monotonous, in milliseconds. */
  readonly now: () => number
  readonly print: (line: string) => void
}

const described = (unit: Unit): string =>
  Object.entries(unit.parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

/** Runs what the plan calls for and the store does not have yet, one unit after the other; each is stored as it ends. */
export async function runUnits(experiments: readonly Experiment[], options: RunOptions): Promise<Ending> {
  const { plan, store, commit, budgetSeconds, interrupted, now, print } = options
  const startedAt = now()
  const spent = (): number => (now() - startedAt) / 1000
  for (const experiment of experiments) {
    const units = experiment.units(plan)
    const open = units.filter(({ key }) => !store.units.has(key))
    if (open.length < units.length) print(`${experiment.id}: ${units.length - open.length} of ${units.length} runs are there already`)
    for (const [index, unit] of open.entries()) {
      if (interrupted.aborted) return 'interrupted'
      const known = units.flatMap(({ key }) => store.units.get(key)?.seconds ?? [])
      const expected = known.length > 0 ? Math.max(...known) : UNKNOWN_SECONDS
      if (spent() + expected > budgetSeconds) return 'budget'
      const begunAt = now()
      const outOfTime = AbortSignal.timeout(Math.max(1, Math.floor((budgetSeconds - spent()) * 1000)))
      try {
        const data = await unit.run(AbortSignal.any([interrupted, outOfTime]))
        const seconds = (now() - begunAt) / 1000
        await store.add(unit.key, { data, seconds, commit })
        print(`${experiment.id} ${index + 1}/${open.length}: ${described(unit)} (${seconds.toFixed(1)} s)`)
      } catch (error) {
        if (interrupted.aborted) return 'interrupted'
        if (outOfTime.aborted) return 'budget'
        throw error
      }
    }
  }
  return 'done'
}
