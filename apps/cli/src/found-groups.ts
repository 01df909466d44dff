import { adjustedRandIndex, purity } from '@shoal/clustering'
import type { RoundReport, RunReport } from '@shoal/protocol'

/** How well the clusters that were found agree with the groups that were planted. */
export interface FoundGroups {
  /** Adjusted Rand index, 1 where they are the same; null where nothing was planted. */
  readonly ari: number | null
  readonly purity: number | null
  readonly groups: RunReport['groups']
}

export const NO_GROUPS: FoundGroups = { ari: null, purity: null, groups: [] }

/** Of each cluster after a round; of everybody where there is but one. */
export const accuraciesOf = (round: RoundReport | undefined): readonly (number | null)[] =>
  round === undefined || round.clusters.length === 0 ? [round?.accuracy ?? null] : round.clusters.map(({ accuracy }) => accuracy)

export interface GroupAccuracies {
  /** Of each cluster's model on its members' own test pictures. */
  readonly found: readonly (number | null)[]
  /** Of the model of everybody on the same pictures. */
  readonly baseline: readonly (number | null)[]
}

/** `clusters`: of each volunteer, -1 where it has none; `truth`: its planted group. */
export function foundGroupsOf(clusters: readonly number[], truth: readonly number[], { found, baseline }: GroupAccuracies): FoundGroups {
  const planted = Math.max(...truth) + 1
  const groups = found.map((accuracy, cluster) => {
    const members = truth.filter((_, index) => clusters[index] === cluster)
    return {
      cluster,
      clients: members.length,
      planted: Array.from({ length: planted }, (_, group) => members.filter((member) => member === group).length),
      accuracy,
      baselineAccuracy: baseline[cluster] ?? null,
    }
  })
  return { ari: adjustedRandIndex(clusters, truth), purity: purity(clusters, truth), groups }
}
