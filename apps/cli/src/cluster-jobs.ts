import { bipartition, descriptorClusters, farthestFirst, findClusters } from '@shoal/clustering'
import { type Result, succeeded } from '@shoal/protocol'
import type { JobTable } from '@shoal/strategies'

type ClusterJob = 'bipartition' | 'farthest-first' | 'find-clusters' | 'descriptor-clusters'

/** Those of the server's jobs that find clusters, done here. */
export const CLUSTER_JOBS: { readonly [Name in ClusterJob]: (args: JobTable[Name]['args']) => Promise<Result<JobTable[Name]['value']>> } = {
  bipartition: async ({ rows, linkage }) => succeeded(bipartition(rows, linkage)),
  'farthest-first': async (args) => succeeded(farthestFirst(args)),
  'find-clusters': async (args) => succeeded(findClusters(args)),
  'descriptor-clusters': async (args) => succeeded(descriptorClusters(args)),
}
