import { createRingCode, createRng, emptyRingVector, type RingVector, type Rng, shuffled } from '@shoal/numeric'
import {
  bytesOfWords,
  decodeManifest,
  decodeMaskedInput,
  decodeProposal,
  decodeRoster,
  decodeSumResult,
  encodeManifest,
  encodeProposal,
  encodeRoster,
  encodeSumResult,
  idsIn,
  isIn,
  manifestSignedPart,
  type OpenSum,
  rosterSetOf,
  type SumManifest,
  type SumPurpose,
  type SumResult,
  type UnsignedSumManifest,
} from '@shoal/protocol'
import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { createAesMasks, createChaChaMasks, type MaskSuite } from './mask-stream.ts'
import { createNodeAesMasks } from './node-mask-stream.ts'
import type { SumConsent } from './sum-agreement.ts'
import { beaconOf } from './sum-beacon.ts'
import { createSumClient, type SumClient } from './sum-client.ts'
import type { ReleasedSum } from './sum-opening.ts'
import type { SumOutcome } from './sum-result.ts'
import { leastThresholdOf, type SigningKeyPair } from './sum-rules.ts'
import { createSumServer, type SumLetter, type SumServer, type SumStep } from './sum-server.ts'

await sodium.ready

const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const keyPair = (): SigningKeyPair => sodium.crypto_sign_keypair()
const suiteOf = (id: 1 | 2) => (id === 1 ? createAesMasks(crypto.subtle) : createChaChaMasks(sodium))
const coordinator = keyPair()

interface Plan {
  readonly g: number
  readonly kMin?: number
  readonly ring?: 16 | 32
  readonly suite?: 1 | 2
  readonly purpose?: SumPurpose
  readonly vectorLength?: number
  readonly blocks?: number
}

const manifestOf = ({ g, kMin = 3, ring = 32, suite = 1, purpose = 'hist', vectorLength = 7, blocks = 2 }: Plan): UnsignedSumManifest => ({
  suite,
  federation: new Uint8Array(16).fill(1),
  epoch: 2,
  round: 3,
  cohort: 4,
  purpose,
  policyHash: hash(10),
  architectureHash: hash(11),
  modelHashes: [hash(12)],
  previousManifestHash: hash(0),
  previousCertificateHash: hash(0),
  cohortSize: g,
  threshold: leastThresholdOf(g),
  kMin,
  kDiff: 1,
  ring,
  valueBits: createRingCode(ring, g).valueBits,
  clip: 1,
  range: 2,
  vectorLength,
  blocks,
  cluster: 5,
  advertiseMs: 1,
  shareMs: 1,
  inputMs: 1,
  unmaskMs: 1,
})

const consentOf = ({ federation, purpose, cluster, policyHash, architectureHash, modelHashes, kMin, ...form }: UnsignedSumManifest): SumConsent => ({
  coordinatorKey: coordinator.publicKey,
  federation,
  purpose,
  cluster,
  policyHash,
  architectureHash,
  modelHashes,
  form,
  kMin,
  last: { epoch: 2, round: 2 },
  minVerifiedPeers: 0,
  isVerified: () => false,
  objection: () => null,
})

interface Member {
  readonly identity: SigningKeyPair
  readonly client: SumClient
  readonly plain: RingVector
  /** The stage at whose message this client falls silent: 1 says nothing at all, 5 never does. */
  readonly dropsAt: number
  outcome?: SumOutcome
}

/** What a scripted attacker or a bad line does with the frames on their way. */
interface Wire {
  /** Places are those of the cohort, which are those of the roster while nobody drops before it. */
  readonly toClient?: (stage: number, place: number, frame: Uint8Array) => Uint8Array
  readonly toServer?: (stage: number, place: number, frame: Uint8Array, client: SumClient) => Uint8Array
}

interface Run {
  readonly manifest: UnsignedSumManifest
  readonly members: readonly Member[]
  readonly server: SumServer
  readonly released: ReleasedSum | null
  readonly steps: readonly SumStep[]
  /** Failures of clients and of the server's answers. */
  readonly codes: string[]
  readonly sent: Map<string, Uint8Array>
  readonly received: Map<string, Uint8Array>
}

function plainOf(rng: Rng, manifest: UnsignedSumManifest): RingVector {
  const { largest } = createRingCode(manifest.ring, manifest.cohortSize)
  const plain = emptyRingVector(manifest.ring, manifest.vectorLength)
  return plain.map(() => rng.below(2 * largest + 1) - largest) as RingVector
}

interface RunOptions {
  readonly rng: Rng
  readonly dropsAt?: (place: number) => number
  readonly wire?: Wire
  readonly consent?: (consent: SumConsent, place: number) => SumConsent
  /** What a client puts in in place of its legal words. */
  readonly words?: (place: number, plain: RingVector) => RingVector
  readonly masks?: typeof suiteOf
}

const isAt = (members: readonly Member[], key: Uint8Array): number => members.findIndex(({ identity }) => sodium.memcmp(identity.publicKey, key))

async function run(
  plan: Plan,
  { rng, dropsAt = () => 5, wire = {}, consent = (own) => own, words = (_place, plain) => plain, masks = suiteOf }: RunOptions,
): Promise<Run> {
  const manifest = manifestOf(plan)
  const members: Member[] = Array.from({ length: plan.g }, (_, place) => {
    const identity = keyPair()
    return {
      identity,
      client: createSumClient(sodium, { identity, consent: consent(consentOf(manifest), place), suiteOf: masks }),
      plain: words(place, plainOf(rng, manifest)),
      dropsAt: dropsAt(place),
    }
  })
  const serverMasks = manifest.suite === 1 ? createNodeAesMasks() : createChaChaMasks(sodium)
  const server = createSumServer(sodium, { manifest, signing: coordinator, invited: members.map(({ identity }) => identity.publicKey), suite: serverMasks })
  const steps: SumStep[] = []
  const codes: string[] = []
  const sent = new Map<string, Uint8Array>()
  const received = new Map<string, Uint8Array>()
  let letters: readonly SumLetter[] = server.invitations
  let released: ReleasedSum | null = null
  for (let stage = 1; stage <= 5; stage += 1) {
    let next: SumStep = { kind: 'waiting' }
    for (const { to, frame } of shuffled(letters, rng)) {
      const place = isAt(members, to)
      const member = members[place]!
      if (member.dropsAt <= stage && member.dropsAt < 5) continue
      const { client } = member
      const arrived = wire.toClient?.(stage, place, frame) ?? frame
      received.set(`${stage} ${place}`, arrived)
      if (stage === 5) {
        const outcome = await client.result(arrived)
        if (outcome.ok) member.outcome = outcome.value
        else codes.push(outcome.failure.code)
        continue
      }
      if (stage === 3) {
        const delivered = client.shares(arrived)
        if (!delivered.ok) codes.push(delivered.failure.code)
        if (!delivered.ok) continue
      }
      const answer =
        stage === 1
          ? client.manifest(arrived)
          : stage === 2
            ? await client.roster(arrived)
            : stage === 3
              ? await client.input(member.plain.slice())
              : client.proposal(arrived)
      if (!answer.ok) codes.push(answer.failure.code)
      if (!answer.ok) continue
      const outgoing = wire.toServer?.(stage, place, answer.value, client) ?? answer.value
      sent.set(`${stage} ${place}`, outgoing)
      const take = ([server.advertisement, server.shares, server.input, server.unmasking] as const)[stage - 1]!
      const taken = await take(to, outgoing)
      if (!taken.ok) codes.push(taken.failure.code)
      else if (taken.value.kind !== 'waiting') next = taken.value
      expect(await take(to, outgoing)).toEqual(taken.ok ? { ok: true, value: { kind: 'waiting' } } : taken) // a repeated message
    }
    if (stage === 5) break
    if (next.kind === 'waiting') next = await server.stageOver()
    steps.push(next)
    if (next.kind === 'aborted') {
      codes.push(next.failure.code)
      break
    }
    if (next.kind === 'released') released = next.sum
    letters = next.kind === 'waiting' ? [] : next.letters
  }
  return { manifest, members, server, released, steps, codes, sent, received }
}

function plainSumOf(members: readonly Member[], ring: 16 | 32): number[] {
  const length = members[0]!.plain.length
  return Array.from({ length }, (_, index) => members.reduce((sum, { plain }) => (sum + plain[index]!) % 2 ** ring, 0))
}

/** Whether everything is as it must be, whoever dropped out when; `true` if the sum was released. */
function checkRun({ manifest, members, released, steps, codes }: Run): boolean {
  const count = (stage: number): number => members.filter(({ dropsAt }) => dropsAt > stage).length
  const least = Math.max(manifest.threshold, manifest.kMin)
  const isLegal = [1, 2, 3, 4].every((stage) => count(stage) >= least)
  if (!isLegal) {
    expect(released).toBeNull()
    expect(steps).toHaveLength([1, 2, 3, 4].find((stage) => count(stage) < least) ?? 0) // no stage is begun with too few
    expect(steps.at(-1)).toMatchObject({ kind: 'aborted', failure: { code: 'SHOAL_ERR_SUM_TOO_FEW' } })
    expect(members.every(({ outcome }) => outcome === undefined)).toBe(true)
    return false
  }
  const survivors = members.filter(({ dropsAt }) => dropsAt > 3)
  expect(codes).toEqual([])
  expect(released).not.toBeNull()
  expect([...released!.words]).toEqual(plainSumOf(survivors, manifest.ring))
  expect(idsIn(released!.survivors)).toHaveLength(survivors.length)
  const scale = manifest.range / createRingCode(manifest.ring, manifest.cohortSize).largest
  const signed = plainSumOf(survivors, manifest.ring).map((word) => (word >= 2 ** (manifest.ring - 1) ? word - 2 ** manifest.ring : word))
  expect([...released!.values]).toEqual(signed.map((whole) => whole * scale))
  expect(released!.wrong).toEqual([])
  for (const { dropsAt, outcome } of members) {
    if (dropsAt < 5) expect(outcome).toBeUndefined()
    else if (outcome?.sum.kind === 'open') expect([...outcome.sum.values]).toEqual([...released!.values])
    else expect(outcome?.sum).toEqual({ kind: 'hashed', hash: sodium.crypto_generichash(32, bytesOfWords(released!.words), null) })
  }
  return true
}

test.each(Array.from({ length: 10 }, (_, index) => ({ g: index + 3, seed: 100 + index })))(
  '[5.1.1] g = $g: the sum is the integer sum of the survivors, or nothing is released, for drops at every stage (seed $seed)',
  async ({ g, seed }) => {
    const rng = createRng(String(seed))
    const releases = []
    for (let trial = 0; trial < 8; trial += 1) {
      const drops = new Map(
        shuffled([...Array(g).keys()], rng)
          .slice(0, rng.below(trial < 4 ? g - leastThresholdOf(g) + 1 : g))
          .map((place) => [place, 1 + rng.below(4)]),
      )
      const plan: Plan = {
        g,
        ring: rng.below(2) === 0 ? 16 : 32,
        suite: rng.below(2) === 0 ? 1 : 2,
        purpose: rng.below(2) === 0 ? 'update' : 'hist',
        blocks: 1 + rng.below(7),
      }
      releases.push(checkRun(await run(plan, { rng, dropsAt: (place) => drops.get(place) ?? 5 })))
    }
    expect(releases).toContain(true)
  },
)

const PLAN: Plan = { g: 7 } // t = 5
const rngOf = (seed: number): Rng => createRng(String(seed))

test.each([
  ['hist', 201],
  ['update', 202],
] as const)('[5.1.2] a server that gets the same frames in other orders publishes the same bytes (%s, seed %i)', async (purpose, seed) => {
  const rng = rngOf(seed)
  const first = await run({ ...PLAN, purpose }, { rng, dropsAt: (place) => (place === 2 ? 3 : 5) })
  expect(checkRun(first)).toBe(true)
  const identities = first.members.map(({ identity }) => identity.publicKey)
  for (let trial = 0; trial < 4; trial += 1) {
    const server = createSumServer(sodium, { manifest: first.manifest, signing: coordinator, invited: identities, suite: createNodeAesMasks() })
    let last: SumStep = { kind: 'waiting' }
    for (const stage of [1, 2, 3, 4] as const) {
      const take = [server.advertisement, server.shares, server.input, server.unmasking][stage - 1]!
      for (const place of shuffled([...identities.keys()], rng)) {
        const frame = first.sent.get(`${stage} ${place}`)
        const step = frame && (await take(identities[place]!, frame))
        if (step?.ok && step.value.kind !== 'waiting') last = step.value
      }
      if (stage === 3) last = await server.stageOver()
    }
    expect(last).toMatchObject({ kind: 'released', sum: { words: first.released!.words } })
    const letter = (last as Extract<SumStep, { kind: 'released' }>).letters[0]!
    expect(Buffer.from(letter.frame).equals(first.received.get(`5 ${isAt(first.members, letter.to)}`)!)).toBe(true)
  }
})

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
]
const resigned = (frame: Uint8Array, change: Partial<SumManifest>): Uint8Array => {
  const manifest = { ...unwrap(decodeManifest(frame)), ...change }
  return encodeManifest({ ...manifest, signature: sodium.crypto_sign_detached(manifestSignedPart(manifest), coordinator.privateKey) })
}
function unwrap<T>(result: { ok: true; value: T } | { ok: false; failure: { code: string; detail?: string } }): T {
  if (!result.ok) throw new Error(`${result.failure.code} ${result.failure.detail}`)
  return result.value
}
const at =
  (stage: number, place: number, change: (frame: Uint8Array) => Uint8Array): NonNullable<Wire['toClient']> =>
  (s, p, frame) =>
    s === stage && p === place ? change(frame) : frame

test.each(CHANGES)('[5.1.10] a client refuses a manifest with another %s than it agreed to, although it is signed', async (_name, change) => {
  const { codes, released } = await run(PLAN, { rng: rngOf(301), wire: { toClient: at(1, 3, (frame) => resigned(frame, change)) } })
  expect(codes).toEqual(['SHOAL_ERR_SUM_MANIFEST'])
  expect(released).not.toBeNull() // over the others
})

test('[5.1.10] a manifest below the kMin of the policy, and one that is not signed, are refused', async () => {
  const low = await run(PLAN, { rng: rngOf(302), consent: (consent) => ({ ...consent, kMin: 4 }) })
  expect(new Set(low.codes)).toEqual(new Set(['SHOAL_ERR_SUM_MANIFEST', 'SHOAL_ERR_SUM_TOO_FEW']))
  const unsigned = (frame: Uint8Array) => frame.with(-1, frame.at(-1)! ^ 1)
  const forged = await run(PLAN, { rng: rngOf(303), wire: { toClient: at(1, 3, unsigned) } })
  expect(forged.codes).toEqual(['SHOAL_ERR_IDENTITY_UNPROVEN'])
})

test.each(['policyHash', 'architectureHash', 'models'] as const)(
  '[5.1.10] a client that was shown another %s and believes it: shares do not open and nothing is released',
  async (field) => {
    const change = field === 'models' ? { modelHashes: [hash(99)] } : { [field]: hash(99) }
    const { codes, released } = await run(PLAN, {
      rng: rngOf(304),
      wire: { toClient: at(1, 3, (frame) => resigned(frame, change)) },
      consent: (consent, place) => (place === 3 ? { ...consent, ...change } : consent),
    })
    expect(codes.filter((code) => code === 'SHOAL_ERR_SEALED_SHARES')).toHaveLength(7)
    expect(released).toBeNull()
  },
)

test('[5.1.10] a roster that one client alone was shown: a key put in place, itself left out, a peer left out, peers nobody knows', async () => {
  const changed = (change: (roster: ReturnType<typeof decodeRoster> & { ok: true }) => Uint8Array) => (frame: Uint8Array) => {
    const roster = decodeRoster(frame)
    if (!roster.ok) throw new Error(roster.failure.code)
    return change(roster)
  }
  const shown = async (change: (frame: Uint8Array) => Uint8Array) => run(PLAN, { rng: rngOf(305), wire: { toClient: at(2, 3, change) } })
  const without = (place: number) => changed(({ value }) => encodeRoster({ ...value, members: value.members.filter((_, id) => id !== place) }))
  const swapped = changed(({ value }) =>
    encodeRoster({ ...value, members: value.members.map((member, id) => (id === 1 ? { ...member, maskKey: sodium.crypto_box_keypair().publicKey } : member)) }),
  )
  expect((await shown(swapped)).codes).toEqual(['SHOAL_ERR_IDENTITY_UNPROVEN'])
  expect((await shown(without(3))).codes).toEqual(['SHOAL_ERR_SUM_ROSTER'])
  const fork = await shown(without(1))
  expect(fork.codes).toContain('SHOAL_ERR_MALFORMED') // its shares are not for all of the others' peers
  expect(isIn(fork.released!.survivors, 3)).toBe(false)
  const reordered = await shown(changed(({ value }) => encodeRoster({ ...value, members: value.members.toReversed() })))
  expect(reordered.codes).toContain('SHOAL_ERR_SEALED_SHARES')
  expect(reordered.released).toBeNull()
  const unknown = await run(PLAN, { rng: rngOf(306), consent: (consent, place) => (place === 3 ? { ...consent, minVerifiedPeers: 1 } : consent) })
  expect(unknown.codes).toEqual(['SHOAL_ERR_SUM_ROSTER'])
})

test('duplicates: other bytes for what was accepted, a message too late and one of a stranger are refused and change nothing', async () => {
  const late = await run(PLAN, { rng: rngOf(401), dropsAt: (place) => (place === 6 ? 3 : 5) })
  expect(checkRun(late)).toBe(true)
  const key = (place: number) => late.members[place]!.identity.publicKey
  const other = (frame: Uint8Array) => frame.with(20, frame[20]! ^ 1)
  const differs = { ok: false, failure: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } }
  expect(late.server.advertisement(key(0), other(late.sent.get('1 0')!))).toMatchObject(differs)
  expect(late.server.shares(key(0), other(late.sent.get('2 0')!))).toMatchObject(differs)
  expect(late.server.input(key(0), other(late.sent.get('3 0')!))).toMatchObject(differs)
  expect(await late.server.unmasking(key(0), other(late.sent.get('4 0')!))).toMatchObject(differs)
  expect(late.server.input(key(6), late.sent.get('3 0')!)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } })
  expect(await late.server.stageOver()).toEqual({ kind: 'waiting' })
})

test('a second unmasking is refused, with the same survivors and with others', async () => {
  const answers: unknown[] = []
  const proposals = new Map<number, Uint8Array>()
  const { released } = await run(PLAN, {
    rng: rngOf(402),
    wire: {
      toClient: (stage, place, frame) => {
        if (stage === 4) proposals.set(place, frame)
        return frame
      },
      toServer: (stage, place, frame, client) => {
        if (stage !== 4) return frame
        const proposal = unwrap(decodeProposal(proposals.get(place)!, { rosterSize: 7, recomputable: true }))
        const fewer = [0, 1, 2, 3, 4, 5, 6].filter((id) => id !== (place + 1) % 7)
        const other = encodeProposal({ ...proposal, survivors: rosterSetOf(fewer, 7), inputHashes: proposal.inputHashes.slice(1) })
        answers.push(client.proposal(other), client.proposal(proposals.get(place)!))
        return frame
      },
    },
  })
  expect(answers).toHaveLength(14)
  for (const answer of answers) expect(answer).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } })
  expect(released).not.toBeNull()
})

test('survivors that a client does not unmask: too few, without itself, one whose shares never came, another input of its own', async () => {
  const shown = async (ids: readonly number[], hashOf?: (hash: Uint8Array) => Uint8Array) => {
    const change = (frame: Uint8Array) => {
      const { cohort, inputHashes } = unwrap(decodeProposal(frame, { rosterSize: 7, recomputable: true }))
      return encodeProposal({ cohort, survivors: rosterSetOf(ids, 7), inputHashes: ids.map(() => (hashOf ? hashOf(inputHashes[0]!) : inputHashes[0]!)) })
    }
    return (await run(PLAN, { rng: rngOf(403), dropsAt: (place) => (place === 6 ? 2 : 5), wire: { toClient: at(4, 0, change) } })).codes[0]
  }
  expect(await shown([0, 1, 2, 3])).toBe('SHOAL_ERR_SUM_TOO_FEW')
  expect(await shown([1, 2, 3, 4, 5])).toBe('SHOAL_ERR_SUM_SURVIVORS')
  expect(await shown([0, 1, 2, 3, 4, 6])).toBe('SHOAL_ERR_SUM_SURVIVORS')
  expect(await shown([0, 1, 2, 3, 4, 5], () => hash(1))).toBe('SHOAL_ERR_SUM_SURVIVORS')
})

test('one member both alive and dead: the server takes no share of its mask key, and the clients no result with it', async () => {
  const KIND_OF_MEMBER_1 = 8 + 34
  const asKey = (stage: number, place: number, frame: Uint8Array) => (stage === 4 && place === 0 ? frame.with(KIND_OF_MEMBER_1, 2) : frame)
  const unmasked = await run(PLAN, { rng: rngOf(404), wire: { toServer: asKey } })
  expect(unmasked.codes).toEqual(['SHOAL_ERR_MALFORMED'])
  expect(unmasked.released).not.toBeNull()
  const alsoDead = openChanged((sum) => ({ ...sum, dropped: [{ id: 1, privateKey: hash(1) }] }))
  expect((await run(PLAN, { rng: rngOf(405), wire: { toClient: at(5, 0, alsoDead) } })).codes).toEqual(['SHOAL_ERR_MALFORMED'])
})

/** A result of all seven, or of all but the last, with another sum in it. */
const openChanged =
  (change: (sum: OpenSum) => OpenSum): ((frame: Uint8Array) => Uint8Array) =>
  (frame) => {
    const result = unwrap(decodeSumResult(frame, { ring: 32, vectorLength: 7, purpose: 'hist', rosterSize: 7 }))
    if (result.sum.kind !== 'open') throw new Error('hashed')
    return encodeSumResult({ ...result, sum: change(result.sum) })
  }
const flipped = <T extends Uint8Array | RingVector>(bytes: T): T => bytes.with(0, bytes[0]! ^ 1) as T
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

test.each(LIES)('[3.7] a recomputable result with %s is not believed', async (_name, change, code) => {
  const dropsAt = (place: number) => (place === 6 ? 3 : 5)
  const { codes } = await run(PLAN, { rng: rngOf(501), dropsAt, wire: { toClient: at(5, 0, openChanged(change)) } })
  expect(codes).toEqual([code])
})

test('[3.7] a result with fewer signatures than the threshold, or with a forged one, is not believed', async () => {
  const certified = (change: (result: SumResult) => SumResult['certificate']) => (frame: Uint8Array) => {
    const result = unwrap(decodeSumResult(frame, { ring: 32, vectorLength: 7, purpose: 'hist', rosterSize: 7 }))
    return encodeSumResult({ ...result, certificate: change(result) })
  }
  const fewer = certified(({ certificate }) => certificate.slice(0, 4))
  expect((await run(PLAN, { rng: rngOf(502), wire: { toClient: at(5, 0, fewer) } })).codes).toEqual(['SHOAL_ERR_SUM_RESULT'])
  const forged = certified(({ certificate }) => certificate.map((entry) => ({ ...entry, signature: flipped(entry.signature) })))
  expect((await run(PLAN, { rng: rngOf(503), wire: { toClient: at(5, 0, forged) } })).codes).toEqual(['SHOAL_ERR_IDENTITY_UNPROVEN'])
  const another = certified(({ certificate }) => certificate.with(1, { ...certificate[1]!, nonce: flipped(certificate[1]!.nonce) }))
  expect((await run(PLAN, { rng: rngOf(504), wire: { toClient: at(5, 0, another) } })).codes).toEqual(['SHOAL_ERR_SUM_RESULT'])
})

test.each(['hist', 'update'] as const)('[3.4] server and clients know the same beacon, made of the nonces of those who unmasked (%s)', async (purpose) => {
  const { released, members } = await run({ ...PLAN, purpose }, { rng: rngOf(505), dropsAt: (place) => (place === 2 ? 3 : place === 5 ? 4 : 5) })
  const { nonces } = released!
  expect(nonces.map(({ id }) => id)).toEqual([0, 1, 3, 4, 6])
  expect(new Set(nonces.map(({ nonce }) => sodium.to_hex(nonce))).size).toBe(5)
  for (const { outcome } of members.filter(({ dropsAt }) => dropsAt === 5)) expect(outcome!.nonces).toEqual(nonces)
  const seed = beaconOf(sodium, nonces)
  expect(seed).toHaveLength(32)
  for (const other of [nonces.slice(1), nonces.toReversed(), nonces.with(4, { id: 6, nonce: hash(0) })]) expect(beaconOf(sodium, other)).not.toEqual(seed)
})

test.each([1, 2, 3, 4])('[3.8] two manifests for one sum: the client leaves at stage %i and keeps both as proof', async (stage) => {
  const answers: unknown[] = []
  const manifests: Uint8Array[] = []
  const { codes, members } = await run(PLAN, {
    rng: rngOf(506),
    wire: {
      toClient: (_stage, place, frame) => {
        if (_stage === 1 && place === 3) manifests.push(frame)
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
  expect(members[3]!.outcome).toBeUndefined()
})

test.each(['hist', 'update'] as const)('a share that was tampered with: the sum is released and its sender named (%s)', async (purpose) => {
  const FIRST_SHARE = 8 + 1
  const tampered = (stage: number, place: number, frame: Uint8Array) => (stage === 4 && place === 5 ? frame.with(FIRST_SHARE, frame[FIRST_SHARE]! ^ 1) : frame)
  const { released, members } = await run({ g: 9, purpose }, { rng: rngOf(601), wire: { toServer: tampered } })
  expect(released!.wrong).toEqual([5])
  expect([...released!.words]).toEqual(plainSumOf(members, 32))
})

test('garbage of one client: the range check gives nothing away', async () => {
  const { released, codes } = await run(PLAN, { rng: rngOf(602), words: (place, plain) => (place === 2 ? plain.map(() => 2 ** 31) : plain) as RingVector })
  expect(released).toBeNull()
  expect(codes).toEqual(['SHOAL_ERR_SUM_OUT_OF_RANGE'])
})

test('what is sent of a vector of zeros is no vector of zeros, and what masked it is overwritten afterwards', async () => {
  const keys: Uint8Array[] = []
  const masks = (id: 1 | 2): MaskSuite => ({
    id,
    apply: async (target, mask) => {
      expect(mask.key.every((byte) => byte === 0)).toBe(false)
      keys.push(mask.key)
      await suiteOf(id).apply(target, mask)
    },
  })
  const { sent, released } = await run({ ...PLAN, purpose: 'update' }, { rng: rngOf(603), masks, words: (_place, plain) => plain.map(() => 0) as RingVector })
  expect(released!.words.every((word) => word === 0)).toBe(true)
  const words = unwrap(decodeMaskedInput(sent.get('3 0')!, { ring: 32, vectorLength: 7, rosterSize: 7 })).words
  expect(words.every((word) => word !== 0)).toBe(true)
  expect(keys).toHaveLength(7 * 7 * 2) // own and six pairs, in two blocks
  expect(keys.every((key) => key.every((byte) => byte === 0))).toBe(true)
})

test('a client that left takes no message', async () => {
  const identity = keyPair()
  const manifest = manifestOf(PLAN)
  const client = createSumClient(sodium, { identity, consent: consentOf(manifest), suiteOf })
  const server = createSumServer(sodium, { manifest, signing: coordinator, invited: [identity.publicKey], suite: createNodeAesMasks() })
  expect(await client.roster(hash(0))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } })
  expect(client.manifest(server.invitations[0]!.frame)).toMatchObject({ ok: true })
  client.leave()
  expect(await client.roster(hash(0))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } })
})

test('a server makes no sum that clients would refuse', () => {
  const create = (change: Partial<UnsignedSumManifest>) => () =>
    createSumServer(sodium, { manifest: { ...manifestOf(PLAN), ...change }, signing: coordinator, invited: [], suite: createNodeAesMasks() })
  expect(create({ threshold: 4 })).toThrow('threshold 4')
  expect(create({ valueBits: 20 })).toThrow('20 bits')
  expect(create({ suite: 2 })).toThrow('suite 1')
})

test.each([1, 2, 3, 4])('[5.1.1] three of seven that fall silent at stage %i end the sum right there (seeds 701 to 704)', async (stage) => {
  expect(checkRun(await run(PLAN, { rng: rngOf(700 + stage), dropsAt: (place) => (place < 3 ? stage : 5) }))).toBe(false)
})
