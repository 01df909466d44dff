import { type FederationState, maskingOf } from '@shoal/coordinator'
import { createLedger, factsOf } from '@shoal/privacy'
import type { PrivacyInsight } from '@shoal/protocol'

const MAX_SUMS = 100
/** Points of the ledger: every n-th round of more. */
const MAX_POINTS = 500

/** What protects a federation's volunteers, and what it has come to so far. `refusals`: of this life of the server, by code. */
export function privacyInsightOf(state: FederationState, refusals: Readonly<Record<string, number>>): PrivacyInsight {
  const { config, sums } = state
  const { level, view } = config.privacy
  const { operatorSees, operatorDoesNotSee } = factsOf({ level, view, masking: level === 'sealed' ? undefined : maskingOf(config) })
  return {
    level,
    view,
    operatorSees: [...operatorSees],
    operatorDoesNotSee: [...operatorDoesNotSee],
    sums: sums.slice(-MAX_SUMS).map(({ ask, round, procedure, clients }) => ({ ask, round, procedure, clients: clients.length })),
    refusals: { ...refusals },
    ledger: ledgerOf(state),
  }
}

/** What the device of a client that was in every sum has booked: by the same ledger, which lets it join no more once its budget is spent. */
function ledgerOf({ config, sumsAsked }: FederationState): PrivacyInsight['ledger'] {
  const { level, dp } = config.privacy
  if (level !== 'masked+dp' || dp === undefined) return null
  const { budget, delta, noiseMultiplier } = dp
  const ledger = createLedger(null, { budget, delta })
  const step = Math.ceil(sumsAsked.length / MAX_POINTS)
  const rounds: { round: number; epsilon: number }[] = []
  let isSpent = false
  for (const [round, sums] of sumsAsked.entries()) {
    for (let sum = 0; sum < sums && !isSpent; sum += 1) {
      if (ledger.mayJoin(noiseMultiplier)) ledger.joined(noiseMultiplier)
      else isSpent = true
    }
    if ((sumsAsked.length - 1 - round) % step === 0) rounds.push({ round, epsilon: ledger.epsilon() })
  }
  return { budget, delta, rounds }
}
