import type { ClusterSplit, FederationState } from './federation-state.ts'

/**
 * How the clusters of `after` came about, given those of `before`, one round earlier: a new cluster comes out of the one that most of its clients were in, the lowest
 * number where several have as many. Strategies say who is where, not where it comes from; this is the same for all of them.
 */
export function splitsAfter(before: FederationState, after: FederationState): readonly ClusterSplit[] {
  const added = after.models.length - before.models.length
  if (added <= 0) return before.splits
  const sizes = before.models.map(() => 0)
  const origins = Array.from({ length: added }, () => before.models.map(() => 0))
  for (const [client, { cluster: from }] of before.clients) {
    if (from === null) continue
    sizes[from] += 1
    const to = after.clients.get(client)?.cluster ?? null
    if (to !== null && to >= before.models.length) origins[to - before.models.length][from] += 1
  }
  const found = origins.map((counts, index): ClusterSplit => {
    const parent = counts.indexOf(Math.max(...counts))
    return { round: before.round, parent, added: before.models.length + index, model: before.models[parent], members: sizes[parent] }
  })
  return [...before.splits, ...found]
}
