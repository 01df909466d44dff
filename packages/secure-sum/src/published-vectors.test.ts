import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { emptyRingVector, type RingBits, type RingVector } from '@shoal/numeric'
import { bytesOfWords, decodeManifest, decodeSumResult, idsIn, type SumManifest } from '@shoal/protocol'
import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { createAesMasks, createChaChaMasks, type MaskSuite } from './mask-stream.ts'
import { createNodeAesMasks, createNodeChaChaMasks } from './node-mask-stream.ts'
import { type ExchangeKeyPair, pairKeyOf } from './pair-key.ts'
import type { Sodium } from './sodium.ts'
import { beaconOf } from './sum-beacon.ts'
import { createSumClient } from './sum-client.ts'
import { applyToBlocks } from './sum-masks.ts'
import { hashOfWords, sumTranscriptOf } from './sum-rules.ts'
import { createSumServer, type SumLetter, type SumStep } from './sum-server.ts'
import { consentOf, unwrap } from './testing-manifest.ts'

await sodium.ready

interface Case {
  readonly name: string
  readonly suite: 1 | 2
  readonly ring: RingBits
  readonly manifest: string
  readonly members: readonly Record<
    'identitySeed' | 'maskPrivateKey' | 'sharePrivateKey' | 'seed' | 'nonce' | 'advertisement' | 'identityKey' | 'maskKey',
    string
  >[]
  readonly roster: string
  readonly transcript: string
  readonly pairs: readonly { readonly low: number; readonly high: number; readonly key: string; readonly firstMaskWords: string }[]
  readonly ownMasks: readonly { readonly id: number; readonly firstMaskWords: string }[]
  readonly inputs: readonly { readonly id: number; readonly plain: string; readonly masked: string; readonly frame: string }[]
  readonly survivors: readonly number[]
  readonly certificate: readonly { readonly id: number; readonly signature: string }[]
  readonly sum: string
  readonly sumHash: string
  readonly beacon: string
}
const folder = new URL('../../../vectors/', import.meta.url)
const text = readFileSync(new URL('secure-sum.json', folder), 'utf8')
const vectors: { readonly coordinatorSeed: string; readonly cases: readonly Case[] } = JSON.parse(text)
const CASES = vectors.cases.map((one) => [one.name, one] as const)
const SUITES: Record<1 | 2, readonly MaskSuite[]> = {
  1: [createAesMasks(crypto.subtle), createNodeAesMasks()],
  2: [createChaChaMasks(sodium), createNodeChaChaMasks(sodium)],
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const wordsOf = (hex: string, ring: RingBits): RingVector => (ring === 16 ? new Uint16Array(bytesOf(hex).buffer) : new Uint32Array(bytesOf(hex).buffer))
const exchangeOf = (privateKey: string): ExchangeKeyPair => ({ publicKey: sodium.crypto_scalarmult_base(bytesOf(privateKey)), privateKey: bytesOf(privateKey) })
const manifestIn = ({ manifest }: Case): SumManifest => unwrap(decodeManifest(bytesOf(manifest)))

/** libsodium that draws what a vector has written down, in the order in which a client draws. */
function fixedSodium({ maskPrivateKey, sharePrivateKey, seed, nonce }: Case['members'][number]): Sodium {
  const pairs = [maskPrivateKey, sharePrivateKey].map(exchangeOf)
  const secrets = [seed, nonce].map(bytesOf)
  return {
    ...sodium,
    crypto_box_keypair: () => pairs.shift(),
    randombytes_buf: (length: number) => secrets.shift() ?? sodium.randombytes_buf(length), // later ones seal shares
  } as Sodium
}

test('[4.3] the published vectors are those that their script makes, which knows nothing of this code', () => {
  expect(execFileSync(process.execPath, [fileURLToPath(new URL('secure-sum.mjs', folder))], { encoding: 'utf8', maxBuffer: 2 ** 24 })).toBe(text)
})

test.each(CASES)('[4.3] keys and first mask words, on every platform (%s)', async (_name, one) => {
  const { transcript, members, pairs, ownMasks, ring, suite } = one
  const { blocks, vectorLength } = manifestIn(one)
  const firstWords = async (masks: MaskSuite, key: Uint8Array) => {
    const words = emptyRingVector(ring, vectorLength)
    await applyToBlocks(masks, words, { key, sign: 1, blocks })
    return hexOf(bytesOfWords(words.slice(0, 64)))
  }
  expect(hexOf(sumTranscriptOf(sodium, bytesOf(one.manifest), bytesOf(one.roster)))).toBe(transcript)
  expect(pairs).toHaveLength(6)
  for (const { low, high, key, firstMaskWords } of pairs) {
    const sideOf = (own: number, peer: number) => ({
      own: { id: own, keyPair: exchangeOf(members[own]!.maskPrivateKey) },
      peer: { id: peer, publicKey: bytesOf(members[peer]!.maskKey) },
      transcript: bytesOf(transcript),
    })
    for (const pair of [sideOf(low, high), sideOf(high, low)]) expect(hexOf(unwrap(pairKeyOf(sodium, 'masks', pair)))).toBe(key)
    for (const masks of SUITES[suite]) expect(await firstWords(masks, bytesOf(key))).toBe(firstMaskWords)
  }
  for (const { id, firstMaskWords } of ownMasks)
    for (const masks of SUITES[suite]) expect(await firstWords(masks, bytesOf(members[id]!.seed))).toBe(firstMaskWords)
})

test.each(CASES)('[4.3] the machines make the same frames, inputs, sum and beacon of the same randomness (%s)', async (_name, one) => {
  const { members, inputs, ring, survivors } = one
  const { signature: _signature, ...unsigned } = manifestIn(one)
  const signing = sodium.crypto_sign_seed_keypair(bytesOf(vectors.coordinatorSeed))
  const identities = members.map(({ identitySeed }) => sodium.crypto_sign_seed_keypair(bytesOf(identitySeed)))
  const consent = { ...consentOf(unsigned), coordinatorKey: signing.publicKey }
  const clients = identities.map((identity, id) => createSumClient(fixedSodium(members[id]!), { identity, consent, suiteOf: () => SUITES[one.suite][0]! }))
  const suite = SUITES[one.suite][1]!
  const server = createSumServer(sodium, { manifest: unsigned, signing, invited: identities.map(({ publicKey }) => publicKey), suite })
  const senderOf = (id: number) => identities[id]!.publicKey
  const idOf = ({ to }: SumLetter): number => members.findIndex(({ identityKey }) => identityKey === hexOf(to))
  const lettersOf = (step: SumStep): readonly SumLetter[] => (step.kind === 'sending' || step.kind === 'released' ? step.letters : [])
  const letterTo = (id: number, step: SumStep): Uint8Array => lettersOf(step).find((letter) => idOf(letter) === id)!.frame
  let step: SumStep = { kind: 'sending', letters: server.invitations }

  expect(hexOf(letterTo(0, step))).toBe(one.manifest)
  let next: SumStep = step
  for (const [id, client] of clients.entries()) {
    const frame = unwrap(client.manifest(letterTo(id, step)))
    expect(hexOf(frame)).toBe(members[id]!.advertisement)
    next = unwrap(server.advertisement(senderOf(id), frame))
  }
  step = next
  expect(hexOf(letterTo(0, step))).toBe(one.roster)
  for (const [id, client] of clients.entries()) next = unwrap(server.shares(senderOf(id), unwrap(await client.roster(letterTo(id, step)))))
  step = next
  for (const [id, client] of clients.entries()) {
    unwrap(client.shares(letterTo(id, step)))
    const words = wordsOf(inputs[id]!.plain, ring).slice()
    const frame = unwrap(await client.input(words))
    expect(hexOf(bytesOfWords(words))).toBe(inputs[id]!.masked)
    expect(hexOf(frame)).toBe(inputs[id]!.frame)
    if (survivors.includes(id)) next = unwrap(server.input(senderOf(id), frame))
  }
  step = next.kind === 'waiting' ? await server.stageOver() : next
  for (const id of survivors) next = unwrap(await server.unmasking(senderOf(id), unwrap(clients[id]!.proposal(letterTo(id, step)))))
  if (next.kind !== 'released') throw new Error(next.kind)
  expect(idsIn(next.sum.survivors)).toEqual(survivors)
  expect(hexOf(bytesOfWords(next.sum.words))).toBe(one.sum)
  expect(hexOf(hashOfWords(sodium, next.sum.words))).toBe(one.sumHash)
  expect(hexOf(beaconOf(sodium, next.sum.nonces))).toBe(one.beacon)
  const { certificate } = unwrap(decodeSumResult(letterTo(0, next), { ...unsigned, rosterSize: 4 }))
  expect(certificate.map(({ id, signature }) => ({ id, signature: hexOf(signature) }))).toEqual(one.certificate)
  expect((await clients[0]!.result(letterTo(0, next))).ok).toBe(true)
})
