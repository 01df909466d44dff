import type { FederationConfig, FederationId, Policy } from '@shoal/protocol'

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
    privacy,
    model,
    data,
    train,
    cohort,
    maxWeight,
    evaluatesOnClients: evaluation.onClients,
  }
}
