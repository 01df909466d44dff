import {
  decodeAdvertisement,
  decodeUnmasking,
  encodeManifest,
  encodeProposal,
  encodeRoster,
  encodeSumResult,
  isIn,
  type KeyAdvertisement,
  type Result,
  rosterSetOf,
} from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSumClient } from './sum-client.ts'
import { sumTranscriptOf } from './sum-rules.ts'
import { createColluder, deliveryFor } from './testing-colluder.ts'
import { consentOf, hash, keyPair, manifestOf, seededSodium, signedManifestOf, tabSuiteOf, unwrap } from './testing-manifest.ts'

const G = 5
const sodium = seededSodium('adversary')
const UNSIGNED = manifestOf({ g: G, purpose: 'update' })
const { cohort } = UNSIGNED

/** All that a coordinator can say to one client when the keys of all the others are its own: rival manifests, rosters with members left out or in another order, and shares under each. */
function hostileCoordinator() {
  const manifests = [0, 1, 2].map((variant) => signedManifestOf({ ...UNSIGNED, kDiff: 1 + variant }))
  const frames = manifests.map(encodeManifest)
  const colluders = Array.from({ length: G - 1 }, () => createColluder(sodium, manifests[0]!))
  let victim: KeyAdvertisement | null = null
  const membersOf = (variant: number): readonly KeyAdvertisement[] => {
    const members = [...(victim ? [victim] : []), ...colluders.map(({ advertisement }) => advertisement)]
    return variant === 2 ? members.toReversed() : members.slice(0, G - variant)
  }
  const roster = (variant: number) => encodeRoster({ cohort, members: membersOf(variant), credentials: [] })
  return {
    manifest: (variant: number) => frames[variant]!,
    roster,
    membersOf,
    meet: (advertisement: Uint8Array) => {
      victim = unwrap(decodeAdvertisement(advertisement))
    },
    delivery: async (manifest: number, variant: number) => {
      const members = membersOf(variant)
      const transcript = sumTranscriptOf(sodium, frames[manifest]!, roster(variant))
      const dealt = []
      for (const [ownId, member] of members.entries()) {
        const colluder = colluders.find(({ advertisement }) => advertisement === member) ?? colluders[0]!
        dealt.push(await colluder.deal({ ownId, members, transcript }))
      }
      return deliveryFor(victim === null ? 0 : members.indexOf(victim), manifests[0]!, dealt)
    },
  }
}

const KINDS = ['manifest', 'roster', 'shares', 'input', 'proposal', 'result', 'leave', 'noise'] as const
/** Most moves are those that bring the client on, so that some sequences come to the end. */
const moves = fc.array(
  fc.record({
    kind: fc.oneof({ weight: 5, arbitrary: fc.constant('next' as const) }, { weight: 3, arbitrary: fc.constantFrom(...KINDS) }),
    variant: fc.constantFrom(0, 0, 0, 1, 2),
    survivors: fc.subarray([0, 1, 2, 3, 4], { minLength: 2 }),
    noise: fc.uint8Array({ maxLength: 40 }),
  }),
  { minLength: 8, maxLength: 30 },
)
/** First bytes of what a client may send, each once: #1, #3, #5 and #9. */
const DECLARED = [1, 3, 5, 9]

test('[5.1.4] [5.1.5] whatever a client is sent, it gives at most one of both shares of a member, and each message once (seed 41)', async () => {
  let unmasked = 0
  await fc.assert(
    fc.asyncProperty(moves, async (sequence) => {
      const server = hostileCoordinator()
      const client = createSumClient(sodium, { identity: keyPair(), consent: consentOf(UNSIGNED), suiteOf: tabSuiteOf })
      /** Steps of the protocol that the client went along with, and with which manifest and roster. */
      let taken = 0
      let manifest = 0
      let roster = 0
      const sent: Uint8Array[] = []
      const revealed = new Map<number, Set<string>>()
      const refused: Result<never> = { ok: false, failure: { code: 'SHOAL_ERR_INTERNAL' } }
      for (const { kind, variant, survivors, noise } of sequence) {
        const isNext = kind === 'next'
        const step = isNext ? KINDS[taken] : kind
        const set = rosterSetOf(
          isNext ? server.membersOf(roster).keys() : survivors.filter((id) => id < server.membersOf(roster).length),
          server.membersOf(roster).length,
        )
        const answers: Result<unknown>[] = []
        if (step === 'manifest') {
          const answer = client.manifest(server.manifest(variant))
          if (answer.ok) server.meet(answer.value)
          if (answer.ok) manifest = variant
          answers.push(answer)
        } else if (step === 'roster') {
          const answer = await client.roster(server.roster(variant))
          if (answer.ok) roster = variant
          answers.push(answer)
        } else if (step === 'shares') answers.push(client.shares(await server.delivery(manifest, isNext ? roster : variant)))
        else if (step === 'input') answers.push(await client.input(new Uint32Array(UNSIGNED.vectorLength)))
        else if (step === 'proposal') {
          const answer = client.proposal(encodeProposal({ cohort, survivors: set, inputHashes: [] }))
          if (answer.ok) unmasked += 1
          for (const [id, { of }] of answer.ok ? unwrap(decodeUnmasking(answer.value, set)).revealed.entries() : []) {
            if (of !== 'nothing') expect(of).toBe(isIn(set, id) ? 'seed' : 'key')
            if (of !== 'nothing') revealed.set(id, (revealed.get(id) ?? new Set()).add(of))
          }
          answers.push(answer)
        } else if (step === 'result') {
          answers.push(await client.result(encodeSumResult({ cohort, survivors: set, certificate: [], sum: { kind: 'hashed', hash: hash(1) } })))
        } else if (step === 'noise') {
          for (const take of [client.manifest, client.roster, client.shares, client.proposal, client.result])
            answers.push(noise.length < 4 ? await take(noise) : refused)
        } else if (step === 'leave' && survivors.length === 2) client.leave()
        for (const answer of answers) if (answer.ok && answer.value instanceof Uint8Array) sent.push(answer.value)
        if (step === KINDS[taken] && answers.some(({ ok }) => ok)) taken += 1
      }
      for (const kinds of revealed.values()) expect(kinds.size).toBe(1)
      const kinds = sent.map((frame) => frame[0]!)
      expect(new Set(kinds).size).toBe(kinds.length)
      for (const kind of kinds) expect(DECLARED).toContain(kind)
    }),
    { seed: 41, numRuns: 120 },
  )
  expect(unmasked).toBeGreaterThan(20) // some sequences come as far as that
})
