import type { FederationState } from '@shoal/coordinator'
import type { TrainTest } from '@shoal/data'
import { createLocalProcedures } from '@shoal/learning'
import { loadNodeBackend } from '@shoal/learning/node'
import { type ArchitectureName, architectureOf, initialParameters, parametersOf } from '@shoal/learning/zoo'
import { createRng, deriveSeed } from '@shoal/numeric'
import {
  type AdmissionMessage,
  type Digest,
  type FederationConfig,
  float32Of,
  type Network,
  type Result,
  type RoundSummary,
  ShoalError,
  type TrainArgs,
} from '@shoal/protocol'
import { createSimulation } from '@shoal/simulator/node'
import { simulatedJobs } from '../simulated-run.ts'

const DEADLINE_MS = 600_000

/** What the clients of one round found by training, each in the order of the clients. */
export interface TrainedRound {
  readonly round: number
  /** Trained minus received parameters. */
  readonly updates: readonly Float32Array[]
  /** One step down the gradient of all of a client's examples at the received model, with the same learning rate: the direction of the negative gradient. Empty unless asked for. */
  readonly gradientSteps: readonly Float32Array[]
  /** The cluster whose model each client received. */
  readonly clusters: readonly number[]
  /** The rows that the strategy was given in the same breath; empty where it asked for none. */
  readonly rows: readonly Float32Array[]
}

export interface WatchedFederation {
  readonly architecture: ArchitectureName | Network
  readonly clients: readonly TrainTest[]
  readonly strategy: FederationConfig['strategy']
  readonly view: FederationConfig['privacy']['view']
  readonly train: TrainArgs
  readonly rounds: number
  /** Decides the first model, all batches and all sketches. */
  readonly seed: string
  /** Whether clients measure their cluster's model on their own test pictures in every round. */
  readonly isMeasured: boolean
  readonly hasGradients?: boolean
  readonly onTrained?: (trained: TrainedRound) => void
  readonly signal: AbortSignal
}

export interface FinishedRound extends Pick<RoundSummary, 'round' | 'metrics' | 'signals' | 'notes'> {
  /** Cluster of each client after the round. */
  readonly partition: readonly number[]
  /** Of all clients' answers in the round. */
  readonly bytesUp: number
}

/** How a newcomer would find its cluster at the end. */
export interface FinalAdmission extends Pick<AdmissionMessage, 'procedure' | 'args'> {
  readonly models: readonly Float32Array[]
  readonly vectors: readonly Float32Array[]
}

export interface FinishedFederation {
  readonly rounds: readonly FinishedRound[]
  /** The clusters' models at the end. */
  readonly models: readonly Float32Array[]
  /** Cluster of each client at the end. */
  readonly partition: readonly number[]
  /** The model for everybody beside them; null where the strategy makes none. */
  readonly expert: Float32Array | null
  /** Null where there is one cluster. */
  readonly admission: FinalAdmission | null
}

function configOf({ architecture, clients, strategy, view, train, rounds, seed, isMeasured }: WatchedFederation): FederationConfig {
  const { inputShape, classes } = architectureOf(architecture)
  return {
    name: 'Reproduction',
    description: '',
    operator: 'nobody',
    seed,
    strategy,
    privacy: { level: 'sealed', view },
    model: {
      ...(typeof architecture === 'string' ? { architecture } : { architecture: 'network', network: architecture }),
      parameters: parametersOf(architectureOf(architecture)),
    },
    data: { kind: 'image', shape: [...inputShape], classes: Array.from({ length: classes }, (_, label) => String(label)) },
    train,
    cohort: { fraction: 1, min: clients.length, max: clients.length },
    quorum: { fraction: 1, min: 1 }, // of each cluster, when there are several
    deadlineMs: DEADLINE_MS,
    computeDeadlineMs: DEADLINE_MS,
    maxWeight: Math.max(...clients.map((client) => client.train.count)),
    evaluation: { onClients: isMeasured, testSet: null },
    stop: { rounds, accuracy: null },
  }
}

/**
 * A federation of any strategy through coordinator, runner and clients of production, in virtual time, everyone in every round. Each client is watched where it trains: the
 * update that it keeps for the round is read, and nothing of the system is changed by that. Rejects with `signal.reason` at an abort, and with ShoalError where the federation is
 * refused, does not start, or does not come to its end.
 */
export async function runFederation(options: WatchedFederation): Promise<FinishedFederation> {
  const { architecture, clients, train, seed, onTrained, signal } = options
  const loaded = await loadNodeBackend('wasm')
  if (!loaded.ok) throw new ShoalError(loaded.failure)

  interface Trained {
    readonly update: Float32Array
    readonly gradientStep: readonly Float32Array[]
    readonly cluster: number
    readonly row: readonly Float32Array[]
  }
  const waiting: Trained[][] = clients.map(() => [])
  let trainedRounds = 0
  function hear(client: number, trained: Trained): void {
    waiting[client].push(trained)
    if (onTrained === undefined || !waiting.every((given) => given.length > 0)) return
    const round = waiting.flatMap((given) => given.splice(0, 1))
    onTrained({
      round: trainedRounds,
      updates: round.map(({ update }) => update),
      gradientSteps: round.flatMap(({ gradientStep }) => gradientStep),
      clusters: round.map(({ cluster }) => cluster),
      rows: round.flatMap(({ row }) => row),
    })
    trainedRounds += 1
  }

  const procedures = clients.map((data, client) => {
    const local = createLocalProcedures({
      architecture,
      ...data,
      yieldToHost: () => new Promise((resume) => setImmediate(resume)),
      secretWord: createRng(deriveSeed(seed, 'own noise', client)).word,
    })
    // Its own memory of the round: what the federation's client remembers stays as it is.
    const probe = createLocalProcedures({ architecture, ...data })
    const updateOf = (result: Awaited<ReturnType<typeof local.run>>): Float32Array => {
      if (!result.ok) throw new ShoalError(result.failure)
      if (result.value.kind !== 'parts') throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'an update was expected' })
      return result.value.parts[0].vector
    }
    async function gradientStepOf(call: Parameters<typeof local.run>[0]): Promise<Float32Array> {
      const args: TrainArgs = { ...train, steps: 1, batchSize: data.train.count, momentum: 0 }
      const step = updateOf(await probe.run({ ...call, procedure: 'train', kind: 'sum', args, vectors: [] }))
      probe.endRound()
      return step
    }
    return {
      run: async (call: Parameters<typeof local.run>[0], onProgress: (share: number) => void) => {
        // The simulation is given up: nobody waits for this answer any more.
        if (signal.aborted) return new Promise<never>(() => undefined)
        const result = await local.run(call, (done, total) => onProgress(done / total))
        const hasTrained = call.of === null && (call.procedure === 'train' || call.procedure === 'sketch' || call.procedure === 'moments')
        if (onTrained === undefined || !hasTrained || !result.ok) return result
        hear(client, {
          update: updateOf(await local.run({ ...call, procedure: 'train', kind: 'sum', of: 'train', args: train, vectors: [] })).slice(),
          gradientStep: options.hasGradients ? [await gradientStepOf(call)] : [],
          cluster: call.cluster ?? 0,
          row: result.value.kind === 'rows' ? result.value.rows.map((row) => row.slice()) : [],
        })
        return result
      },
      endRound: local.endRound,
      cancel: () => undefined,
    }
  })

  const rounds: FinishedRound[] = []
  const partitionIn = (state: FederationState): number[] => simulation.clients.map((client) => state.clients.get(client)?.cluster ?? -1)
  const created = await createSimulation({
    config: configOf(options),
    initialModel: initialParameters(architectureOf(architecture), seed),
    procedures,
    jobs: simulatedJobs(architectureOf(architecture), null, signal),
    onRound: (state) => {
      for (const { round, metrics, signals, notes } of state.rounds.slice(rounds.length))
        rounds.push({ round, metrics, signals, notes, partition: partitionIn(state), bytesUp: simulation.traffic(round).bytesUp })
    },
  })
  if (!created.ok) throw new ShoalError(created.failure)
  const simulation = created.value
  // Else its virtual time would go on for ever, and this process with it.
  const giveUp = (): void => void simulation.host().dispatch({ type: 'federation-finished', at: simulation.world.clock.now(), reason: 'given up' })
  signal.addEventListener('abort', giveUp, { once: true })
  await untilAborted(simulation.run(), signal).finally(() => signal.removeEventListener('abort', giveUp))
  const { models: digests, expert, reason } = simulation.host().state()
  if (rounds.length !== options.rounds)
    throw new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: `${rounds.length} of ${options.rounds} rounds: ${reason}` })
  const vectorsOf = (named: readonly Digest[]): Promise<Float32Array[]> =>
    Promise.all(named.map(async (digest) => modelFrom(await simulation.blobs.get(digest))))
  const { admission } = simulation.host().standingOf(simulation.clients[0])
  return {
    rounds,
    models: await vectorsOf(digests),
    partition: partitionIn(simulation.host().state()),
    expert: expert === null ? null : modelFrom(await simulation.blobs.get(expert.model)),
    admission:
      admission === null
        ? null
        : { procedure: admission.procedure, args: admission.args, models: await vectorsOf(admission.models), vectors: await vectorsOf(admission.vectors) },
  }
}

/** As `work`, or rejected with `signal.reason`, whichever comes first. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const over = new AbortController()
  try {
    return await Promise.race([work, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal }))])
  } finally {
    over.abort()
  }
}

function modelFrom(bytes: Result<Uint8Array>): Float32Array {
  const model = bytes.ok ? float32Of(bytes.value) : bytes
  if (!model.ok) throw new ShoalError(model.failure)
  return model.value
}

/** Federated averaging, beside which everything is held. */
export const FEDAVG = { strategy: { name: 'fedavg', options: {} }, view: 'sums' } as const satisfies Pick<WatchedFederation, 'strategy' | 'view'>
