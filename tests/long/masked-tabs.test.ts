import { createTabHarness, type Tab, type TabHarness } from '@shoal/cli'
import { addInto, addScaled, createRingCode, decodeRing } from '@shoal/numeric'
import { bytesOf, decodeMaskedInput, digestOf } from '@shoal/protocol'
import { sumCodingOf } from '@shoal/secure-sum'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'

const TABS = 8
const MODEL = 'mlp-784-128-10'
const RING = 16
const CLIP = 10
const MAX_WEIGHT = 10_000
const FIRST_ASK = '0.0'
/** Closed when it would send its masked words, and when the server has just got them. */
const [CLOSED_BEFORE, CLOSED_AFTER] = [2, 5]

let server: RunningServer
let harness: TabHarness
beforeAll(async () => {
  server = await startTestServer()
  harness = createTabHarness('wasm')
})
afterAll(async () => {
  await harness.close()
  await server.close()
})

/** Where the page keeps what the browser's AES-CTR gave it: all that it covers its words with. */
interface Watched {
  streams: Uint8Array[]
}

/** From now on the tab's masks can be seen, as they come out of the browser's WebCrypto. Nothing of ours is replaced. */
async function watchMasks({ page }: Tab): Promise<void> {
  await page.addInitScript(() => {
    const watched = globalThis as unknown as Watched
    watched.streams = []
    const { encrypt } = SubtleCrypto.prototype
    SubtleCrypto.prototype.encrypt = async function (this: SubtleCrypto, algorithm: { name: string }, ...rest: [CryptoKey, BufferSource]) {
      const stream = await encrypt.call(this, algorithm, ...rest)
      if (algorithm.name === 'AES-CTR') watched.streams.push(new Uint8Array(stream.slice(0)))
      return stream
    } as SubtleCrypto['encrypt']
  })
  await page.reload({ waitUntil: 'domcontentloaded' })
}

/** The sum of the masks of a tab's first sum, by the signs of privacy.md 3.2 step 5: its own, then one with each peer in the order of the roster. */
async function maskOf({ page }: Tab, ownId: number): Promise<Uint16Array> {
  const words = await page.evaluate(
    ({ id, clients }) => {
      const streams = (globalThis as unknown as Watched).streams.slice(0, clients).map(({ buffer }) => new Uint16Array(buffer))
      const peers = Array.from({ length: clients }, (_, peer) => peer).filter((peer) => peer !== id)
      const signs = [1, ...peers.map((peer) => (id < peer ? 1 : -1))]
      const sum = new Uint16Array(streams[0].length)
      for (const [number, stream] of streams.entries()) for (let index = 0; index < sum.length; index += 1) sum[index] += signs[number] * stream[index]
      return { masks: streams.length, sum: Array.from(sum) }
    },
    { id: ownId, clients: TABS },
  )
  expect(words.masks).toBe(TABS)
  return Uint16Array.from(words.sum)
}

test('eight tabs, of which one is closed before it gave its words and one after: the sum that the server decodes is that of the seven, bit for bit', async () => {
  const federation = await server.federate({
    model: MODEL,
    clients: TABS,
    least: TABS - 2,
    rounds: 2,
    deadlineMs: 600_000, // half of it is for the work, and a tenth for the shortest stage of a sum
    train: { steps: 2 },
    quorum: { fraction: 0.5, min: 1 },
    privacy: { level: 'masked', view: 'sums', masking: { cohortSize: 32, kMin: 3, kDiff: 3, ring: RING, clip: CLIP } },
  })
  const modelOf = async (digest: string): Promise<Float32Array> => {
    const response = await fetch(new URL(`/models/${digest}`, federation.link('wasm')))
    return new Float32Array(await response.arrayBuffer())
  }
  const before = await modelOf((await federation.view()).models[0])
  const coding = sumCodingOf({ procedure: 'train', length: before.length, ring: RING, clip: CLIP, seed: `${federation.id}/${FIRST_ASK}`, planNoise: null })
  const range = coding?.formFor(TABS)?.range
  if (!coding || range === undefined) throw new Error('no coding')

  /** The words of each tab without their masks. */
  const plain = new Map<number, Uint16Array>()
  const tabs: Tab[] = []
  for (let number = 0; number < TABS; number += 1) {
    const tab = await harness.openTab(federation.link('wasm'), `tab ${number}`)
    await watchMasks(tab)
    await tab.page.route(`**/contributions/${FIRST_ASK}`, async (route) => {
      const body = route.request().postDataBuffer()
      const frame = new Uint8Array(body ?? [])
      const input = decodeMaskedInput(frame, { ring: RING, vectorLength: coding.vectorLength, rosterSize: TABS })
      if (!input.ok) throw new Error(input.failure.code)
      const masks = await maskOf(tab, input.value.id)
      plain.set(
        number,
        Uint16Array.from(input.value.words, (word, index) => word - masks[index]),
      )
      if (number === CLOSED_BEFORE) return tab.close()
      const response = await route.fetch()
      if (number === CLOSED_AFTER) return tab.close()
      await route.fulfill({ response })
    })
    tabs.push(tab)
  }
  await Promise.all(
    tabs.map(async (tab, number) => {
      await tab.walk(await server.shard(`masked-${number}`, 100))
      await tab.reach(['waiting'])
    }),
  )
  await federation.start()
  const { rounds } = await federation.finished()
  expect(rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual([
    { outcome: 'updated', clients: TABS - 1 },
    { outcome: 'updated', clients: TABS - 2 },
  ])

  // What is under the masks are legal values: noise would not be.
  const code = createRingCode(RING, TABS)
  expect(plain.size).toBe(TABS)
  for (const words of plain.values()) expect(words.every((word) => Math.abs((word << 16) >> 16) <= code.largest)).toBe(true)

  /** The model that FedAvg makes of the whole numbers of these tabs. */
  async function modelFrom(numbers: readonly number[]): Promise<string> {
    const sum = new Uint16Array(plain.get(0)?.length ?? 0)
    for (const number of numbers) addInto(sum, plain.get(number) ?? new Uint16Array(0))
    const values = decodeRing(sum, { code, range: range ?? 0 })
    const read = values === null ? null : coding?.read(values)
    if (!read) throw new Error('no sum')
    const total = read.total.map((entry) => entry * MAX_WEIGHT)
    return digestOf(bytesOf(addScaled(before, total, 1 / (read.share * MAX_WEIGHT))))
  }
  const survivors = Array.from({ length: TABS }, (_, number) => number).filter((number) => number !== CLOSED_BEFORE)
  expect(rounds[0].models).toEqual([await modelFrom(survivors)])
  // Another sum would have made another model.
  expect(rounds[0].models).not.toEqual([await modelFrom([...survivors, CLOSED_BEFORE])])
  expect(rounds[0].models).not.toEqual([await modelFrom(survivors.filter((number) => number !== CLOSED_AFTER))])

  for (const [number, tab] of tabs.entries()) {
    if (number === CLOSED_BEFORE || number === CLOSED_AFTER) continue
    await tab.reach(['finished'])
    await tab.close()
  }
})
