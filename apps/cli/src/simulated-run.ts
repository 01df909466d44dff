import type { FederationState, Jobs } from '@shoal/coordinator'
import type { LabelledImages } from '@shoal/data'
import { createLocalProcedures, evaluateModel } from '@shoal/learning'
import { distil } from '@shoal/learning/distillation'
import { describeModel } from '@shoal/learning/model-description'
import { localModelOf } from '@shoal/learning/network'
import { loadNodeBackend } from '@shoal/learning/node'
import type { Architecture } from '@shoal/learning/zoo'
import { createRng, deriveSeed } from '@shoal/numeric'
import { type FederationConfig, failed, float32Of, type Result, type RoundReport, ShoalError, succeeded } from '@shoal/protocol'
import { createSimulation } from '@shoal/simulator/node'
import type { JobTable } from '@shoal/strategies'
import { CLUSTER_JOBS } from './cluster-jobs.ts'
import { roundReportOf } from './round-report.ts'
import type { Shard } from './shard-files.ts'

export interface SimulatedRun {
  readonly rounds: readonly RoundReport[]
  readonly accuracy: number | null
  /** Wall-clock time of this process, not the virtual time of the simulation. */
  readonly seconds: number
  /** Why the federation stands where it stands. */
  readonly reason: string
  /** The clusters' models at the end. */
  readonly models: readonly Float32Array[]
  /** Cluster of each client at the end, -1 where it has none. */
  readonly clusters: readonly number[]
  /** Where clusters are of points: that of each of a client's points, which the client alone knows; null where it knows none. */
  readonly pointLabels: readonly (readonly number[] | null)[]
}

/** Node has no GPU; what runs in a tab on one is simulated on wasm. */
export const simulatedBackendOf = (backend: string): 'wasm' | 'cpu' => (backend === 'cpu' ? 'cpu' : 'wasm')

/**
 * The same coordinator, runner and client machines as in production, in this process and in virtual time; training is real. `seconds` of a round is wall-clock time too.
 * Rejects with ShoalError where the configuration is refused or the backend does not start.
 */
export async function runSimulation(options: {
  readonly config: FederationConfig
  readonly shards: readonly Shard[]
  /** What the server measures models on; null where clients measure on their own. */
  readonly testSet: LabelledImages | null
  readonly backend: 'wasm' | 'cpu'
  readonly onRound?: (report: RoundReport) => void
}): Promise<SimulatedRun> {
  const { config, shards, testSet, backend, onRound } = options
  const startedAt = performance.now()
  const loaded = await loadNodeBackend(backend)
  if (!loaded.ok) throw new ShoalError(loaded.failure)
  const described = await describeModel({ of: config.model, data: config.data, strategy: config.strategy.name, seed: config.seed })
  if (!described.ok) throw new ShoalError(described.failure)
  const known = localModelOf(described.value.model)
  if (!known.ok) throw new ShoalError(known.failure)
  const architecture = known.value

  const rounds: RoundReport[] = []
  let roundStartedAt = performance.now()
  const report = (state: FederationState): void => {
    for (const summary of state.rounds.filter(({ round }) => round > (rounds.at(-1)?.round ?? -1))) {
      const { bytesUp, bytesDown } = simulation.traffic(summary.round)
      const now = performance.now()
      const finished = roundReportOf(summary, { bytesUp, bytesDown, seconds: (now - roundStartedAt) / 1000 })
      roundStartedAt = now
      rounds.push(finished)
      onRound?.(finished)
    }
  }
  const volunteers = shards.map((shard, client) =>
    createLocalProcedures({
      architecture,
      ...shard,
      yieldToHost: () => new Promise((resume) => setImmediate(resume)),
      // Nothing is secret in a simulation, and it can be repeated.
      secretWord: createRng(deriveSeed(config.seed, 'own noise', client)).word,
    }),
  )
  const created = await createSimulation({
    config: { ...config, model: { ...config.model, ...described.value.model } },
    initialModel: described.value.initialModel,
    procedures: volunteers.map((local) => ({
      run: (call, onProgress) => local.run(call, (done, total) => onProgress(done / total)),
      endRound: local.endRound,
      cancel: () => undefined,
    })),
    jobs: simulatedJobs(architecture, testSet),
    onRound: report,
  })
  if (!created.ok) throw new ShoalError(created.failure)
  const simulation = created.value
  await simulation.run()
  const { rounds: summaries, reason, models: digests, clients } = simulation.host().state()
  const models = await Promise.all(digests.map(async (digest) => modelFrom(await simulation.blobs.get(digest))))
  return {
    rounds,
    accuracy: summaries.findLast(({ metrics }) => metrics.accuracy !== null)?.metrics.accuracy ?? null,
    seconds: (performance.now() - startedAt) / 1000,
    reason,
    models,
    clusters: simulation.clients.map((client) => clients.get(client)?.cluster ?? -1),
    pointLabels: volunteers.map((local) => {
      const labels = local.pointLabels()
      return labels === null ? null : [...labels]
    }),
  }
}

/** Others have their turn between steps. */
const inThisProcess = { yieldToHost: () => new Promise<void>((resume) => setImmediate(resume)), now: () => performance.now() }

type LocalModel = Parameters<typeof createLocalProcedures>[0]['architecture']

/** What a server's worker threads do, done here. A distillation ends with `signal`. */
export function simulatedJobs(architecture: LocalModel, testSet: LabelledImages | null, signal?: AbortSignal): Jobs {
  const performers: { readonly [Name in keyof JobTable]: (args: JobTable[Name]['args']) => Promise<Result<JobTable[Name]['value']>> } = {
    evaluate: async ({ model }) =>
      testSet === null || typeof architecture === 'string'
        ? failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set')
        : evaluateModel({ architecture, model, testSet }),
    ...CLUSTER_JOBS,
    distil: async (args) =>
      typeof architecture === 'string'
        ? failed('SHOAL_ERR_COMPUTE_FAILED', 'a model of points has no expert')
        : succeeded(await distil(args, { architecture, ...inThisProcess, ...(signal === undefined ? {} : { signal }) })),
  }
  return { run: (job, args) => performers[job](args) }
}

function modelFrom(bytes: Result<Uint8Array>): Float32Array {
  const model = bytes.ok ? float32Of(bytes.value) : bytes
  if (!model.ok) throw new ShoalError(model.failure)
  return model.value
}

/** Accuracy of a model on the own test pictures of each cluster's members; null for a cluster without members. */
export async function accuracyByCluster(options: {
  readonly architecture: Architecture
  readonly model: Float32Array
  readonly shards: readonly Shard[]
  /** Cluster of each shard's owner. */
  readonly clusters: readonly number[]
  readonly count: number
}): Promise<readonly (number | null)[]> {
  const { architecture, model, shards, clusters, count } = options
  const right = new Float64Array(count)
  const pictures = new Float64Array(count)
  for (const [index, { test }] of shards.entries()) {
    const cluster = clusters[index]
    if (cluster < 0) continue
    const measured = await evaluateModel({ architecture, model, testSet: test })
    if (!measured.ok) throw new ShoalError(measured.failure)
    right[cluster] += (measured.value.accuracy ?? 0) * test.count
    pictures[cluster] += test.count
  }
  return Array.from(pictures, (all, cluster) => (all === 0 ? null : right[cluster] / all))
}
