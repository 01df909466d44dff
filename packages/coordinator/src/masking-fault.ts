import type { Layout } from '@shoal/numeric'
import { createNoisePlan } from '@shoal/privacy'
import { type Failure, type FederationConfig, MAX_RECOMPUTABLE_WORDS } from '@shoal/protocol'
import { sumCodingOf } from '@shoal/secure-sum'
import { maskingOf } from './federation-policy.ts'
import type { Demand } from './round-program.ts'

const impossible = (detail: string): Failure => ({ code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING', detail })
const misconfigured = (detail: string): Failure => ({ code: 'SHOAL_ERR_CONFIG', detail })

/** What in a configuration can not be kept at the level that it asks for; null if nothing. */
export function maskingFault(config: FederationConfig, layout: Layout): Failure | null {
  const { privacy, cohort } = config
  if (privacy.level === 'sealed') return null
  const { kMin, cohortSize, clip } = maskingOf(config)
  if (kMin > cohortSize) return misconfigured(`no cohort of ${cohortSize} has ${kMin} clients`)
  if (cohort.max < kMin) return misconfigured(`rounds of ${cohort.max} clients have no sum over ${kMin}`)
  if (layout.trainable < layout.length) return impossible('running statistics are of another size than updates: no mask hides both in one ring')
  if (privacy.level === 'masked') return null
  const { dp } = privacy
  if (dp === undefined) return misconfigured('level masked+dp needs its noise: privacy.dp')
  const { noiseMultiplier: z, assumeDropped, assumeColluding } = dp
  const plan = createNoisePlan({ clip, z, words: layout.length, cohortSize: Math.min(cohortSize, cohort.min), assumeDropped, assumeColluding })
  return plan.ok ? null : plan.failure
}

/** Why no masked sum can answer this, null if one can. What is small enough to be taken again by its clients must be: else the server could make it up (privacy.md 3.7). */
export function demandFault(demand: Demand, config: FederationConfig): Failure | null {
  if (config.privacy.level === 'sealed' || demand.kind === 'rows') return null
  const { procedure } = demand
  for (const length of demand.vectorLengths) {
    const coding = sumCodingOf({ ...maskingOf(config), procedure, length, seed: '', planNoise: null })
    if (coding === null) return impossible(`no masked sum carries what ${procedure} gives`)
    if (coding.purpose !== 'update' && coding.vectorLength > MAX_RECOMPUTABLE_WORDS)
      return impossible(`${procedure} gives ${coding.vectorLength} numbers, and a sum of more than ${MAX_RECOMPUTABLE_WORDS} can not be checked by its clients`)
  }
  return null
}
