import { createRequire } from 'node:module'
import { networkInterfaces } from 'node:os'
import { createTabHarness, encodeSampleShard, launchChromium, type Tab, type TabHarness } from '@shoal/cli'
import { createSyntheticImages, decodeLabelledImages, splitTrainTest } from '@shoal/data'
import { proposedNetwork } from '@shoal/learning'
import { createRng } from '@shoal/numeric'
import type { Locator, Page, Request } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PLANTS, plantTable, SHAPES, STROKES, writePictureFolder } from './own-files.ts'
import { type FederationOptions, type RunningFederation, type RunningServer, startTestServer } from './running-federation.ts'

/** As much of TensorFlow.js as whoever took a model along needs. */
interface TensorFlow {
  readonly io: { fromMemory(artifacts: object): unknown }
  loadLayersModel(files: unknown): Promise<{ predict(examples: unknown): unknown }>
  tensor4d(values: Float32Array, shape: readonly number[]): unknown
  argMax(values: unknown, axis: number): { dataSync(): ArrayLike<number> }
}

// What a volunteer would install to use the model: none of the packages here is asked to read its own files.
const tf = createRequire(new URL('../../packages/learning/package.json', import.meta.url))('@tensorflow/tfjs') as TensorFlow

const PER_CLASS = 20
const PICTURES = PER_CLASS * SHAPES.classes.length
const TEN_CLASSES: FederationOptions = { model: 'cnn-6186', clients: 1, rounds: 1, train: { steps: 4, batchSize: 16 } }
const MASKED: FederationOptions['privacy'] = { level: 'masked', view: 'sums', masking: { cohortSize: 32, kMin: 3, kDiff: 3, ring: 16, clip: 10 } }
/** This machine as others on its network see it; none on a machine without a network. */
const LAN = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

let server: RunningServer
let harness: TabHarness
beforeAll(async () => {
  const sample = splitTrainTest(createSyntheticImages(60, 'sample'), 0.2, createRng('sample'))
  server = await startTestServer({ samples: [encodeSampleShard(sample)], host: '0.0.0.0' })
  harness = createTabHarness('wasm')
})
afterAll(async () => {
  await harness.close()
  await server.close()
})

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click()
const openPart = (page: Page, title: string): Promise<void> => page.locator('.result summary', { hasText: title }).click()
/** A number of the training panel, by the words above it. */
const factOf = (page: Page, name: string): Locator => page.locator('dl.facts > div', { has: page.getByText(name, { exact: true }) }).locator('dd')

async function download(page: Page, button: string): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), press(page, button)])
  const chunks: Buffer[] = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Draws a shape on the page's pad with the mouse. */
async function draw(page: Page, pad: Locator, label: number): Promise<void> {
  const box = (await pad.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  for (const stroke of STROKES[label]) {
    for (const [index, [x, y]] of stroke.entries()) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height)
      if (index === 0) await page.mouse.down()
    }
    await page.mouse.up()
  }
}

/** Draws `perClass` pictures of each class, and takes them. */
async function bringDrawings(page: Page, perClass: number): Promise<void> {
  await page.getByRole('radio', { name: 'Draw', exact: true }).check()
  for (const [label, name] of SHAPES.classes.entries()) {
    await page.getByLabel('What do you draw?').selectOption(name)
    const pad = page.getByRole('img', { name: `Field to draw ${name}` })
    await pad.scrollIntoViewIfNeeded()
    for (let count = 1; count <= perClass; count += 1) {
      await draw(page, pad, label)
      await press(page, 'Use this drawing')
      await page.getByText(`Added to ${name}: ${count} drawn so far.`).waitFor()
      await press(page, 'Clear')
    }
  }
  await press(page, `Train on these ${perClass * SHAPES.classes.length} drawings`)
}

/** What lies in a database of the page's origin, as another page of it finds it. */
async function storedEntries(tab: Tab, database: string): Promise<number> {
  const other = await tab.page.context().newPage()
  await other.goto(`${server.process.origin}/healthz`)
  const count = await other.evaluate(async (name) => {
    const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const opened = await resultOf(indexedDB.open(name))
    const counts = await Promise.all([...opened.objectStoreNames].map((store) => resultOf(opened.transaction(store).objectStore(store).count())))
    opened.close()
    return counts.reduce((sum, entries) => sum + entries, 0)
  }, database)
  await other.close()
  return count
}

/** The test examples that the page keeps back, as they lie in its database. */
async function keptTestSet({ page }: Tab): ReturnType<typeof decodeTestSet> {
  const bytes = await page.evaluate(
    () =>
      new Promise<number[]>((resolve, reject) => {
        const request = indexedDB.open('shoal-data')
        request.onerror = () => reject(request.error)
        request.onsuccess = () => {
          const read = request.result.transaction('examples').objectStore('examples').getAll()
          read.onsuccess = () => resolve([...(read.result[0] as { test: Uint8Array }).test])
        }
      }),
  )
  return decodeTestSet(bytes)
}
const decodeTestSet = async (bytes: readonly number[]): Promise<ReturnType<typeof decodeLabelledImages>> => decodeLabelledImages(Uint8Array.from(bytes))

/** Share of the examples that TensorFlow.js, given the two files, answers as their labels say. */
async function accuracyOfFiles(json: Buffer, weights: Buffer, { count, shape, pixels, labels }: ReturnType<typeof decodeLabelledImages>): Promise<number> {
  const { modelTopology, weightsManifest } = JSON.parse(json.toString())
  const weightData = new Uint8Array(weights).buffer
  const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }))
  const examples = tf.tensor4d(
    Float32Array.from(pixels, (pixel) => pixel / 255),
    [count, ...shape],
  )
  const answers = tf.argMax(model.predict(examples), 1).dataSync()
  return [...labels].filter((label, index) => answers[index] === label).length / count
}

/** What the page asks the network for from now on. */
function requestsOf(page: Page): string[] {
  const requests: string[] = []
  page.on('request', (request: Request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`))
  page.on('websocket', (socket) => requests.push(`websocket ${socket.url()}`))
  return requests
}

/** Every client that the server says this tab is, in the order of its joins. Listens from now on. */
function clientsOf(page: Page): string[] {
  const clients: string[] = []
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const client = /"standing":\{"client":"(cl-[a-z0-9]+)"/.exec(payload.toString())?.[1]
      if (client !== undefined) clients.push(client)
    })
  })
  return clients
}

test('two volunteers, one with a folder of pictures and one who draws: from the link to the result, with a reload in the middle', async () => {
  const folder = await writePictureFolder(PER_CLASS, 'journey')
  const federation = await server.federate({
    model: 'proposed',
    network: proposedNetwork(SHAPES),
    data: SHAPES,
    clients: 2,
    rounds: 8,
    train: { steps: 20, batchSize: 8 },
    quorum: { fraction: 0.5, min: 1 },
  })
  const [tab, drawer] = await Promise.all(['folder', 'drawings'].map((name) => harness.openTab(federation.link('wasm'), name)))
  const { page } = tab
  const clients = clientsOf(page)

  await page.getByRole('heading', { name: 'a test asks you to help train a model' }).waitFor()
  await page.getByLabel('Language').selectOption('Deutsch')
  await page.getByRole('heading', { name: 'a test bittet' }).waitFor()
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
  await page.getByLabel('Sprache').selectOption('English')
  await press(page, 'I agree and want to take part')
  // What the server could offer has another size.
  await page.getByText('Bring your own').waitFor()
  expect(await page.getByRole('button', { name: 'Use sample data' }).count()).toBe(0)

  await page.locator('input[type=file][aria-label="Choose a folder"]').setInputFiles(folder.path)
  await page.getByText(`${PICTURES * 0.8} pictures`, { exact: true }).waitFor()
  await page.getByText('Choose other data').waitFor()
  expect(await page.getByLabel('Choose your data files').isVisible()).toBe(false)
  await page.getByText('2 files were left out').click()
  expect(await page.locator('.left-out li').allTextContents()).toEqual([
    expect.stringContaining('notes.txt is no picture'),
    expect.stringContaining('broken.png could not be read as a picture'),
  ])
  const rows = await page.getByRole('table', { name: 'Examples by class' }).locator('tbody tr').allTextContents()
  expect(rows.map((row) => SHAPES.classes.find((name) => row.includes(name)))).toEqual(SHAPES.classes)
  await page.getByText(/^Kept on this device since .*: 60 pictures/).waitFor()

  const requests = requestsOf(page)
  await press(page, 'Rehearse, and send nothing')
  await page.getByText(/In this rehearsal of \d+ volunteers, .* would have left this device\. Not one has\./).waitFor()
  for (const request of requests) expect(request).toMatch(/^GET \/volunteer\/assets\//)
  await press(page, 'Start training')
  await tab.reach(['waiting'])

  await press(drawer.page, 'I agree and want to take part')
  await bringDrawings(drawer.page, 4)
  await press(drawer.page, 'Start training')
  await drawer.reach(['waiting'])
  await federation.start()

  // As the other has it: the state, then the same data, the same client and the same training.
  await federation.until(({ round }) => round >= 2)
  await factOf(page, 'Right on your test data, now').waitFor()
  await page.reload()
  await page.getByText('You agreed to exactly this text on this device before.').waitFor()
  await press(page, 'I agree and want to take part')
  await page.getByText('You chose these data on an earlier visit; they are used again now.').waitFor()
  await press(page, 'Start training')
  const { rounds } = await federation.finished()
  await tab.reach(['finished'])
  await drawer.reach(['finished'])
  expect(rounds.map(({ outcome }) => outcome)).toEqual(rounds.map(() => 'updated'))
  expect(rounds.at(-1)?.clients).toBe(2)
  expect(clients).toHaveLength(2)
  expect(clients[1]).toBe(clients[0])
  for (const name of ['Right on your test data, first model here', 'Right on your test data, now'])
    expect(await factOf(page, name).textContent()).toMatch(/^\d+\.\d %$/)

  await openPart(page, 'Try the model')
  const result = page.locator('.result')
  await result.getByRole('radio', { name: 'Draw' }).check()
  const pad = result.locator('.drawing-pad canvas')
  await pad.scrollIntoViewIfNeeded()
  await draw(page, pad, 1)
  await press(page, 'Use this drawing')
  await result.getByText(/says “(ring|cross|bars)”/).waitFor()
  await openPart(page, 'Where it errs')
  const table = result.getByRole('table', { name: /How often each class/ })
  await table.waitFor()
  const cells = (await table.locator('td').allTextContents()).map(Number)
  const right = cells[0] + cells[4] + cells[8]
  expect(cells.reduce((sum, count) => sum + count, 0)).toBe(PICTURES * 0.2)

  await openPart(page, 'Take the model with you')
  const [json, weights] = [await download(page, 'Save model.json'), await download(page, 'Save weights.bin')]
  expect(await accuracyOfFiles(json, weights, await keptTestSet(tab))).toBeCloseTo(right / (PICTURES * 0.2), 6)
  expect(right / (PICTURES * 0.2)).toBeGreaterThan(0.5)
  await openPart(page, 'Certificate')
  expect((await download(page, 'Save as SVG')).toString()).toContain('Certificate of contribution')
  await page.getByRole('heading', { name: 'What left my device' }).waitFor()
  expect(
    await page
      .getByText(/^\d+ messages/)
      .first()
      .textContent(),
  ).toMatch(/KB|MB/)

  expect(await storedEntries(tab, 'shoal-data')).toBe(1)
  await press(page, 'Delete my data from this device')
  await page.getByText(/^Deleted\. Looked again: 0 bytes of .* are left in this browser\.$/).waitFor()
  expect(await storedEntries(tab, 'shoal-data')).toBe(0)
  await page.getByText('Forget me on this device').click()
  await press(page, 'Yes, forget me')
  await page.getByText(/^Forgotten\. Looked again: 0 of \d+ other entries are left\.$/).waitFor()
  expect(await storedEntries(tab, 'shoal')).toBe(0)
  await folder.remove()
  for (const done of [tab, drawer]) await done.close()
})

test('two volunteers with tables: a column is chosen by hand, wrong rows are named, and the training ends', async () => {
  const federation = await server.federate({
    model: 'proposed',
    network: proposedNetwork(PLANTS),
    data: PLANTS,
    clients: 2,
    rounds: 3,
    train: { steps: 20, batchSize: 16 },
  })
  const tabs = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const tab = await harness.openTab(federation.link('wasm'), `table ${name}`)
      const { page } = tab
      await press(page, 'I agree and want to take part')
      await page.getByLabel('Choose your data files').setInputFiles({ name: 'plants.csv', mimeType: 'text/csv', buffer: plantTable(60, name) })
      await page.getByText('Choose a column of the table for: leaf width.').waitFor()
      await page.getByLabel('leaf width').selectOption('Breite')
      await page.getByText('60 of 63 rows fit.').waitFor()
      const problems = await page.getByRole('table', { name: 'Cells that do not fit' }).locator('tbody tr').allTextContents()
      expect(problems).toEqual([
        '61heighttallis no number (write 1.5, without thousands marks)',
        '62habitatmoonis none of the expected words',
        '63leaf widthis empty',
      ])
      await press(page, 'Use these 60 rows')
      await page.getByText('48 rows', { exact: true }).waitFor()
      await press(page, 'Start training')
      await tab.reach(['waiting'])
      return tab
    }),
  )
  await federation.start()
  const { rounds } = await federation.finished()
  expect(rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual(Array.from({ length: 3 }, () => ({ outcome: 'updated', clients: 2 })))
  for (const tab of tabs) {
    await tab.reach(['finished'])
    await openPart(tab.page, 'Where it errs')
    await tab.page.getByRole('table', { name: /How often each class/ }).waitFor()
    await tab.close()
  }
})

test('a volunteer with a text takes part', async () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz .'
  const data = { kind: 'text', shape: [6, alphabet.length, 1], classes: [...alphabet], alphabet, context: 6 } as const
  const contract: FederationOptions['data'] = { ...data, shape: [6, alphabet.length, 1], classes: [...alphabet] }
  const federation = await server.federate({ ...TEN_CLASSES, model: 'proposed', network: proposedNetwork(contract), data: contract })
  const tab = await harness.openTab(federation.link('wasm'), 'text')
  await press(tab.page, 'I agree and want to take part')
  await tab.page.getByLabel('Or paste a text').fill('The tide comes in, and the tide goes out. '.repeat(10))
  await press(tab.page, 'Use this text')
  await press(tab.page, 'Start training')
  await tab.reach(['waiting'])
  await federation.start()
  expect((await federation.finished()).rounds).toMatchObject([{ outcome: 'updated', clients: 1 }])
  await tab.reach(['finished'])
  await tab.close()
})

test('from the link to training with sample data in two clicks', async () => {
  const federation = await server.federate(TEN_CLASSES)
  await federation.start()
  const tab = await harness.openTab(federation.link('wasm'), 'samples')
  let clicks = 0
  for (const name of ['I agree and want to take part', 'Train with sample data now']) {
    await press(tab.page, name)
    clicks += 1
  }
  await tab.reach(['finished'])
  expect(clicks).toBe(2)
  expect((await federation.finished()).rounds).toMatchObject([{ outcome: 'updated', clients: 1 }])
  await tab.close()
})

test.each(['sealed', 'masked'] as const)(
  'a rehearsal at level %s sends nothing: it asks the server for scripts, and the second time for nothing',
  async (level) => {
    const privacy = level === 'masked' ? MASKED : { level, view: 'sums' as const }
    const federation = await server.federate({ ...TEN_CLASSES, clients: 3, privacy })
    const { page, close } = await harness.openTab(federation.link('wasm'), `rehearsal ${level}`)
    await press(page, 'I agree and want to take part')
    await page.getByRole('button', { name: 'Use sample data', exact: true }).click()
    await page.getByText('48 pictures', { exact: true }).waitFor()
    const requests = requestsOf(page)
    await press(page, 'Rehearse, and send nothing')
    await page.getByRole('button', { name: 'Rehearse again' }).waitFor()
    expect(requests.length).toBeGreaterThan(0)
    for (const request of requests) expect(request).toMatch(/^GET \/volunteer\/assets\/[\w.-]+\.(js|wasm|css)$/)
    requests.length = 0
    await press(page, 'Rehearse again')
    await page.getByRole('progressbar', { name: /Rehearsing/ }).waitFor({ state: 'attached' })
    await page.getByText('Not one has.').waitFor()
    expect(requests).toEqual([])
    expect((await federation.view()).clientsHere).toBe(0)
    await close()
  },
)

test.skipIf(LAN === undefined)('a phone over plain http is told what is off and why, and trains all the same', async () => {
  const federation: RunningFederation = await server.federate(TEN_CLASSES)
  const browser = await launchChromium('wasm')
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true })
  const page = await context.newPage()
  const link = new URL(federation.link('wasm'))
  link.hostname = LAN ?? ''
  await page.goto(link.href)
  expect(await page.evaluate(() => isSecureContext)).toBe(false)
  const note = page.locator('.note', { hasText: 'Some things are off here.' })
  await note.waitFor()
  expect(await note.locator('li').allTextContents()).toEqual([
    expect.stringContaining('plain http'),
    expect.stringContaining("browser's own encryption is off"),
    expect.stringContaining('WebGPU is off'),
    expect.stringContaining('can not keep the screen on'),
    expect.stringContaining('can not see your other tabs'),
  ])
  await page.getByRole('button', { name: 'I agree and want to take part' }).tap()
  await page.getByRole('button', { name: 'Train with sample data now' }).tap()
  await page.locator('#state[data-state="waiting"]').waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await federation.start()
  expect((await federation.finished()).rounds).toMatchObject([{ outcome: 'updated', clients: 1 }])
  await page.locator('#state[data-state="finished"]').waitFor()
  await browser.close()
})
