import type { FederationState } from '@shoal/coordinator'
import type { LabelledImages } from '@shoal/data'
import { createLocalProcedures, evaluateModel, isArchitecture } from '@shoal/learning'
import { loadNodeBackend } from '@shoal/learning/node'
import { architectureOf, initialParameters } from '@shoal/learning/zoo'
import { type FederationConfig, failed, type RoundReport, ShoalError } from '@shoal/protocol'
import { createSimulation } from '@shoal/simulator'
import type { Shard } from './shard-files.ts'

export interface SimulatedRun {
  readonly rounds: readonly RoundReport[]
  readonly accuracy: number | null
  /** Wall-clock time of this process, not the virtual time of the simulation. */
  readonly seconds: number
  /** Why the federation stands where it stands. */
  readonly reason: string
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
  readonly testSet: LabelledImages
  readonly backend: 'wasm' | 'cpu'
  readonly onRound?: (report: RoundReport) => void
}): Promise<SimulatedRun> {
  const { config, shards, testSet, backend, onRound } = options
  const startedAt = performance.now()
  const loaded = await loadNodeBackend(backend)
  if (!loaded.ok) throw new ShoalError(loaded.failure)
  const { architecture } = config.model
  if (!isArchitecture(architecture)) throw new ShoalError({ code: 'SHOAL_ERR_MODEL_UNKNOWN', detail: architecture })

  const rounds: RoundReport[] = []
  let roundStartedAt = performance.now()
  const report = (state: FederationState): void => {
    for (const summary of state.rounds.filter(({ round }) => round > (rounds.at(-1)?.round ?? -1))) {
      const { bytesUp, bytesDown } = simulation.traffic(summary.round)
      const now = performance.now()
      const finished = {
        round: summary.round,
        ...summary.metrics,
        clients: summary.clients,
        bytesUp,
        bytesDown,
        seconds: (now - roundStartedAt) / 1000,
      }
      roundStartedAt = now
      rounds.push(finished)
      onRound?.(finished)
    }
  }
  const created = await createSimulation({
    config,
    initialModel: initialParameters(architectureOf(architecture), config.seed),
    procedures: shards.map((shard) => {
      const local = createLocalProcedures({ architecture, ...shard, yieldToHost: () => new Promise((resume) => setImmediate(resume)) })
      return { run: (call, onProgress) => local.run(call, (done, total) => onProgress(done / total)), endRound: local.endRound, cancel: () => undefined }
    }),
    jobs: {
      run: async (job, args) =>
        job === 'evaluate' ? evaluateModel({ architecture, model: args.model, testSet }) : failed('SHOAL_ERR_COMPUTE_FAILED', `no job ${job}`),
    },
    onRound: report,
  })
  if (!created.ok) throw new ShoalError(created.failure)
  const simulation = created.value
  await simulation.run()
  const { rounds: summaries, reason } = simulation.host().state()
  return { rounds, accuracy: summaries.at(-1)?.metrics.accuracy ?? null, seconds: (performance.now() - startedAt) / 1000, reason }
}
