import type { FederationConfig, FederationId, Masking, Policy } from '@shoal/protocol'

/** A federation that may run with fewer clients than this works with sums over few of them, and its page says so. */
const SMALL_FEDERATION = 16
const DEFAULT_MASKING = { cohortSize: 32, kDiff: 3, ring: 16, clip: 10 } as const

/** How sums are masked: as the configuration says, else the defaults (privacy.md 2.1 and 7). */
export function maskingOf({ privacy, cohort }: Pick<FederationConfig, 'privacy' | 'cohort'>): Masking {
  const masking = privacy.masking ?? { ...DEFAULT_MASKING, kMin: cohort.min < SMALL_FEDERATION ? 3 : 8 }
  // Values and their noise fit no ring of 16 bits.
  return privacy.level === 'masked+dp' ? { ...masking, ring: 32 } : masking
}

/** What a strategy may count on being released (privacy.md 3.6). In a small federation single moves are let through: waiting for two more would stall it, and its page says what that means. */
export function releaseOf(config: Pick<FederationConfig, 'privacy' | 'cohort'>): { readonly clients: number; readonly movers: number } {
  if (config.privacy.level === 'sealed') return { clients: 1, movers: 1 }
  const { kMin, kDiff } = maskingOf(config)
  return { clients: kMin, movers: config.cohort.min < SMALL_FEDERATION ? 1 : kDiff }
}

/** What a volunteer of this federation agrees to: everything of its configuration that concerns volunteers, and nothing that only steers the server. */
export function policyOf(federation: FederationId, config: FederationConfig): Policy {
  const { name, description, operator, strategy, privacy, model, data, train, cohort, maxWeight, evaluation } = config
  return {
    version: 1,
    federation,
    name,
    description,
    operator,
    strategy: strategy.name,
    ...(strategy.expert === undefined ? {} : { expert: true as const }),
    privacy: privacy.level === 'sealed' ? privacy : { ...privacy, masking: maskingOf(config) },
    model,
    data,
    train,
    cohort,
    maxWeight,
    evaluatesOnClients: evaluation.onClients,
  }
}
