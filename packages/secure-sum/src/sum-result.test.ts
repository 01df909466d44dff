import { createRng } from '@shoal/numeric'
import { decodeSumResult, encodeSumResult, type OpenSum, type SumResult } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { beaconOf } from './sum-beacon.ts'
import { flipped, hash, keyPair, type Plan, seededSodium, unwrap } from './testing-manifest.ts'
import { plainSumOf, run, type Wire } from './testing-sum.ts'

const PLAN: Plan = { g: 7 }

const changed =
  (change: (result: SumResult) => SumResult): NonNullable<Wire['toClient']> =>
  (stage, place, frame) =>
    stage === 5 && place === 0 ? encodeSumResult(change(unwrap(decodeSumResult(frame, { ring: 32, vectorLength: 7, purpose: 'hist', rosterSize: 7 })))) : frame
const openChanged = (change: (sum: OpenSum) => OpenSum) =>
  changed((result) => {
    if (result.sum.kind !== 'open') throw new Error('hashed')
    return { ...result, sum: change(result.sum) }
  })

const LIES: readonly (readonly [string, (sum: OpenSum) => OpenSum, string])[] = [
  ['another sum', (sum) => ({ ...sum, words: flipped(sum.words) }), 'SHOAL_ERR_SUM_RESULT'],
  [
    'other words of an input',
    (sum) => ({ ...sum, inputs: sum.inputs.with(2, { ...sum.inputs[2]!, words: flipped(sum.inputs[2]!.words) }) }),
    'SHOAL_ERR_SUM_RESULT',
  ],
  [
    'a forged input',
    (sum) => ({ ...sum, inputs: sum.inputs.with(2, { ...sum.inputs[2]!, signature: flipped(sum.inputs[2]!.signature) }) }),
    'SHOAL_ERR_IDENTITY_UNPROVEN',
  ],
  ['another seed', (sum) => ({ ...sum, inputs: sum.inputs.with(2, { ...sum.inputs[2]!, seed: flipped(sum.inputs[2]!.seed) }) }), 'SHOAL_ERR_SUM_RESULT'],
  ['inputs in another order', (sum) => ({ ...sum, inputs: sum.inputs.toReversed() }), 'SHOAL_ERR_SUM_RESULT'],
  ['no key of the dropped', (sum) => ({ ...sum, dropped: [] }), 'SHOAL_ERR_SUM_RESULT'],
  ['another key of the dropped', (sum) => ({ ...sum, dropped: [{ id: 6, privateKey: hash(7) }] }), 'SHOAL_ERR_SUM_RESULT'],
]

test.each(LIES)('[3.7] a count, a histogram or a split vector with %s is not believed', async (_name, change, code) => {
  const { codes, members, released } = await run(PLAN, {
    rng: createRng('lies'),
    dropsAt: (place) => (place === 6 ? 3 : 5),
    wire: { toClient: openChanged(change) },
  })
  expect(codes).toEqual([code])
  expect(members[0]!.outcome()).toBeNull()
  expect([...released!.words]).toEqual(plainSumOf(members.slice(0, 6), { ring: 32, vectorLength: 7 })) // as the others believe
})

test('[3.7] a forged input that a colluding member signs is none that was proposed', async () => {
  const sodium = seededSodium('colluder')
  const forged = keyPair()
  const change = openChanged((sum) => {
    const words = flipped(sum.inputs[2]!.words)
    const hashed = sodium.crypto_generichash(32, new Uint8Array(words.buffer, words.byteOffset, words.byteLength), null)
    return { ...sum, inputs: sum.inputs.with(2, { ...sum.inputs[2]!, words, hash: hashed, signature: sodium.crypto_sign_detached(hashed, forged.privateKey) }) }
  })
  expect((await run(PLAN, { rng: createRng('colluder'), wire: { toClient: change } })).codes).toEqual(['SHOAL_ERR_SUM_RESULT'])
})

test('[3.7] a certificate with fewer signatures than the threshold, a forged one, or another nonce than was committed to', async () => {
  const codesWith = async (change: (certificate: SumResult['certificate']) => SumResult['certificate']) => {
    const toClient = changed((result) => ({ ...result, certificate: change(result.certificate) }))
    return (await run(PLAN, { rng: createRng('certificate'), wire: { toClient } })).codes
  }
  expect(await codesWith((certificate) => certificate.slice(0, 5))).toEqual([])
  expect(await codesWith((certificate) => certificate.slice(0, 4))).toEqual(['SHOAL_ERR_SUM_RESULT'])
  expect(await codesWith((certificate) => certificate.map((entry) => ({ ...entry, signature: flipped(entry.signature) })))).toEqual([
    'SHOAL_ERR_IDENTITY_UNPROVEN',
  ])
  expect(await codesWith((certificate) => certificate.with(1, { ...certificate[1]!, nonce: flipped(certificate[1]!.nonce) }))).toEqual(['SHOAL_ERR_SUM_RESULT'])
})

test.each(['hist', 'update'] as const)('[3.4] server and clients know the same beacon, made of the nonces of those who unmasked (%s)', async (purpose) => {
  const sodium = seededSodium('beacon')
  const { released, members } = await run({ ...PLAN, purpose }, { rng: createRng('beacon'), dropsAt: (place) => (place === 2 ? 3 : place === 5 ? 4 : 5) })
  const { nonces } = released!
  expect(nonces.map(({ id }) => id)).toEqual([0, 1, 3, 4, 6])
  expect(new Set(nonces.map(({ nonce }) => sodium.to_hex(nonce))).size).toBe(5)
  for (const { outcome } of members.filter(({ dropsAt }) => dropsAt === 5)) expect(outcome()!.nonces).toEqual(nonces)
  const seed = beaconOf(sodium, nonces)
  expect(seed).toHaveLength(32)
  for (const other of [nonces.slice(1), nonces.toReversed(), nonces.with(4, { id: 6, nonce: hash(0) })]) expect(beaconOf(sodium, other)).not.toEqual(seed)
})
