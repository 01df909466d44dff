import type { TrainTest } from '@shoal/data'
import { createLocalProcedures } from '@shoal/learning'
import { loadNodeBackend } from '@shoal/learning/node'
import { type ArchitectureName, architectureOf, initialParameters, parametersOf } from '@shoal/learning/zoo'
import { type FederationConfig, failed, ShoalError, type TrainArgs } from '@shoal/protocol'
import { createSimulation } from '@shoal/simulator'

const DEADLINE_MS = 600_000

/** What the clients of one round found, in the order of the clients. */
export interface ObservedRound {
  readonly round: number
  /** Trained minus received parameters. */
  readonly updates: readonly Float32Array[]
  /** One step down the gradient of all of a client's examples at the received model, with the same learning rate: the direction of the negative gradient. Empty unless asked for. */
  readonly gradientSteps: readonly Float32Array[]
}

export interface ObservedFederation {
  readonly architecture: ArchitectureName
  readonly clients: readonly TrainTest[]
  readonly train: TrainArgs
  readonly rounds: number
  /** Decides the first model and all batches. */
  readonly seed: string
  readonly hasGradients: boolean
  /** Everyone takes part in every round, so that each is complete. */
  readonly onRound: (observed: ObservedRound) => void
  readonly signal: AbortSignal
}

function configOf({ architecture, clients, train, rounds, seed }: ObservedFederation): FederationConfig {
  const { inputShape, classes } = architectureOf(architecture)
  return {
    name: 'Reproduction',
    description: '',
    operator: 'nobody',
    seed,
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model: { architecture, parameters: parametersOf(architectureOf(architecture)) },
    data: { kind: 'image', shape: [...inputShape], classes: Array.from({ length: classes }, (_, label) => String(label)) },
    train,
    cohort: { fraction: 1, min: clients.length, max: clients.length },
    quorum: { fraction: 1, min: clients.length },
    deadlineMs: DEADLINE_MS,
    computeDeadlineMs: DEADLINE_MS,
    maxWeight: Math.max(...clients.map((client) => client.train.count)),
    evaluation: { onClients: false, testSet: null },
    stop: { rounds, accuracy: null },
  }
}

/**
 * Plain FedAvg through coordinator, runner and clients of production, in virtual time. Each client is watched where it trains, so that nothing of the system is changed by it.
 * Rejects with `signal.reason` at an abort, and with ShoalError where the federation is refused, does not start, or loses a client's answer.
 */
export async function observeFedAvg(options: ObservedFederation): Promise<void> {
  const { architecture, clients, rounds, seed, hasGradients, onRound, signal } = options
  const loaded = await loadNodeBackend('wasm')
  if (!loaded.ok) throw new ShoalError(loaded.failure)
  const updates: Float32Array[][] = clients.map(() => [])
  const gradientSteps: Float32Array[][] = clients.map(() => [])
  let observed = 0

  const procedures = clients.map((data, client) => {
    const local = createLocalProcedures({ architecture, ...data, yieldToHost: () => new Promise((resume) => setImmediate(resume)) })
    // Its own memory of the round: what the federation's client remembers stays as it is.
    const probe = createLocalProcedures({ architecture, ...data })
    const directionOf = (result: Awaited<ReturnType<typeof probe.run>>): Float32Array => {
      if (!result.ok) throw new ShoalError(result.failure)
      if (result.value.kind !== 'parts') throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'an update was expected' })
      return result.value.parts[0].vector
    }
    return {
      run: async (call: Parameters<typeof local.run>[0], onProgress: (share: number) => void) => {
        // Refused asks let the remaining rounds end at once, in virtual time.
        if (signal.aborted) return failed('SHOAL_ERR_PROCEDURE_FAILED', 'the experiment was stopped')
        const result = await local.run(call, (done, total) => onProgress(done / total))
        if (call.procedure !== 'train' || !result.ok) return result
        if (hasGradients) {
          const args: TrainArgs = { ...options.train, steps: 1, batchSize: data.train.count, momentum: 0 }
          gradientSteps[client].push(directionOf(await probe.run({ ...call, args })))
          probe.endRound()
        }
        updates[client].push(directionOf(result).slice())
        if (updates.every((given) => given.length > 0)) {
          onRound({
            round: observed,
            updates: updates.flatMap((given) => given.splice(0, 1)),
            gradientSteps: gradientSteps.flatMap((given) => given.splice(0, 1)),
          })
          observed += 1
        }
        return result
      },
      endRound: local.endRound,
      cancel: () => undefined,
    }
  })
  const created = await createSimulation({
    config: configOf(options),
    initialModel: initialParameters(architectureOf(architecture), seed),
    procedures,
    jobs: { run: async (job) => failed('SHOAL_ERR_COMPUTE_FAILED', `no job ${job}`) },
  })
  if (!created.ok) throw new ShoalError(created.failure)
  await created.value.run()
  signal.throwIfAborted()
  if (observed !== rounds) throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: `${observed} of ${rounds} rounds were complete` })
}
