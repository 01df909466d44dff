import { createRingCode, emptyRingVector, type RingVector, type Rng, shuffled } from '@shoal/numeric'
import type { Result, UnsignedSumManifest } from '@shoal/protocol'
import type { MaskSuite, MaskSuiteId } from './mask-stream.ts'
import { createNodeAesMasks, createNodeChaChaMasks } from './node-mask-stream.ts'
import type { Sodium } from './sodium.ts'
import type { SumConsent } from './sum-agreement.ts'
import { createSumClient, type SumClient } from './sum-client.ts'
import type { ReleasedSum } from './sum-opening.ts'
import type { SumOutcome } from './sum-result.ts'
import { hashOfWords, isSameBytes, type SigningKeyPair } from './sum-rules.ts'
import { createSumServer, type SumLetter, type SumServer, type SumStep } from './sum-server.ts'
import { consentOf, coordinator, manifestOf, type Plan, seededSodium, tabSuiteOf } from './testing-manifest.ts'

/**
 * For tests: one masked sum between a server and its clients in memory. Stages are 1 manifest, 2 roster, 3 shares and input, 4 proposal, 5 result; within a stage the clients answer in an
 * order drawn from `rng`, and each frame is sent twice.
 */
export interface Member {
  readonly identity: SigningKeyPair
  readonly client: SumClient
  readonly plain: RingVector
  /** The stage at whose message this client falls silent: 1 says nothing at all, 5 never does. */
  readonly dropsAt: number
  readonly outcome: () => SumOutcome | null
}

/** What a scripted attacker or a bad line does with the frames on their way. Places are those of the cohort, which are those of the roster while nobody drops before it. */
export interface Wire {
  readonly toClient?: (stage: number, place: number, frame: Uint8Array) => Uint8Array
  readonly toServer?: (stage: number, place: number, frame: Uint8Array, client: SumClient) => Uint8Array
}

export interface Run {
  readonly manifest: UnsignedSumManifest
  readonly members: readonly Member[]
  readonly server: SumServer
  readonly released: ReleasedSum | null
  readonly steps: readonly SumStep[]
  /** Failures of clients and of the server's answers. */
  readonly codes: readonly string[]
  /** Frames by `<stage> <place>`: those of clients as they were sent, those of the server as they arrived. */
  readonly sent: ReadonlyMap<string, Uint8Array>
  readonly received: ReadonlyMap<string, Uint8Array>
  /** Frames that were acknowledged otherwise when they came a second time. */
  readonly unequalRepeats: number
}

export interface RunOptions {
  readonly rng: Rng
  readonly dropsAt?: (place: number) => number
  readonly wire?: Wire
  readonly consent?: (consent: SumConsent, place: number) => SumConsent
  /** What a client puts in in place of its legal words. */
  readonly words?: (place: number, plain: RingVector) => RingVector
  readonly suiteOf?: (id: MaskSuiteId) => MaskSuite
  /** What the server takes masks out with. */
  readonly serverSuite?: MaskSuite
  /** Of clients who took part before; fresh ones without it. */
  readonly identities?: readonly SigningKeyPair[]
}

/** Legal words of one client: any whole numbers that the manifest's code has. */
export function plainOf(rng: Rng, manifest: UnsignedSumManifest): RingVector {
  const { largest } = createRingCode(manifest.ring, manifest.cohortSize)
  const plain = emptyRingVector(manifest.ring, manifest.vectorLength)
  for (let index = 0; index < plain.length; index += 1) plain[index] = rng.below(2 * largest + 1) - largest
  return plain
}

export const serverSuiteOf = (sodium: Sodium, id: MaskSuiteId): MaskSuite => (id === 1 ? createNodeAesMasks() : createNodeChaChaMasks(sodium))

export async function run(plan: Plan, options: RunOptions): Promise<Run> {
  const { rng, dropsAt = () => 5, wire = {}, consent = (own) => own, words = (_place, plain) => plain, suiteOf = tabSuiteOf, serverSuite, identities } = options
  const sodium = seededSodium(`${rng.word()}`)
  const manifest = manifestOf(plan)
  const outcomes = new Map<number, SumOutcome>()
  const members: Member[] = Array.from({ length: plan.g }, (_, place) => {
    const identity = identities?.[place] ?? sodium.crypto_sign_keypair()
    const client = createSumClient(sodium, { identity, consent: consent(consentOf(manifest), place), suiteOf })
    return { identity, client, plain: words(place, plainOf(rng, manifest)), dropsAt: dropsAt(place), outcome: () => outcomes.get(place) ?? null }
  })
  const invited = members.map(({ identity }) => identity.publicKey)
  const server = createSumServer(sodium, { manifest, signing: coordinator, invited, suite: serverSuite ?? serverSuiteOf(sodium, manifest.suite) })
  const steps: SumStep[] = []
  const codes: string[] = []
  const sent = new Map<string, Uint8Array>()
  const received = new Map<string, Uint8Array>()
  let unequalRepeats = 0
  const noted = <T>(result: Result<T>): T | null => {
    if (result.ok) return result.value
    codes.push(result.failure.code)
    return null
  }
  const answerOf = async ({ client, plain }: Member, stage: number, frame: Uint8Array): Promise<Uint8Array | null> => {
    if (stage === 1) return noted(client.manifest(frame))
    if (stage === 2) return noted(await client.roster(frame))
    if (stage === 4) return noted(client.proposal(frame))
    return noted(client.shares(frame)) && noted(await client.input(plain.slice()))
  }
  /** Gives what the frame brought about, if anything. */
  const deliver = async (stage: number, sender: Uint8Array, frame: Uint8Array): Promise<SumStep | null> => {
    const take = [server.advertisement, server.shares, server.input, server.unmasking][stage - 1]
    const taken = await take(sender, frame)
    const again = await take(sender, frame)
    const isAcknowledged = taken.ok ? again.ok && again.value.kind === 'waiting' : !again.ok && again.failure.code === taken.failure.code
    if (!isAcknowledged) unequalRepeats += 1
    const step = noted(taken)
    return step === null || step.kind === 'waiting' ? null : step
  }

  let letters: readonly SumLetter[] = server.invitations
  for (let stage = 1; stage <= 5; stage += 1) {
    let next: SumStep | null = null
    for (const { to, frame } of shuffled(letters, rng)) {
      const place = invited.findIndex((key) => isSameBytes(key, to))
      const member = members[place]
      if (member.dropsAt <= stage && member.dropsAt < 5) continue
      const arrived = wire.toClient?.(stage, place, frame) ?? frame
      received.set(`${stage} ${place}`, arrived)
      if (stage === 5) {
        const outcome = noted(await member.client.result(arrived))
        if (outcome !== null) outcomes.set(place, outcome)
        continue
      }
      const answer = await answerOf(member, stage, arrived)
      if (answer === null) continue
      const outgoing = wire.toServer?.(stage, place, answer, member.client) ?? answer
      sent.set(`${stage} ${place}`, outgoing)
      next = (await deliver(stage, to, outgoing)) ?? next
    }
    if (stage === 5) break
    next ??= await server.stageOver()
    steps.push(next)
    if (next.kind === 'aborted') {
      codes.push(next.failure.code)
      break
    }
    letters = next.kind === 'waiting' ? [] : next.letters
  }
  const last = steps.at(-1)
  return { manifest, members, server, released: last?.kind === 'released' ? last.sum : null, steps, codes, sent, received, unequalRepeats }
}

/** The integer sum of what some clients put in, modulo the ring. */
export function plainSumOf(members: readonly Pick<Member, 'plain'>[], { ring, vectorLength }: Pick<UnsignedSumManifest, 'ring' | 'vectorLength'>): number[] {
  return Array.from({ length: vectorLength }, (_, index) => members.reduce((sum, { plain }) => (sum + plain[index]) % 2 ** ring, 0))
}

/** What is wrong with a run in which nobody cheated, whoever dropped out when; null if it is the sum of the survivors to the last bit, or nothing at all where too few were left. */
export function faultOf({ manifest, members, released, steps, codes, unequalRepeats }: Run): string | null {
  if (unequalRepeats > 0) return 'a repeated frame was taken otherwise'
  const least = Math.max(manifest.threshold, manifest.kMin)
  const failsAt = [1, 2, 3, 4].find((stage) => members.filter(({ dropsAt }) => dropsAt > stage).length < least)
  if (failsAt !== undefined) {
    if (released !== null || members.some(({ outcome }) => outcome() !== null)) return 'something came out although too few were left'
    if (steps.length !== failsAt) return 'another stage was begun with too few'
    return codes.join() === 'SHOAL_ERR_SUM_TOO_FEW' ? null : `codes ${codes}`
  }
  if (codes.length > 0 || released === null) return `codes ${codes}, ${released === null ? 'nothing' : 'a sum'} released`
  const survivors = members.filter(({ dropsAt }) => dropsAt > 3)
  const whole = plainSumOf(survivors, manifest)
  if (whole.some((word, index) => word !== released.words[index])) return 'another sum'
  const scale = manifest.range / createRingCode(manifest.ring, manifest.cohortSize).largest
  const values = whole.map((word) => (word >= 2 ** (manifest.ring - 1) ? word - 2 ** manifest.ring : word) * scale)
  if (values.some((value, index) => value !== released.values[index])) return 'other values'
  if (released.wrong.length > 0) return 'somebody is called a liar'
  const hash = hashOfWords(seededSodium(''), released.words)
  for (const { dropsAt, outcome } of members) {
    const seen = outcome()
    if ((seen !== null) !== dropsAt > 4) return 'not every survivor, or somebody else, got a result'
    if (seen?.sum.kind === 'open' && values.some((value, index) => seen.sum.kind === 'open' && value !== seen.sum.values[index]))
      return 'a client has other values'
    if (seen?.sum.kind === 'hashed' && !isSameBytes(seen.sum.hash, hash)) return 'a client has another hash'
    if (seen !== null && seen.nonces.length !== released.nonces.length) return 'a client has other nonces'
  }
  return released.words.length === manifest.vectorLength ? null : 'a sum of another length'
}
