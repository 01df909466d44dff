/** One masked sum of made-up clients in memory, driven by the real machines: for benches, in Node and in a browser's worker. */
import { createRingCode, emptyRingVector } from '@shoal/numeric'
import { createSumClient, createSumServer, leastThresholdOf } from '@shoal/secure-sum'

/**
 * @typedef {import('@shoal/secure-sum').MaskSuite} MaskSuite
 * @typedef {import('@shoal/privacy').Sodium} Sodium
 * @typedef {object} Plan
 * @property {number} size clients
 * @property {16 | 32} ring
 * @property {number} words
 * @property {MaskSuite} clientSuite
 * @property {MaskSuite} serverSuite
 * @property {number} [cohort] its number
 * @typedef {{ client: import('@shoal/secure-sum').SumClient, identity: import('@shoal/secure-sum').SigningKeyPair }} Member
 * @typedef {{ to: Uint8Array, frame: Uint8Array }} Letter
 */

/** @template T @param {import('@shoal/protocol').Result<T>} result @returns {T} */
export function unwrapped(result) {
  if (!result.ok) throw new Error(`${result.failure.code} ${result.failure.detail ?? ''}`)
  return result.value
}

/** Legal words, other ones for every client. @param {16 | 32} ring @param {number} clients @param {number} length @param {number} client */
export function legalWords(ring, clients, length, client) {
  const { largest } = createRingCode(ring, clients)
  const words = emptyRingVector(ring, length)
  for (let index = 0, value = client * 7919; index < length; index += 1, value = (value * 5 + 12_345) % 65_521)
    words[index] = (value % (2 * largest + 1)) - largest
  return words
}

/**
 * A cohort whose members have dealt out their shares: what is left is to mask, to add up and to open.
 * @param {Sodium} sodium @param {Plan} plan
 */
export async function createCohort(sodium, { size, ring, words, clientSuite, serverSuite, cohort = 0 }) {
  const coordinator = sodium.crypto_sign_keypair()
  const form = { ring, vectorLength: words, blocks: 1, clip: 1, range: 1 }
  const terms = {
    purpose: /** @type {const} */ ('update'),
    cluster: 0,
    federation: new Uint8Array(16),
    policyHash: new Uint8Array(32),
    architectureHash: new Uint8Array(32),
    modelHashes: [new Uint8Array(32)],
    kMin: 3,
  }
  const patience = { advertiseMs: 1, shareMs: 1, inputMs: 1, unmaskMs: 1 }
  const code = { cohortSize: size, threshold: leastThresholdOf(size), kDiff: 1, valueBits: createRingCode(ring, size).valueBits }
  const previous = { previousManifestHash: new Uint8Array(32), previousCertificateHash: new Uint8Array(32) }
  /** @type {Member[]} */
  const members = Array.from({ length: size }, () => {
    const identity = sodium.crypto_sign_keypair()
    const checks = { last: null, minVerifiedPeers: 0, isVerified: () => false, objection: () => null }
    return {
      identity,
      client: createSumClient(sodium, {
        identity,
        consent: { coordinatorKey: coordinator.publicKey, form: { ...form, valueBits: code.valueBits }, ...terms, ...checks },
        suiteOf: () => clientSuite,
      }),
    }
  })
  const server = createSumServer(sodium, {
    manifest: { suite: serverSuite.id, epoch: 1, round: 1, cohort, ...form, ...terms, ...code, ...previous, ...patience },
    signing: coordinator,
    invited: members.map(({ identity }) => identity.publicKey),
    suite: serverSuite,
  })
  /** @param {Uint8Array} key */
  const memberOf = (key) => members.find(({ identity }) => sodium.memcmp(identity.publicKey, key)) ?? members[0]
  /** What the last answer of a stage set off. @param {readonly Letter[]} letters @param {(member: Member, frame: Uint8Array) => import('@shoal/secure-sum').SumStep | Promise<import('@shoal/secure-sum').SumStep>} answer @returns {Promise<readonly Letter[]>} */
  async function stage(letters, answer) {
    /** @type {readonly Letter[]} */
    let next = []
    for (const { to, frame } of letters) {
      const step = await answer(memberOf(to), frame)
      if (step.kind === 'aborted') throw new Error(step.failure.code)
      if (step.kind === 'sending') next = step.letters
    }
    return next
  }
  let sent = 0
  /** @param {Uint8Array} frame */
  const counted = (frame) => {
    sent += frame.length
    return frame
  }
  const advertised = await stage(server.invitations, ({ client, identity }, frame) =>
    unwrapped(server.advertisement(identity.publicKey, counted(unwrapped(client.manifest(frame))))),
  )
  const shared = await stage(advertised, async ({ client, identity }, frame) =>
    unwrapped(server.shares(identity.publicKey, counted(unwrapped(await client.roster(frame))))),
  )
  for (const { to, frame } of shared) unwrapped(memberOf(to).client.shares(frame))
  return { members, server, sent }
}

/** What each client sends in one sum in which nobody drops out: its words' frame, and all else. @param {Sodium} sodium @param {Plan} plan */
export async function sentBytes(sodium, plan) {
  const cohort = await createCohort(sodium, plan)
  const { inputBytes, answerBytes } = await gatherCohort(cohort, { ...plan, dropped: 0 })
  return { vector: inputBytes, small: cohort.sent / plan.size + answerBytes }
}

/**
 * Takes a cohort to where only its last survivor's answer is missing. The first `dropped` clients give nothing.
 * @param {Awaited<ReturnType<typeof createCohort>>} cohort @param {Plan & { dropped: number, onInputs?: (fold: () => void) => void }} plan
 */
export async function gatherCohort({ members, server }, { size, ring, words, dropped, onInputs = (fold) => fold() }) {
  const expected = emptyRingVector(ring, words)
  /** @type {readonly Letter[]} */
  let letters = []
  /** @param {import('@shoal/secure-sum').SumStep} step */
  const follow = (step) => {
    if (step.kind === 'sending') letters = step.letters
  }
  let inputBytes = 0
  /** @type {(() => void)[]} */
  const inputs = []
  for (const [index, { client, identity }] of members.entries()) {
    if (index < dropped) continue
    const plain = legalWords(ring, size, words, index)
    for (let at = 0; at < words; at += 1) expected[at] += plain[at]
    const frame = unwrapped(await client.input(plain))
    inputBytes = frame.length
    inputs.push(() => follow(unwrapped(server.input(identity.publicKey, frame))))
  }
  onInputs(() => {
    for (const take of inputs) take()
  })
  if (dropped > 0) follow(await server.stageOver())
  const answers = letters.map(({ to, frame }) => {
    const { client, identity } = members.find((member) => member.identity.publicKey.every((byte, at) => byte === to[at])) ?? members[0]
    return { key: identity.publicKey, frame: unwrapped(client.proposal(frame)) }
  })
  const last = answers.pop()
  if (last === undefined) throw new Error('nobody answers')
  for (const { key, frame } of answers) unwrapped(await server.unmasking(key, frame))
  return {
    inputBytes,
    answerBytes: last.frame.length,
    /** Opens the sum; what it gives says whether it is that of the survivors, bit for bit. */
    async open() {
      const step = unwrapped(await server.unmasking(last.key, last.frame))
      return () => step.kind === 'released' && step.sum.words.every((word, at) => word === expected[at])
    },
  }
}
