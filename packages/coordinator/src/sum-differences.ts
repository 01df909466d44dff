import { createRng, deriveSeed, type Rng, shuffled } from '@shoal/numeric'
import { type AskId, type ClientId, isLastingProcedure, isUpdateProcedure, type Masking, type ProcedureName } from '@shoal/protocol'
import { differenceFault, leastThresholdOf, type PastSum } from '@shoal/secure-sum'
import type { FederationState } from './federation-state.ts'

/** Choices of clients to leave out that are tried; who tried them all in vain has no sum. */
const MOST_TRIES = 64
/** Any sum but an update: those are compared within a round alone. */
const SMALL = { purpose: 'metric' } as const

/** What decides who is left out where somebody must be: what clients committed to, once there is any. */
export const drawSeedOf = ({ beacon, config }: FederationState): string => beacon ?? config.seed

/** Those of the clients who do not, by coming or going, stand alone between two sums of this round over their cluster, whatever their cohorts (privacy.md 3.6). */
export function comparableClients(state: FederationState, ask: AskId, ready: readonly ClientId[], masking: Masking): ReadonlySet<ClientId> {
  const { clients, round } = state
  const clusterOf = (client: ClientId): number | null => clients.get(client)?.cluster ?? null
  const earlier = state.sums.filter((sum) => sum.round === round && sum.ask !== ask)
  const asks = [...new Set(earlier.map((sum) => sum.ask))]
  const kept = [...new Set(ready.map(clusterOf))].flatMap((cluster) => {
    const isOfCluster = (client: ClientId): boolean => clusterOf(client) === cluster
    const past = asks.map((of): PastSum => {
      const survivors = earlier.filter((sum) => sum.ask === of).flatMap((sum) => sum.clients.filter(isOfCluster))
      return { ...SMALL, round, survivors }
    })
    const rng = createRng(deriveSeed(drawSeedOf(state), 'left out', ask, cluster ?? -1))
    const asked = past.filter(({ survivors }) => survivors.length > 0)
    return chooseSummands(ready.filter(isOfCluster), asked, { ...SMALL, round }, masking, rng) ?? []
  })
  return new Set(kept)
}

/** Those of a cohort over whom a sum for this procedure is taken; none where it must not be taken. */
export function summandsOf(
  state: FederationState,
  { ask, procedure, cohort }: { readonly ask: AskId; readonly procedure: ProcedureName; readonly cohort: number },
  clients: readonly ClientId[],
  masking: Masking,
): readonly ClientId[] {
  const kindOf = (of: ProcedureName): Pick<PastSum, 'purpose'> => (isUpdateProcedure(of) ? { purpose: 'update' } : SMALL)
  // What lasts is compared as if it were of this round.
  const isOfOne = (of: ProcedureName): boolean => of === procedure && isLastingProcedure(of)
  const past = state.sums.map((sum): PastSum => ({ ...kindOf(sum.procedure), round: isOfOne(sum.procedure) ? state.round : sum.round, survivors: sum.clients }))
  const rng = createRng(deriveSeed(drawSeedOf(state), 'left out', ask, 'cohort', cohort))
  return chooseSummands(clients, past, { ...kindOf(procedure), round: state.round }, masking, rng) ?? []
}

/**
 * Whom of those who are ready a sum may be taken over (privacy.md 3.6): all, or as many as leave every earlier sum that counts either alone or `kDiff` clients away; who is left out is
 * drawn. Null where no choice of few enough does. Clients refuse on their own what this does not avoid.
 */
export function chooseSummands(
  ready: readonly ClientId[],
  past: readonly PastSum[],
  sum: Pick<PastSum, 'round' | 'purpose'>,
  { kMin, kDiff }: Pick<Masking, 'kMin' | 'kDiff'>,
  rng: Rng,
): readonly ClientId[] | null {
  const faultOf = (survivors: readonly ClientId[]): string | null => {
    const cohortSize = survivors.length
    return differenceFault(past, { ...sum, survivors }, { cohortSize, threshold: leastThresholdOf(cohortSize), kMin, kDiff })
  }
  if (faultOf(ready) === null) return ready
  const mostLeftOut = Math.min(ready.length - kMin, 2 * kDiff)
  for (let tries = 0; tries < MOST_TRIES && mostLeftOut > 0; tries += 1) {
    const chosen = shuffled([...ready].sort(), rng)
      .slice(1 + (tries % mostLeftOut))
      .sort()
    if (faultOf(chosen) === null) return chosen
  }
  return null
}
