import { createRng } from '@shoal/numeric'
import { decodeRoster, encodeRoster, isIn, type SumRoster, type UnsignedSumManifest } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createNodeAesMasks } from './node-mask-stream.ts'
import { createSumClient } from './sum-client.ts'
import { createSumServer } from './sum-server.ts'
import { consentOf, coordinator, hash, keyPair, manifestOf, type Plan, resigned, seededSodium, tabSuiteOf, unwrap } from './testing-manifest.ts'
import { run, type Wire } from './testing-sum.ts'

const PLAN: Plan = { g: 7 }
const sodium = seededSodium('agreement')
/** To the client at place 3 alone. */
const at =
  (stage: number, change: (frame: Uint8Array) => Uint8Array): NonNullable<Wire['toClient']> =>
  (s, place, frame) =>
    s === stage && place === 3 ? change(frame) : frame

const CHANGES: readonly (readonly [string, Partial<UnsignedSumManifest>])[] = [
  ['federation', { federation: new Uint8Array(16).fill(9) }],
  ['purpose', { purpose: 'count' }],
  ['cluster', { cluster: 6 }],
  ['policy', { policyHash: hash(99) }],
  ['architecture', { architectureHash: hash(99) }],
  ['model', { modelHashes: [hash(99)] }],
  ['number of models', { modelHashes: [] }],
  ['last round again', { round: 2 }],
  ['earlier epoch', { epoch: 1, round: 9 }],
  ['lower threshold', { threshold: 4 }],
  ['other bits', { valueBits: 20 }],
  ['other ring', { ring: 16, valueBits: 11 }],
  ['longer vector', { vectorLength: 8 }],
  ['other blocks', { blocks: 3 }],
  ['wider range', { range: 4 }],
  ['other clip', { clip: 2 }],
]

test.each(CHANGES)('[5.1.10] a client refuses a manifest with another %s than it agreed to, although it is signed', async (_name, change) => {
  const { codes, released } = await run(PLAN, { rng: createRng('manifest'), wire: { toClient: at(1, (frame) => resigned(frame, change)) } })
  expect(codes).toEqual(['SHOAL_ERR_SUM_MANIFEST'])
  expect(released).not.toBeNull() // over the others
})

test('[5.2] a cluster below the kMin of the policy is no sum; nor is anything that the coordinator did not sign', async () => {
  const low = await run(PLAN, { rng: createRng('low'), consent: (consent) => ({ ...consent, kMin: 4 }) })
  expect(new Set(low.codes)).toEqual(new Set(['SHOAL_ERR_SUM_MANIFEST', 'SHOAL_ERR_SUM_TOO_FEW']))
  const unsigned = (frame: Uint8Array) => frame.with(-1, frame.at(-1)! ^ 1)
  const forged = await run(PLAN, { rng: createRng('unsigned'), wire: { toClient: at(1, unsigned) } })
  expect(forged.codes).toEqual(['SHOAL_ERR_IDENTITY_UNPROVEN'])
})

test.each(['policyHash', 'architectureHash', 'models'] as const)(
  '[5.1.10] a client that was shown another %s and believes it: shares do not open and nothing is released',
  async (field) => {
    const change = field === 'models' ? { modelHashes: [hash(99)] } : { [field]: hash(99) }
    const { codes, released } = await run(PLAN, {
      rng: createRng('believed'),
      wire: { toClient: at(1, (frame) => resigned(frame, change)) },
      consent: (consent, place) => (place === 3 ? { ...consent, ...change } : consent),
    })
    expect(codes.filter((code) => code === 'SHOAL_ERR_SEALED_SHARES')).toHaveLength(7)
    expect(released).toBeNull()
  },
)

const rosterChanged = (change: (roster: SumRoster) => Partial<SumRoster>) => (frame: Uint8Array) => {
  const roster = unwrap(decodeRoster(frame))
  return encodeRoster({ ...roster, ...change(roster) })
}
const shownRoster = async (change: (roster: SumRoster) => Partial<SumRoster>) =>
  run(PLAN, { rng: createRng('roster'), wire: { toClient: at(2, rosterChanged(change)) } })
const without = (place: number) => shownRoster(({ members }) => ({ members: members.filter((_, id) => id !== place) }))

test('[5.2] a roster that one client alone was shown: a key put in place, itself left out, a peer left out, another order', async () => {
  const swapped = await shownRoster(({ members }) => ({ members: members.with(1, { ...members[1]!, maskKey: sodium.crypto_box_keypair().publicKey }) }))
  expect(swapped.codes).toEqual(['SHOAL_ERR_IDENTITY_UNPROVEN'])
  expect((await without(3)).codes).toEqual(['SHOAL_ERR_SUM_ROSTER'])
  const fork = await without(1)
  expect(fork.codes).toContain('SHOAL_ERR_MALFORMED') // its shares are not for all of the others' peers
  expect(isIn(fork.released!.survivors, 3)).toBe(false)
  const reordered = await shownRoster(({ members }) => ({ members: members.toReversed() }))
  expect(reordered.codes).toContain('SHOAL_ERR_SEALED_SHARES')
  expect(reordered.released).toBeNull()
})

test('[5.2] Sybils: a copied identity can not sign, a copied key occurs twice, and unknown identities are no verified peers', async () => {
  const copied = await shownRoster(({ members }) => {
    const sybil = { ...members[1]!, maskKey: sodium.crypto_box_keypair().publicKey, shareKey: sodium.crypto_box_keypair().publicKey }
    const forger = keyPair()
    return { members: members.with(1, { ...sybil, signature: sodium.crypto_sign_detached(hash(1), forger.privateKey) }) }
  })
  expect(copied.codes).toEqual(['SHOAL_ERR_IDENTITY_UNPROVEN'])
  expect((await shownRoster(({ members }) => ({ members: members.with(1, members[2]!) }))).codes).toEqual(['SHOAL_ERR_MALFORMED'])
  // Place 3 knows three of its peers and asks for as many, or for one more.
  const withKnown = async (minVerifiedPeers: number) => {
    const identities = Array.from({ length: 7 }, () => keyPair())
    const known = identities.slice(0, 3).map(({ publicKey }) => publicKey.join())
    return run(PLAN, {
      rng: createRng('known'),
      identities,
      consent: (consent, place) =>
        place === 3 ? { ...consent, minVerifiedPeers, isVerified: ({ identityKey }) => known.includes(identityKey.join()) } : consent,
    })
  }
  expect((await withKnown(3)).codes).toEqual([])
  expect((await withKnown(4)).codes).toEqual(['SHOAL_ERR_SUM_ROSTER'])
})

test('[5.2] the server takes no keys in the name of another client, nor keys that somebody has', async () => {
  const frames = new Map<number, Uint8Array>()
  const stolen = await run(PLAN, {
    rng: createRng('stolen'),
    wire: {
      toServer: (stage, place, frame) => {
        if (stage !== 1) return frame
        frames.set(place, frame)
        const [other] = [...frames].find(([id]) => id !== place) ?? []
        return place === 3 && other !== undefined ? frames.get(other)! : frame
      },
    },
  })
  expect(stolen.codes).toEqual(['SHOAL_ERR_MALFORMED'])
  expect(stolen.released!.members).toHaveLength(6)
  const IDENTITY = 6
  const renamed: Wire['toServer'] = (stage, place, frame) => {
    if (stage === 1 && place === 3) frame.set(hash(9), IDENTITY)
    return frame
  }
  expect((await run(PLAN, { rng: createRng('renamed'), wire: { toServer: renamed } })).codes).toEqual(['SHOAL_ERR_MALFORMED'])
})

test.each([1, 2, 3, 4])('[3.8] two manifests for one sum: the client leaves at stage %i and keeps both as proof', async (stage) => {
  const answers: unknown[] = []
  const manifests: Uint8Array[] = []
  const { codes, members } = await run(PLAN, {
    rng: createRng('rival'),
    wire: {
      toClient: (s, place, frame) => {
        if (s === 1 && place === 3) manifests.push(frame)
        return frame
      },
      toServer: (s, place, frame, client) => {
        if (s !== stage || place !== 3) return frame
        const [first] = manifests as [Uint8Array]
        const notRivals = [first, resigned(first, { round: 4 }), resigned(first, { cohort: 5 }), resigned(first, { kDiff: 2 }).with(-1, 0), frame]
        for (const other of notRivals) expect(client.manifest(other)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } })
        expect(client.proof()).toBeNull()
        manifests.push(resigned(first, { kDiff: 2 }))
        answers.push(client.manifest(manifests[1]!))
        return frame
      },
    },
  })
  expect(answers).toMatchObject([{ ok: false, failure: { code: 'SHOAL_ERR_SUM_MANIFEST', detail: 'two manifests' } }])
  expect(members[3]!.client.proof()).toEqual(manifests)
  expect(new Set(codes)).toEqual(new Set(['SHOAL_ERR_SUM_STAGE'])) // of the messages that it takes no more
  expect(members[3]!.outcome()).toBeNull()
})

test('a client that left takes no message', async () => {
  const identity = keyPair()
  const manifest = manifestOf(PLAN)
  const client = createSumClient(sodium, { identity, consent: consentOf(manifest), suiteOf: tabSuiteOf })
  const server = createSumServer(sodium, { manifest, signing: coordinator, invited: [identity.publicKey], suite: createNodeAesMasks() })
  const stage = { ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } }
  expect(await client.roster(hash(0))).toMatchObject(stage)
  expect(client.manifest(server.invitations[0]!.frame)).toMatchObject({ ok: true })
  client.leave()
  expect(await client.roster(hash(0))).toMatchObject(stage)
  expect(client.manifest(resigned(server.invitations[0]!.frame, { kDiff: 2 }))).toMatchObject(stage)
})

test('a server makes no sum that clients would refuse', () => {
  const create = (change: Partial<UnsignedSumManifest>) => () =>
    createSumServer(sodium, { manifest: { ...manifestOf(PLAN), ...change }, signing: coordinator, invited: [], suite: createNodeAesMasks() })
  expect(create({ threshold: 4 })).toThrow('threshold 4')
  expect(create({ valueBits: 28 })).toThrow('28 bits')
  expect(create({ suite: 2 })).toThrow('suite 1')
})
