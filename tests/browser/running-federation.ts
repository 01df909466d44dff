import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createOperatorApi, type OperatorApi, type ServerProcess, startServerProcess, writeShardFiles } from '@shoal/cli'
import { createSyntheticImages, splitTrainTest } from '@shoal/data'
import { createRng } from '@shoal/numeric'
import type { DataContract, FederationConfig, FederationView, Network, TrainArgs } from '@shoal/protocol'

const POLL_MS = 50
const CLASSES = Array.from({ length: 10 }, (_, label) => String(label))

/** A built server on a data directory of its own, and what tests need around it. */
export interface RunningServer {
  readonly process: ServerProcess
  /** Where it keeps its log and its blobs. */
  readonly dataDirectory: string
  readonly api: OperatorApi
  /** Files of one volunteer's data: easy pictures of ten classes, for training and testing. */
  shard(seed: string, pictures: number): Promise<string[]>
  /** A folder for the files of one volunteer's data. */
  folderOf(seed: string): string
  federate(options: FederationOptions): Promise<RunningFederation>
  close(): Promise<void>
}

export interface FederationOptions {
  readonly model: string
  /** Left out for a model of the zoo. */
  readonly network?: Network
  /** Pictures of ten classes unless it is given. */
  readonly data?: DataContract
  readonly clients: number
  readonly rounds: number
  readonly train: Partial<TrainArgs>
  readonly quorum?: FederationConfig['quorum']
  readonly privacy?: FederationConfig['privacy']
  /** Averaging unless it is given. */
  readonly strategy?: FederationConfig['strategy']
  /** Clients with which a round may begin; all of them unless it is given. */
  readonly least?: number
  /** Longest time that an ask stays open. */
  readonly deadlineMs?: number
}

export interface RunningFederation {
  readonly id: FederationView['id']
  /** Where a volunteer's tab goes, with the backend it should use. */
  link(backend: string): string
  start(): Promise<void>
  view(): Promise<FederationView>
  /** The first view that is as wanted; rejects where the federation ends before. */
  until(isWanted: (view: FederationView) => boolean): Promise<FederationView>
  finished(): Promise<FederationView>
}

/** `samples`: what volunteers without data are offered. `host`: where it listens, besides what `startServerProcess` says. */
export async function startTestServer({ samples = [], host }: { samples?: readonly Uint8Array[]; host?: string } = {}): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-browser-test-'))
  const shelf = join(folder, 'samples')
  if (samples.length > 0) await mkdir(shelf)
  await Promise.all(samples.map((shard, index) => writeFile(join(shelf, `${index}.shard`), shard)))
  const environment = samples.length > 0 ? { SHOAL_SAMPLES: shelf } : {}
  const dataDirectory = join(folder, 'data')
  const server = await startServerProcess({ dataDirectory, environment, ...(host === undefined ? {} : { host }) })
  const api = createOperatorApi(server)

  async function federate({
    model,
    network,
    data,
    clients,
    rounds,
    train,
    quorum,
    privacy,
    strategy = { name: 'fedavg', options: {} },
    least,
    deadlineMs = 60_000,
  }: FederationOptions): Promise<RunningFederation> {
    const { id } = await api.createFederation({
      name: 'Browser test',
      description: '',
      operator: 'a test',
      seed: 'browser',
      strategy,
      privacy: privacy ?? { level: 'sealed', view: 'sums' },
      model: { architecture: model, ...(network === undefined ? {} : { network }), parameters: [] },
      data: data ?? { kind: 'image', shape: [28, 28, 1], classes: CLASSES },
      train: { steps: 10, batchSize: 32, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, ...train },
      cohort: { fraction: 1, min: least ?? clients, max: clients },
      quorum: quorum ?? { fraction: 1, min: 1 },
      deadlineMs,
      computeDeadlineMs: 60_000,
      maxWeight: 10_000,
      evaluation: { onClients: true, testSet: null },
      stop: { rounds, accuracy: null },
    })
    const invite = await api.createInvite(id)
    const view = (): Promise<FederationView> => api.view(id)

    async function until(isWanted: (current: FederationView) => boolean): Promise<FederationView> {
      for (;;) {
        const current = await view()
        if (isWanted(current)) return current
        if (current.lifecycle === 'finished') throw new Error(`the federation ended before: ${current.reason}`)
        await pause(POLL_MS)
      }
    }

    return {
      id,
      link(backend) {
        const link = new URL(invite)
        link.searchParams.set('backend', backend)
        return link.href
      },
      start: () => api.command(id, 'start-federation'),
      view,
      until,
      finished: () => until(({ lifecycle }) => lifecycle === 'finished'),
    }
  }

  const folderOf = (seed: string): string => join(folder, 'shards', seed)
  return {
    process: server,
    dataDirectory,
    api,
    federate,
    folderOf,
    shard: (seed, pictures) => writeShardFiles(splitTrainTest(createSyntheticImages(pictures, seed), 0.2, createRng(seed)), folderOf(seed)),
    async close() {
      await server.stop()
      await rm(folder, { recursive: true })
    },
  }
}
