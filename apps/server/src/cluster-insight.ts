import { clusterTreeOf } from '@shoal/coordinator'
import type { ClusterInsight } from '@shoal/protocol'
import type { ServedFederation } from './federation-registry.ts'
import type { InsightComputing } from './insight-computing.ts'

/** The tree, and the latest picture of clients' sketches; of the clusters' models where there is none. */
export async function clusterInsightOf({ host, blobs }: ServedFederation, insight: InsightComputing): Promise<ClusterInsight> {
  const state = host.state()
  const tree = clusterTreeOf(state, host.serves)
  const ofRows = await insight.ofRows(host.id)
  const [first] = state.splits
  if (ofRows !== null || first === undefined || !host.serves(first.model)) return { tree, similarity: ofRows }
  const { models, config } = state
  const ofModels = await insight.ofModels(host.id, { models, origin: first.model, round: state.round - 1, model: config.model, blobs })
  return { tree, similarity: ofModels.ok ? ofModels.value : null }
}
