import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createOperatorApi, createTabHarness, startServerProcess, writeShardFiles } from '@shoal/cli'
import { createSyntheticImages, splitTrainTest } from '@shoal/data'
import { createRng } from '@shoal/numeric'

const POLL_MS = 20
const MODEL = 'mlp-784-128-10'

/**
 * @typedef {import('@shoal/protocol').FederationView} FederationView
 * @typedef {object} Running
 * @property {import('@shoal/cli').OperatorApi} api
 * @property {FederationView['id']} id
 * @property {import('@shoal/cli').Tab} tab
 * @property {string[]} files
 * @property {(isWanted: (view: FederationView) => boolean) => Promise<FederationView>} until
 */

/**
 * A built server with one federation of the MLP and a tab on wasm that has joined it, for `work`; everything is gone afterwards. The tab evaluates what it trained.
 * @template T
 * @param {{ seed: string, rounds: number, steps: number }} size
 * @param {(running: Running) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withFederation({ seed, rounds, steps }, work) {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-bench-'))
  const server = await startServerProcess({ dataDirectory: join(folder, 'data') })
  const harness = createTabHarness('wasm')
  try {
    const api = createOperatorApi(server)
    const { id } = await api.createFederation({
      name: 'Benchmark',
      description: '',
      operator: 'a benchmark',
      seed,
      strategy: { name: 'fedavg', options: {} },
      privacy: { level: 'sealed', view: 'sums' },
      model: { architecture: MODEL, parameters: [] },
      data: { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, label) => String(label)) },
      train: { steps, batchSize: 32, learningRate: 0.05, momentum: 0, weightDecay: 0, proximalMu: 0 },
      cohort: { fraction: 1, min: 1, max: 1 },
      quorum: { fraction: 1, min: 1 },
      deadlineMs: 60_000,
      computeDeadlineMs: 60_000,
      maxWeight: 10_000,
      evaluation: { onClients: true, testSet: null },
      stop: { rounds, accuracy: null },
    })
    const link = new URL(await api.createInvite(id))
    link.searchParams.set('backend', 'wasm')
    const files = await writeShardFiles(splitTrainTest(createSyntheticImages(400, seed), 0.2, createRng(seed)), join(folder, 'shard'))
    const tab = await harness.openTab(link.href, 'tab')
    await tab.walk(files)
    await tab.reach(['waiting'])
    return await work({
      api,
      id,
      tab,
      files,
      async until(isWanted) {
        for (;;) {
          const view = await api.view(id)
          if (isWanted(view)) return view
          await pause(POLL_MS)
        }
      },
    })
  } finally {
    await harness.close()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
