import { createRingCode, createRng, decodeRing, emptyRingVector, type RingVector } from '@shoal/numeric'
import { bytesOfWords, decodeAdvertisement, decodeMaskedInput, decodeRoster, decodeUnmasking, encodeManifest, encodeRoster } from '@shoal/protocol'
import { expect, test } from 'vitest'
import type { MaskSuite } from './mask-stream.ts'
import { createNodeAesMasks } from './node-mask-stream.ts'
import { isPrivateKeyOf, maskSignOf, pairKeyOf } from './pair-key.ts'
import { combineShares } from './secret-shares.ts'
import { createSumClient } from './sum-client.ts'
import { applyToBlocks } from './sum-masks.ts'
import { sumTranscriptOf } from './sum-rules.ts'
import { createColluder, deliveryFor } from './testing-colluder.ts'
import { consentOf, keyPair, manifestOf, seededSodium, signedManifestOf, tabSuiteOf, unwrap } from './testing-manifest.ts'
import { plainOf, run } from './testing-sum.ts'

const sodium = seededSodium('secrecy')
const LENGTH = 20_000

/** Of the 256 values of a byte; 255 degrees of freedom, so that uniform bytes lie within [170, 350] all but once in 10,000 times. */
function chiSquareOf(words: RingVector): number {
  const bytes = bytesOfWords(words)
  const counts = new Float64Array(256)
  for (const byte of bytes) counts[byte] += 1
  return counts.reduce((sum, count) => sum + (count - bytes.length / 256) ** 2 / (bytes.length / 256), 0)
}
const signedOf = (words: RingVector): number[] =>
  [...words].map((word) => (word >= 2 ** (8 * words.BYTES_PER_ELEMENT - 1) ? word - 2 ** (8 * words.BYTES_PER_ELEMENT) : word))
function correlationOf(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [leftMean, rightMean] = [mean(left), mean(right)]
  const moment = (a: readonly number[], aMean: number, b: readonly number[], bMean: number) =>
    mean(a.map((value, index) => (value - aMean) * (b[index]! - bMean)))
  return moment(left, leftMean, right, rightMean) / Math.sqrt(moment(left, leftMean, left, leftMean) * moment(right, rightMean, right, rightMean))
}
const isUniform = (words: RingVector): boolean => chiSquareOf(words) > 170 && chiSquareOf(words) < 350

const RINGS_AND_SUITES = [
  [16, 1],
  [16, 2],
  [32, 1],
  [32, 2],
] as const

test.each(RINGS_AND_SUITES)('[5.2] the bytes of #5 are uniform and say nothing of the words below (ring %i, suite %i)', async (ring, suite) => {
  const plan = { g: 4, ring, suite, purpose: 'update', vectorLength: LENGTH } as const
  const { sent, members } = await run(plan, { rng: createRng(`uniform ${ring} ${suite}`) })
  for (const [place, { plain }] of members.entries()) {
    const { words } = unwrap(decodeMaskedInput(sent.get(`3 ${place}`)!, { ring, vectorLength: LENGTH, rosterSize: 4 }))
    expect(isUniform(plain)).toBe(false) // what the test would see of a mask that is none
    expect(isUniform(words)).toBe(true)
    expect(Math.abs(correlationOf(signedOf(words), signedOf(plain)))).toBeLessThan(4 / Math.sqrt(LENGTH))
  }
})

test('[3.8] an input that came after the proposal and was kept: the key of its masks is known then, and its seed still covers it', async () => {
  const LATE = 2
  let kept = new Uint8Array(0)
  const late = await run(
    { g: 7, purpose: 'update', vectorLength: LENGTH },
    {
      rng: createRng('late'),
      wire: {
        toServer: (stage, place, frame) => {
          if (stage !== 3 || place !== LATE) return frame
          kept = frame.slice()
          return new Uint8Array(0) // the server sees nothing of it before it proposes
        },
      },
    },
  )
  const { manifest, released, members, received, sent, server } = late
  expect(server.input(members[LATE]!.identity.publicKey, kept)).toMatchObject({ ok: false })
  const entries = [0, 1, 3, 4, 5, 6].map((holder) => ({
    holder,
    revealed: unwrap(decodeUnmasking(sent.get(`4 ${holder}`)!, released!.survivors)).revealed[LATE]!,
  }))
  const shares = entries.flatMap(({ holder, revealed }) => (revealed.of === 'key' ? [{ holder, share: revealed.share }] : []))
  expect(shares).toHaveLength(6) // and none of its seed
  const roster = unwrap(decodeRoster(received.get('2 0')!)).members
  const { maskKey } = roster[LATE]!
  const key = unwrap(await combineShares(shares, { threshold: manifest.threshold, isRight: isPrivateKeyOf(sodium, maskKey) })).secret
  const { words: view } = unwrap(decodeMaskedInput(kept, { ...manifest, rosterSize: 7 }))
  const words = view.slice()
  const transcript = sumTranscriptOf(sodium, received.get('1 0')!, received.get('2 0')!)
  for (const [id, { maskKey: publicKey }] of roster.entries()) {
    if (id === LATE) continue
    const pairKey = unwrap(
      pairKeyOf(sodium, 'masks', { own: { id: LATE, keyPair: { publicKey: maskKey, privateKey: key } }, peer: { id, publicKey }, transcript }),
    )
    await applyToBlocks(createNodeAesMasks(), words, { key: pairKey, sign: maskSignOf(LATE, id) === 1 ? -1 : 1, blocks: manifest.blocks })
  }
  expect(isUniform(words)).toBe(true)
  expect(decodeRing(words, { code: createRingCode(32, 7), range: 1 })).toBeNull()
})

test.each([
  ['the same model', 0, true],
  ['another model than the rest', 1, false],
] as const)('[5.2] [5.1.10] a victim that was shown %s', async (_name, otherModels, isSum) => {
  const g = 5
  const manifest = signedManifestOf(manifestOf({ g, vectorLength: LENGTH }))
  const clients = Array.from({ length: g }, () => createColluder(sodium, manifest))
  const members = clients.map(({ advertisement }) => advertisement)
  const suite = createNodeAesMasks()
  const rng = createRng('fork')
  const sum = emptyRingVector(32, LENGTH)
  const plainSum = emptyRingVector(32, LENGTH)
  let victims: RingVector = sum
  for (const [ownId, client] of clients.entries()) {
    const words = plainOf(rng, manifest)
    for (const [index, word] of words.entries()) plainSum[index] += word
    const transcript = sodium.crypto_generichash(32, `T over the model ${ownId === 3 ? otherModels : 0}`, null)
    await client.mask({ ownId, members, transcript }, words, suite)
    await applyToBlocks(suite, words, { key: client.seed, sign: -1, blocks: manifest.blocks }) // all seeds are revealed
    for (const [index, word] of words.entries()) sum[index] += word
    if (ownId === 3) victims = words
  }
  expect(isUniform(victims)).toBe(true)
  expect(isUniform(sum)).toBe(!isSum)
  expect(decodeRing(sum, { code: createRingCode(32, g), range: 1 }) !== null).toBe(isSum)
  expect(Buffer.from(sum.buffer).equals(Buffer.from(plainSum.buffer))).toBe(isSum)
})

test('what is sent of a vector of zeros is no vector of zeros, and what masked it is overwritten afterwards', async () => {
  const keys: Uint8Array[] = []
  const suiteOf = (id: 1 | 2): MaskSuite => ({
    id,
    apply: async (target, mask) => {
      expect(mask.key.every((byte) => byte === 0)).toBe(false)
      keys.push(mask.key)
      await tabSuiteOf(id).apply(target, mask)
    },
  })
  const zeros = (_place: number, plain: RingVector): RingVector => plain.fill(0)
  const { sent, released } = await run({ g: 7, purpose: 'update' }, { rng: createRng('zeros'), suiteOf, words: zeros })
  expect(released!.words.every((word) => word === 0)).toBe(true)
  const words = unwrap(decodeMaskedInput(sent.get('3 0')!, { ring: 32, vectorLength: 7, rosterSize: 7 })).words
  expect(words.every((word) => word !== 0)).toBe(true)
  expect(keys).toHaveLength(7 * 7 * 2) // own and six pairs, in two blocks
  expect(keys.every((key) => key.every((byte) => byte === 0))).toBe(true)
})

test.each(['advertised', 'dealt', 'given'] as const)(
  'secrets are overwritten once they are of no use, and all of them where the client leaves (%s)',
  async (stage) => {
    const drawn: Uint8Array[] = []
    const watched = {
      ...sodium,
      crypto_box_keypair: () => {
        const pair = sodium.crypto_box_keypair()
        drawn.push(pair.privateKey)
        return pair
      },
      randombytes_buf: (length: number) => {
        const bytes = sodium.randombytes_buf(length)
        if (length === 32) drawn.push(bytes) // shorter ones are nonces of sealed shares
        return bytes
      },
    } as typeof sodium
    const zeroed = (): readonly boolean[] => drawn.map((bytes) => bytes.every((byte) => byte === 0))
    const unsigned = manifestOf({ g: 3, purpose: 'update' })
    const manifest = signedManifestOf(unsigned)
    const frame = encodeManifest(manifest)
    const client = createSumClient(watched, { identity: keyPair(), consent: consentOf(unsigned), suiteOf: tabSuiteOf })
    const others = [createColluder(sodium, manifest), createColluder(sodium, manifest)]
    const members = [unwrap(decodeAdvertisement(unwrap(client.manifest(frame)))), ...others.map(({ advertisement }) => advertisement)]
    if (stage !== 'advertised') {
      const roster = encodeRoster({ cohort: manifest.cohort, members, credentials: [] })
      const transcript = sumTranscriptOf(sodium, frame, roster)
      const dealt = [unwrap(await client.roster(roster))]
      for (const [index, other] of others.entries()) dealt.push(await other.deal({ ownId: index + 1, members, transcript }))
      expect(zeroed()).toEqual([false, false, false, false])
      unwrap(client.shares(deliveryFor(0, manifest, dealt)))
      expect(zeroed()).toEqual([false, true, false, false]) // the key for shares
      if (stage === 'given') {
        unwrap(await client.input(new Uint32Array(unsigned.vectorLength)))
        expect(zeroed()).toEqual([true, true, true, false]) // but for the nonce
      }
    }
    client.leave()
    expect(zeroed()).toEqual([true, true, true, true])
  },
)
