import type { Tab } from '@shoal/cli'
import { addInto, addScaled, createRingCode, decodeRing } from '@shoal/numeric'
import { type AskId, decodeMaskedInput } from '@shoal/protocol'
import type { SumCoding } from '@shoal/secure-sum'

/** The words that a tab gave to the masked sums of a run, and what they hold under their masks. */

export const RING = 16
/** No sum of fewer is opened. */
const LEAST_COHORT = 3

/** Where the page keeps what the browser's AES-CTR gave it, all that it covers its words with, and what it sent by then, by ask. */
interface Watched {
  streams: Uint8Array[]
  given: Record<AskId, { readonly body: Uint8Array; readonly streams: readonly Uint8Array[] }>
}

/** From now on what the tab gives can be seen, with its masks as they come out of the browser's WebCrypto. Nothing of ours is replaced. */
export async function watchWords({ page }: Tab): Promise<void> {
  await page.addInitScript(() => {
    const watched = globalThis as unknown as Watched
    watched.streams = []
    watched.given = {}
    const { encrypt } = SubtleCrypto.prototype
    SubtleCrypto.prototype.encrypt = async function (this: SubtleCrypto, algorithm: { name: string }, ...rest: [CryptoKey, BufferSource]) {
      const stream = await encrypt.call(this, algorithm, ...rest)
      if (algorithm.name === 'AES-CTR') watched.streams.push(new Uint8Array(stream.slice(0)))
      return stream
    } as SubtleCrypto['encrypt']
    const { fetch } = globalThis
    globalThis.fetch = (input, init) => {
      const ask = /^\/contributions\/(.+)$/.exec(String(input))?.[1] as AskId | undefined
      if (ask !== undefined && watched.given[ask] === undefined) {
        watched.given[ask] = { body: new Uint8Array(init?.body as Uint8Array<ArrayBuffer>), streams: watched.streams }
        watched.streams = []
      }
      return fetch(input, init)
    }
  })
  await page.reload({ waitUntil: 'domcontentloaded' })
}

/** What was under the masks of what one tab gave to an ask, and how many were summed together. */
export interface GivenWords {
  readonly words: Uint16Array
  readonly cohortSize: number
}

/** What a tab gave, by ask. `vectorLength`: words of the asks that are wanted; others are left out. */
export async function givenWords({ page }: Tab, vectorLength: number): Promise<ReadonlyMap<AskId, GivenWords>> {
  const given = await page.evaluate((bytes) => {
    const text = (of: Uint8Array): string => btoa(Array.from(of, (byte) => String.fromCharCode(byte)).join(''))
    return Object.entries((globalThis as unknown as Watched).given).map(([ask, { body, streams }]) => ({
      ask,
      body: text(body),
      streams: streams.filter(({ length }) => length === bytes).map(text),
    }))
  }, 2 * vectorLength)
  return new Map(
    given.flatMap(({ ask, body, streams }) => {
      const masks = streams.map((stream) => new Uint16Array(bytesIn(stream).buffer))
      const words = unmasked(bytesIn(body), masks, vectorLength)
      return words === null ? [] : [[ask as AskId, words] as const]
    }),
  )
}

/** With a buffer of their own, which begins where they do. */
const bytesIn = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'))

/**
 * By the signs of privacy.md 3.2 step 5: its own mask first, then one with each peer in the order of the roster. A sum that was given up may have left masks behind before these. How many
 * belong to this one shows in what is found under them: with the right ones all words are legal values, and noise would not be.
 */
function unmasked(frame: Uint8Array, streams: readonly Uint16Array[], vectorLength: number): GivenWords | null {
  for (let cohortSize = streams.length; cohortSize >= LEAST_COHORT; cohortSize -= 1) {
    const input = decodeMaskedInput(frame, { ring: RING, vectorLength, rosterSize: cohortSize })
    if (!input.ok) continue
    const { id, words } = input.value
    const masks = streams.slice(-cohortSize)
    const peers = Array.from({ length: cohortSize }, (_, peer) => peer).filter((peer) => peer !== id)
    const signs = [1, ...peers.map((peer) => (id < peer ? 1 : -1))]
    const plain = Uint16Array.from(words, (word, index) => masks.reduce((rest, mask, number) => rest - signs[number] * mask[index], word))
    const { largest } = createRingCode(RING, cohortSize)
    if (plain.every((word) => Math.abs((word << 16) >> 16) <= largest)) return { words: plain, cohortSize }
  }
  return null
}

/** The model that federated averaging makes of what these clients gave to an ask. Throws where that is no sum, or one of them gave nothing. */
export function modelOf(before: Float32Array, coding: SumCoding, maxWeight: number, given: readonly (GivenWords | undefined)[]): Float32Array {
  const sum = new Uint16Array(coding.vectorLength)
  const cohortSize = given[0]?.cohortSize ?? 0
  for (const one of given) {
    if (one?.cohortSize !== cohortSize) throw new Error('who is in the sum gave no words to it')
    addInto(sum, one.words)
  }
  const range = coding.formFor(cohortSize)?.range
  const values = range === undefined ? null : decodeRing(sum, { code: createRingCode(RING, cohortSize), range })
  const read = values === null ? null : coding.read(values)
  if (read === null) throw new Error('no sum')
  const total = read.total.map((entry) => entry * maxWeight)
  return addScaled(before, total, 1 / (read.share * maxWeight))
}
