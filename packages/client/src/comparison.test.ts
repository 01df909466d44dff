import type { VerifiedAggregatorKey } from '@shoal/privacy'
import { loadSodium, sealContribution } from '@shoal/privacy'
import { askIdOf, bytesOf, encodeFrame } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { FEDERATION } from '../tests/samples.ts'
import { compareSealed, draftComparison } from './comparison.ts'

test('[CL50] words are compared with themselves after masking in place, both as signed whole numbers', () => {
  const words = Uint16Array.of(3, 0xffff, 0x8000)
  const draft = draftComparison(words, 0.5)
  words.set([0, 0x7fff, 0xfffe])
  expect(draft.with(words)).toEqual({
    hiddenBy: 'masks',
    length: 3,
    places: [0, 1, 2],
    clear: [1.5, -0.5, -16_384],
    sent: [0, 32_767, -2],
    sentLimit: 32_768,
  })
  const wide = Uint32Array.of(0xffffffff)
  expect(draftComparison(wide, 1).with(wide)).toMatchObject({ clear: [-1], sent: [-1], sentLimit: 2 ** 31 })
})

test('[CL50] of a long answer 64 places are shown, spread evenly from end to end', () => {
  const words = Uint32Array.from({ length: 100_000 }, (_, index) => index)
  const { places, clear, length } = draftComparison(words, 1).with(words)
  expect(length).toBe(100_000)
  expect(places).toHaveLength(64)
  expect(clear).toEqual(places)
  expect(places[0]).toBe(781)
  expect(places[63]).toBe(99_218)
})

const sodium = await loadSodium()
const { publicKey } = sodium.crypto_box_keypair()
const context = { federation: FEDERATION, ask: askIdOf(0, 0), policyHash: new Uint8Array(32) }
const ciphers = [
  { name: 'AES-GCM', subtle: crypto.subtle },
  { name: 'XChaCha20', subtle: null },
]

test.each(ciphers)('[CL50] sealed with $name: a number and the very bytes that encrypt it', async ({ subtle }) => {
  const vector = Float32Array.of(0.25, -8, 3)
  const changed = Float32Array.of(0.25, -8, -3)
  const seal = (body: Float32Array) =>
    sealContribution({ sodium: { ...sodium, randombytes_buf: fixed }, subtle }, { aggregatorKey, context, frame: encodeFrame({}, bytesOf(body)) })
  const aggregatorKey = { epoch: 1, publicKey } as unknown as VerifiedAggregatorKey
  const fixed = ((count: number) => new Uint8Array(count).fill(7)) as typeof sodium.randombytes_buf
  const [one, other] = await Promise.all([seal(vector), seal(changed)])
  const compare = (body: Float32Array, sealed: Uint8Array) => compareSealed(encodeFrame({}, bytesOf(body)), sealed, { count: 3, width: 4 })
  const first = compare(vector, one)
  const second = compare(changed, other)
  expect(first).toMatchObject({ hiddenBy: 'encryption', length: 3, places: [0, 1, 2], clear: [0.25, -8, 3], sentLimit: 2 ** 31 })
  expect(first?.sent.slice(0, 2)).toEqual(second?.sent.slice(0, 2))
  // The sign alone differs, and a stream turns the same bit.
  expect((first?.sent[2] ?? 0) ^ (second?.sent[2] ?? 0)).toBe(-(2 ** 31))
})

test('[CL50] numbers of one byte are read as such; bytes that hold no frame are compared with nothing', () => {
  const frame = encodeFrame({}, Uint8Array.of(1, 255, 128))
  const body = new Uint8Array(10 + frame.length + 16).map((_, index) => index)
  expect(compareSealed(frame, body, { count: 2, width: 1 })).toMatchObject({ clear: [-1, -128], sent: [frame.length + 8, frame.length + 9], sentLimit: 128 })
  expect(compareSealed(frame, frame, { count: 2, width: 1 })).toBeNull()
})
