import { createRng, type RingVector } from '@shoal/numeric'
import {
  decodeAdvertisement,
  decodeMaskedInput,
  decodeUnmasking,
  encodeManifest,
  encodeProposal,
  encodeRoster,
  type Revealed,
  rosterSetOf,
} from '@shoal/protocol'
import { expect, test } from 'vitest'
import { opensCommitment } from './mask-seed.ts'
import { createNodeAesMasks } from './node-mask-stream.ts'
import { isPrivateKeyOf, maskSignOf, pairKeyOf } from './pair-key.ts'
import { combineShares, type HeldShare } from './secret-shares.ts'
import { createSumClient } from './sum-client.ts'
import { applyToBlocks } from './sum-masks.ts'
import { leastThresholdOf, sumTranscriptOf } from './sum-rules.ts'
import { createColluder, deliveryFor } from './testing-colluder.ts'
import { consentOf, keyPair, manifestOf, seededSodium, signedManifestOf, tabSuiteOf, unwrap } from './testing-manifest.ts'
import { plainOf } from './testing-sum.ts'

const VICTIM = 0
const sodium = seededSodium('collusion')
const suite = createNodeAesMasks()

/**
 * The server wants the words of the client at place 0. It tells the first `told` of the honest clients, the victim among them, that all survived, and asks them for shares of the victim's seed;
 * to the others it says that the victim dropped out, and asks for shares of its mask key. The last `colluders` members give it both. Null unless it gets both secrets; else what it reads.
 */
async function splitAttack({ g, colluders, told }: { g: number; colluders: number; told: number }): Promise<{ read: RingVector; plain: RingVector } | null> {
  const unsigned = manifestOf({ g, purpose: 'update', vectorLength: 50, blocks: 3 })
  const manifest = signedManifestOf(unsigned)
  const manifestFrame = encodeManifest(manifest)
  const honest = Array.from({ length: g - colluders }, () =>
    createSumClient(sodium, { identity: keyPair(), consent: consentOf(unsigned), suiteOf: tabSuiteOf }),
  )
  const bad = Array.from({ length: colluders }, () => createColluder(sodium, manifest))
  const members = [
    ...honest.map((client) => unwrap(decodeAdvertisement(unwrap(client.manifest(manifestFrame))))),
    ...bad.map(({ advertisement }) => advertisement),
  ]
  const rosterFrame = encodeRoster({ cohort: manifest.cohort, members, credentials: [] })
  const transcript = sumTranscriptOf(sodium, manifestFrame, rosterFrame)
  const agreementOf = (index: number) => ({ ownId: honest.length + index, members, transcript })
  const dealt: Uint8Array[] = []
  for (const client of honest) dealt.push(unwrap(await client.roster(rosterFrame)))
  for (const [index, member] of bad.entries()) dealt.push(await member.deal(agreementOf(index)))

  const plain = plainOf(createRng('victim'), manifest)
  let read: RingVector = new Uint32Array(0)
  for (const [place, client] of honest.entries()) {
    unwrap(client.shares(deliveryFor(place, manifest, dealt)))
    const frame = unwrap(await client.input(plain.slice()))
    if (place === VICTIM) read = unwrap(decodeMaskedInput(frame, { ...manifest, rosterSize: g })).words.slice()
  }

  const seedShares: HeldShare[] = []
  const keyShares: HeldShare[] = []
  for (const [place, client] of honest.entries()) {
    const everyone = [...members.keys()]
    const survivors = rosterSetOf(place < told ? everyone : everyone.filter((id) => id !== VICTIM), g)
    const answer = unwrap(client.proposal(encodeProposal({ cohort: manifest.cohort, survivors, inputHashes: [] })))
    const entry = unwrap(decodeUnmasking(answer, survivors)).revealed[VICTIM] as Exclude<Revealed, { of: 'nothing' }>
    ;(entry.of === 'seed' ? seedShares : keyShares).push({ holder: place, share: entry.share })
  }
  for (const [index, member] of bad.entries()) {
    const place = honest.length + index
    const pair = member.heldAfter(agreementOf(index), deliveryFor(place, manifest, dealt)).get(VICTIM)!
    seedShares.push({ holder: place, share: pair.seedShare })
    keyShares.push({ holder: place, share: pair.keyShare })
  }
  const { identityKey, seedCommitment, maskKey } = members[VICTIM]!
  const { threshold, blocks } = manifest
  const seed = await combineShares(seedShares, { threshold, isRight: opensCommitment(sodium, { ...manifest, identityKey }, seedCommitment) })
  const key = await combineShares(keyShares, { threshold, isRight: isPrivateKeyOf(sodium, maskKey) })
  if (!seed.ok || !key.ok) return null
  await applyToBlocks(suite, read, { key: seed.value.secret, sign: -1, blocks })
  const own = { id: VICTIM, keyPair: { publicKey: maskKey, privateKey: key.value.secret } }
  for (const [id, { maskKey: publicKey }] of members.entries()) {
    if (id === VICTIM) continue
    const pairKey = unwrap(pairKeyOf(sodium, 'masks', { own, peer: { id, publicKey }, transcript }))
    await applyToBlocks(suite, read, { key: pairKey, sign: maskSignOf(VICTIM, id) === 1 ? -1 : 1, blocks })
  }
  return { read, plain }
}

test.each([4, 5, 7, 8])('[5.2] g = %i: seed from one half and key from the other, with up to 2t - g - 1 colluders: no reconstruction', async (g) => {
  const enough = 2 * leastThresholdOf(g) - g
  for (let colluders = 0; colluders < enough; colluders += 1)
    for (let told = 1; told <= g - colluders; told += g < 7 ? 1 : 2) expect(await splitAttack({ g, colluders, told })).toBeNull()
})

test.each([4, 5, 7, 8])('[5.2] g = %i: with 2t - g colluders it succeeds and reads the victim, which is where the guarantee ends', async (g) => {
  const threshold = leastThresholdOf(g)
  const colluders = 2 * threshold - g
  const read = await splitAttack({ g, colluders, told: threshold - colluders })
  expect(read).not.toBeNull()
  expect(read!.read).toEqual(read!.plain)
})

test('[3.4] 2t - g is above a third of every cohort, and the bounds are those of the table', () => {
  for (let g = 3; g <= 255; g += 1) expect(2 * leastThresholdOf(g) - g).toBeGreaterThan(g / 3)
  expect([4, 8, 16, 32, 64, 100].map((g) => [leastThresholdOf(g), 2 * leastThresholdOf(g) - g - 1])).toEqual([
    [3, 1],
    [6, 3],
    [11, 5],
    [22, 11],
    [43, 21],
    [67, 33],
  ])
})
