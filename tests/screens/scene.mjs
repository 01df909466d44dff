/** A server of its own with federations, and a browser with people in it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumFlags, chromiumPath, createOperatorApi, startServerProcess, writeShardFiles } from '@shoal/cli'
import { createSyntheticTable, splitTrainTest, tableEntries } from '@shoal/data'
import { createRng } from '@shoal/numeric'
import { chromium } from 'playwright-core'

/**
 * @typedef {Awaited<ReturnType<typeof openScene>>} Stage
 * @typedef {Stage & { shutter: Awaited<ReturnType<typeof import('./shutter.mjs').createShutter>> }} Scene
 * @typedef {Awaited<ReturnType<Stage['federate']>>} Federation
 * @typedef {import('@shoal/protocol').FederationConfig} Config
 */

/** Over plain http, and none of the names that browsers take for secure. */
const LAN_NAME = 'shoal.lan'
const ALPHABET = ' .abdeghimnoprstwl'

const DIGITS = /** @type {const} */ (['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
const { form } = createSyntheticTable(3, 'columns')

export const DATA = /** @satisfies {Record<string, Config['data']>} */ ({
  pictures: { kind: 'image', shape: [28, 28, 1], classes: [...DIGITS] },
  table: {
    kind: 'table',
    shape: [1, tableEntries(form.columns), 1],
    classes: [...form.classes],
    columns: form.columns.map((column) => (column.kind === 'word' ? { ...column, words: [...column.words] } : { ...column })),
    label: form.label,
  },
  text: { kind: 'text', shape: [4, ALPHABET.length, 1], classes: [...ALPHABET], alphabet: ALPHABET, context: 4 },
})

/** @param {{ name: string, description: string, model: string, data: Config['data'], clients: number, rounds: number, steps: number }} wanted @returns {Config} */
const configOf = ({ name, description, model, data, clients, rounds, steps }) => ({
  name,
  description,
  operator: 'Harbour School',
  seed: 'screens',
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'masked', view: 'sums', masking: { cohortSize: 32, kMin: 3, kDiff: 3, ring: 16, clip: 10 } },
  model: { architecture: model, parameters: [] },
  data,
  train: { steps, batchSize: 32, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: clients, max: 100 },
  quorum: { fraction: 0.75, min: 3 },
  deadlineMs: 120_000,
  computeDeadlineMs: 60_000,
  maxWeight: 10_000,
  evaluation: { onClients: true, testSet: null },
  stop: { rounds, accuracy: null },
})

export async function openScene() {
  // First, since a server that nobody stops would go on.
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [...chromiumFlags('wasm'), `--host-resolver-rules=MAP ${LAN_NAME} 127.0.0.1`],
  })
  const folder = await mkdtemp(join(tmpdir(), 'shoal-screens-'))
  const server = await startServerProcess({ dataDirectory: join(folder, 'data') })
  const api = createOperatorApi(server)

  /** A page of another person's, or of the same person's as `beside`. @param {string} url @param {import('playwright-core').Page} [beside] */
  async function openTab(url, beside) {
    const context = beside?.context() ?? (await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' }))
    if (beside === undefined) await context.addInitScript(tellOfBattery)
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(url)
    return page
  }

  return {
    folder,
    server,
    api,
    browser,
    openTab,
    /** @param {Parameters<typeof configOf>[0]} wanted */
    async federate(wanted) {
      const config = configOf(wanted)
      const { id } = await api.createFederation(config)
      const link = new URL(await api.createInvite(id))
      link.searchParams.set('backend', 'wasm')
      return { id, config, link: link.href, command: (/** @type {'start-federation'} */ command) => api.command(id, command) }
    },
    /** Files of one volunteer: numbers as somebody may have painted them. @param {string} seed @param {number} count */
    async shard(seed, count) {
      const rng = createRng(seed)
      const wanted = Array.from({ length: count }, (_, index) => ({
        label: index % DIGITS.length,
        lean: rng.uniform() - 0.5,
        size: rng.uniform(),
        left: rng.uniform(),
        top: rng.uniform(),
      }))
      const page = await browser.newPage()
      const pixels = Uint8Array.from(await page.evaluate(paintNumbers, wanted))
      await page.close()
      const set = { count, shape: /** @type {[number, number, number]} */ ([28, 28, 1]), pixels, labels: Uint8Array.from(wanted, ({ label }) => label) }
      return writeShardFiles(splitTrainTest(set, 0.2, rng), join(folder, 'shards', seed))
    },
    async close() {
      await browser.close()
      await server.stop()
      await rm(folder, { recursive: true })
    },
  }
}

/** Runs in the page: a battery that charges until `isCharging` says otherwise. Machines without one tell nothing. */
function tellOfBattery() {
  const battery = new EventTarget()
  let isCharging = true
  Object.defineProperty(battery, 'charging', { get: () => isCharging })
  Object.defineProperty(battery, 'level', { value: 0.8 })
  Object.defineProperty(globalThis, 'isCharging', {
    set(value) {
      isCharging = value
      battery.dispatchEvent(new Event('chargingchange'))
    },
  })
  Object.defineProperty(Navigator.prototype, 'getBattery', { configurable: true, value: async () => battery })
}

/** Runs in the page: grey pixels, picture after picture. @param {readonly { label: number, lean: number, size: number, left: number, top: number }[]} wanted */
function paintNumbers(wanted) {
  const pen = Object.assign(document.createElement('canvas'), { width: 28, height: 28 }).getContext('2d', { willReadFrequently: true })
  if (pen === null) throw new Error('nothing to paint on')
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  return wanted.flatMap(({ label, lean, size, left, top }) => {
    pen.setTransform(1, 0, 0, 1, 0, 0)
    pen.fillStyle = 'black'
    pen.fillRect(0, 0, 28, 28)
    pen.translate(12 + 4 * left, 13 + 4 * top)
    pen.rotate(lean / 2)
    pen.fillStyle = 'white'
    pen.font = `bold ${18 + 6 * size}px sans-serif`
    pen.fillText(String(label), 0, 0)
    return [...pen.getImageData(0, 0, 28, 28).data].filter((_, index) => index % 4 === 0)
  })
}
