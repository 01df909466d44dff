import { adjustedRandIndex } from '@shoal/clustering'
import { type LabelledImages, selectExamples } from '@shoal/data'
import { createLocalProcedures, evaluateModel } from '@shoal/learning'
import { deriveSeed } from '@shoal/numeric'
import { PROCEDURES, ShoalError } from '@shoal/protocol'
import { mean, rounded } from '../setting.ts'
import { FEDAVG, type FinalAdmission, type FinishedFederation, runFederation } from '../watched-federation.ts'
import { dealFederation, LENET, type ShiftOrNone, trainArgs } from './shift-setting.ts'

/** How much is done. Every number that a result depends on is here or in the parameters. */
export const EXTENTS = {
  /** As the authors: all of MNIST, 2 epochs of 64 with step 0.005. */
  paper: { pictures: 60_000, rounds: 10, epochs: 2, batchSize: 64, learningRate: 0.005, clusterAt: null },
  /** A fifth of the pictures, in smaller batches with as many steps to learn by. */
  fifth: { pictures: 12_000, rounds: 10, epochs: 2, batchSize: 16, learningRate: 0.005, clusterAt: null },
  /** The acceptance run: 600 pictures for each of 10 clients, 6 rounds, clusters after 3. */
  small: { pictures: 6000, rounds: 6, epochs: 2, batchSize: 16, learningRate: 0.02, clusterAt: 3 },
} as const
export type ExtentName = keyof typeof EXTENTS

const METHODS = {
  flux: { strategy: 'flux', options: {} },
  'flux-elbow': { strategy: 'flux', options: { rule: 'elbow' } },
  fedavg: null,
} as const
type Method = keyof typeof METHODS

export type ShiftParameters = {
  readonly shift: ShiftOrNone
  readonly level: number
  readonly fold: number
  readonly method: Method
  readonly clients: number
  readonly extent: ExtentName
}

export interface ShiftRun {
  /**
   * Accuracies on the clients' own test shards, each client counting once: served by the cluster that it trained in; by the one that its unlabelled test shard finds; by any
   * cluster by lot.
   */
  readonly known: number
  readonly test: number
  readonly lot: number
  readonly clusters: number
  readonly trueClusters: number
  readonly ari: number
  /** The first round that more than one cluster came out of; null if none. */
  readonly clusteredIn: number | null
  /** Shares of the clients: whose test shard finds the cluster they trained in, and whose lies too far from all for it to be served as it would be in operation. */
  readonly found: number
  readonly far: number
  /** On the clients' own validation pictures, by round. */
  readonly accuracies: readonly number[]
  /** Bytes that all clients sent, by round. */
  readonly bytesUp: readonly number[]
  readonly signals: Readonly<Record<string, number>>
  /** Of the federation alone. */
  readonly seconds: number
  readonly cpuSeconds: number
}

/** The same for experiments that read the same runs. */
export const SHIFT_SOURCE = 'flux-shifts'
export const SHIFT_VERSION = 1

const accuracyOf = async (model: Float32Array, set: LabelledImages): Promise<number> => {
  const measured = await evaluateModel({ architecture: LENET, model, testSet: set })
  if (!measured.ok) throw new ShoalError(measured.failure)
  return measured.value.accuracy ?? 0
}

/** One federation under one shift, and what its models do for their clients. */
export async function runShift({ shift, level, fold, method, clients: count, extent }: ShiftParameters, signal: AbortSignal): Promise<ShiftRun> {
  const { pictures, rounds, clusterAt, ...training } = EXTENTS[extent]
  // The method stands outside: all see the same data, first model and batches.
  const seed = deriveSeed(String(fold), SHIFT_SOURCE, shift, level, count)
  const { clients, tests, truth } = await dealFederation({ shift, level, clients: count, pictures, seed })
  const chosen = METHODS[method]
  const options = {
    ...chosen?.options,
    ...(clusterAt === null ? {} : { clusterAt }),
    // As the authors: a cluster of one serves like any other, and nobody looks whether data have moved.
    minToServe: 1,
    recheckEvery: 0,
  }
  const [before, cpuBefore] = [performance.now(), process.cpuUsage()]
  const federation = await runFederation({
    architecture: LENET,
    clients,
    ...(chosen === null ? FEDAVG : { strategy: { name: chosen.strategy, options }, view: 'rows' }),
    train: trainArgs({ clients: count, pictures, ...training }),
    rounds,
    seed,
    isMeasured: true,
    signal,
  })
  const seconds = (performance.now() - before) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)

  const { models, partition, admission } = federation
  const scores: number[][] = []
  for (const test of tests) {
    signal.throwIfAborted()
    const row: number[] = []
    for (const model of models) row.push(await accuracyOf(model, test))
    scores.push(row)
  }
  const placed = admission === null ? tests.map(() => ({ cluster: 0, isFar: false })) : await placeNewcomers(admission, tests, seed)
  const first = federation.rounds.find((round) => new Set(round.partition).size > 1)
  return {
    known: rounded(mean(scores.map((row, client) => row[partition[client]]))),
    test: rounded(mean(scores.map((row, client) => row[placed[client].cluster]))),
    lot: rounded(mean(scores.map((row) => mean(row)))),
    clusters: models.length,
    trueClusters: new Set(truth).size,
    ari: rounded(adjustedRandIndex(partition, truth)),
    clusteredIn: first?.round ?? null,
    found: rounded(mean(placed.map(({ cluster }, client) => Number(cluster === partition[client])))),
    far: rounded(mean(placed.map(({ isFar }) => Number(isFar)))),
    accuracies: federation.rounds.map(({ metrics }) => rounded(metrics.accuracy ?? 0)),
    bytesUp: federation.rounds.map(({ bytesUp }) => bytesUp),
    signals: signalsOf(federation),
    seconds: rounded(seconds),
    cpuSeconds: rounded((user + system) / 1e6),
  }
}

/** What was measured when clusters were looked for. */
function signalsOf({ rounds }: FinishedFederation): Record<string, number> {
  const found = rounds.find(({ signals }) => signals.epsilon !== undefined)?.signals ?? {}
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, rounded(value)]))
}

/** Further than any descriptor lies from another. */
const ANYWHERE = 1e6

/** The cluster that each shard finds, labels unseen, as a client would that was never there: the nearest however far (paper); and whether it is further than we would take it. */
async function placeNewcomers(admission: FinalAdmission, tests: readonly LabelledImages[], seed: string): Promise<{ cluster: number; isFar: boolean }[]> {
  const { procedure, models, vectors } = admission
  const args = PROCEDURES['find-descriptor'].args.parse(admission.args)
  const placed: { cluster: number; isFar: boolean }[] = []
  for (const [client, test] of tests.entries()) {
    const local = createLocalProcedures({ architecture: LENET, train: test, test: selectExamples(test, []), isLabelled: false })
    const ask = async (reach: readonly number[]): Promise<number | null> => {
      const result = await local.run({
        procedure,
        kind: 'sum',
        args: { ...args, reach },
        models,
        vectors,
        block: null,
        cluster: null,
        of: null,
        seed: deriveSeed(seed, 'newcomer', client),
        maxWeight: Number.MAX_SAFE_INTEGER,
      })
      if (!result.ok) throw new ShoalError(result.failure)
      if (result.value.kind !== 'finding') throw new TypeError(`${procedure} finds nothing`)
      return result.value.cluster
    }
    const nearest = await ask(args.reach.map(() => ANYWHERE))
    placed.push({ cluster: nearest ?? 0, isFar: (await ask(args.reach)) === null })
  }
  return placed
}
