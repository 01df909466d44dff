import type { CentreRule, Layout } from '@shoal/numeric'
import { type Failure, type FederationConfig, isUpdateProcedure, MAX_HELD_BYTES } from '@shoal/protocol'
import type { ClientAskSpec } from './federation-event.ts'
import { maskingOf } from './federation-policy.ts'
import type { HeldRule } from './held-collector.ts'
import type { Demand } from './round-program.ts'
import { mostCohorts } from './sum-cohorts.ts'

/** Cohorts of a block below which the mean is taken of them (privacy.md 5.4): of fewer means one bad one has too much of a say whatever stands in for their mean. */
export const FEWEST_CENTRED_COHORTS = 5

/** What stands for the mean of an ask's answers; null for the mean itself. Only updates are compared: evidence, counts and measures are exact sums, by which strategies decide and clients check. */
export function heldRuleOf(spec: Pick<ClientAskSpec, 'kind' | 'procedure'>, { privacy }: Pick<FederationConfig, 'privacy'>): HeldRule | null {
  const { robust = 'mean' } = privacy
  return robust === 'mean' || spec.kind === 'rows' || !isUpdateProcedure(spec.procedure) ? null : robust
}

/** How the means of cohorts are put together at level `masked`. */
export interface CohortRule {
  readonly rule: CentreRule
  /** Largest L2 norm of a cohort's mean: no client's update is longer. */
  readonly clip: number
}

export function cohortRuleOf(spec: Pick<ClientAskSpec, 'kind' | 'procedure'>, config: Pick<FederationConfig, 'privacy' | 'cohort'>): CohortRule | null {
  const rule = heldRuleOf(spec, config)
  return rule === null || rule === 'clipped' ? null : { rule, clip: maskingOf(config).clip }
}

/** What in a configuration does not go together with the rule that it asks for; null if nothing. Level and view are looked at by `checkPairing`. */
export function robustFault({ privacy, cohort }: FederationConfig, layout: Layout): Failure | null {
  const { robust = 'mean', level } = privacy
  if (robust === 'mean') return null
  if (level !== 'sealed') {
    const cohorts = mostCohorts(cohort.max, maskingOf({ privacy, cohort }))
    return cohorts >= FEWEST_CENTRED_COHORTS
      ? null
      : { code: 'SHOAL_ERR_CONFIG', detail: `a ${robust} takes ${FEWEST_CENTRED_COHORTS} sums, and rounds of ${cohort.max} clients have ${cohorts}` }
  }
  if (robust === 'clipped' && layout.trainable < layout.length)
    return { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING', detail: 'running statistics are of another size than updates: one norm says nothing of both' }
  return heldFault(layout.length, cohort.max)
}

/** Why the updates that an ask brings can not be held; null if they can. `clients`: of the round. */
export function heldDemandFault(demand: Demand, config: FederationConfig, clients: number): Failure | null {
  if (demand.kind === 'rows' || config.privacy.level !== 'sealed' || heldRuleOf(demand, config) === null) return null
  // Elsewhere it is one update of the model's length, which was looked at when the federation was made.
  return demand.place.by === 'every'
    ? heldFault(
        demand.vectorLengths.reduce((sum, length) => sum + length, 0),
        clients,
      )
    : null
}

function heldFault(entries: number, clients: number): Failure | null {
  const bytes = Float32Array.BYTES_PER_ELEMENT * entries
  return clients * bytes <= MAX_HELD_BYTES
    ? null
    : {
        code: 'SHOAL_ERR_CONFIG',
        detail: `updates of ${entries} numbers from ${clients} clients take more than ${MAX_HELD_BYTES} bytes to compare: with a round of ${Math.floor(MAX_HELD_BYTES / bytes)} at most they fit`,
      }
}
