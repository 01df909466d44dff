import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createOperatorApi, createTabHarness, startServerProcess, writeShardFiles } from '@shoal/cli'
import { createSyntheticImages, splitTrainTest } from '@shoal/data'
import { createRng } from '@shoal/numeric'

const POLL_MS = 20
/** More at once than this wait for each other. */
const TABS_ABREAST = 4
const MODEL = 'mlp-784-128-10'

/**
 * @typedef {import('@shoal/protocol').FederationView} FederationView
 * @typedef {object} Running
 * @property {import('@shoal/cli').OperatorApi} api
 * @property {FederationView['id']} id
 * @property {import('@shoal/cli').Tab} tab the first
 * @property {import('@shoal/cli').Tab[]} tabs
 * @property {string[]} files
 * @property {(isWanted: (view: FederationView) => boolean) => Promise<FederationView>} until
 */

/**
 * A built server with one federation of the MLP and tabs on wasm, one unless more are wanted, that have joined it, for `work`; everything is gone afterwards. All tabs have the same data, and evaluate what they
 * trained.
 * @template T
 * @param {{ seed: string, rounds: number, steps: number, tabs?: number }} size
 * @param {(running: Running) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withFederation({ seed, rounds, steps, tabs: count = 1 }, work) {
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
      cohort: { fraction: 1, min: count, max: count },
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
    /** @type {import('@shoal/cli').Tab[]} */
    const tabs = []
    while (tabs.length < count) {
      const opened = Array.from({ length: Math.min(TABS_ABREAST, count - tabs.length) }, async (_, index) => {
        const tab = await harness.openTab(link.href, `tab ${tabs.length + index + 1}`)
        await tab.walk(files)
        await tab.reach(['waiting'])
        return tab
      })
      tabs.push(...(await Promise.all(opened)))
    }
    const [tab] = tabs
    return await work({
      api,
      id,
      tab,
      tabs,
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
