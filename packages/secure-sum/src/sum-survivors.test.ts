import { createRng } from '@shoal/numeric'
import { decodeProposal, decodeSumResult, encodeProposal, encodeSumResult, rosterSetOf } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createSumGuard, type GuardedSum, type SumGuard } from './sum-guard.ts'
import { hash, keyPair, type Plan, seededSodium, unwrap } from './testing-manifest.ts'
import { plainSumOf, run, type Wire } from './testing-sum.ts'

const PLAN: Plan = { g: 7 } // t = 5
const sodium = seededSodium('survivors')

test('[5.2] a second unmasking is refused, with the same survivors and with others', async () => {
  const answers: unknown[] = []
  const proposals = new Map<number, Uint8Array>()
  const { released } = await run(PLAN, {
    rng: createRng('second'),
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
    const change: NonNullable<Wire['toClient']> = (stage, place, frame) => {
      if (stage !== 4 || place !== 0) return frame
      const { cohort, inputHashes } = unwrap(decodeProposal(frame, { rosterSize: 7, recomputable: true }))
      return encodeProposal({ cohort, survivors: rosterSetOf(ids, 7), inputHashes: ids.map(() => (hashOf ? hashOf(inputHashes[0]!) : inputHashes[0]!)) })
    }
    return (await run(PLAN, { rng: createRng('shown'), dropsAt: (place) => (place === 6 ? 2 : 5), wire: { toClient: change } })).codes[0]
  }
  expect(await shown([0, 1, 2, 3])).toBe('SHOAL_ERR_SUM_TOO_FEW')
  expect(await shown([1, 2, 3, 4, 5])).toBe('SHOAL_ERR_SUM_SURVIVORS')
  expect(await shown([0, 1, 2, 3, 4, 6])).toBe('SHOAL_ERR_SUM_SURVIVORS')
  expect(await shown([0, 1, 2, 3, 4, 5], () => hash(1))).toBe('SHOAL_ERR_SUM_SURVIVORS')
})

test('[5.2] one member both alive and dead: the server takes no share of its mask key, and the clients no result with it', async () => {
  const KIND_OF_MEMBER_1 = 8 + 34
  const asKey: Wire['toServer'] = (stage, place, frame) => (stage === 4 && place === 0 ? frame.with(KIND_OF_MEMBER_1, 2) : frame)
  const unmasked = await run(PLAN, { rng: createRng('alive'), wire: { toServer: asKey } })
  expect(unmasked.codes).toEqual(['SHOAL_ERR_MALFORMED'])
  expect(unmasked.released).not.toBeNull()
  const alsoDead: Wire['toClient'] = (stage, place, frame) => {
    if (stage !== 5 || place !== 0) return frame
    const result = unwrap(decodeSumResult(frame, { ring: 32, vectorLength: 7, purpose: 'hist', rosterSize: 7 }))
    if (result.sum.kind !== 'open') throw new Error('hashed')
    return encodeSumResult({ ...result, sum: { ...result.sum, dropped: [{ id: 1, privateKey: hash(1) }] } })
  }
  expect((await run(PLAN, { rng: createRng('dead'), wire: { toClient: alsoDead } })).codes).toEqual(['SHOAL_ERR_MALFORMED'])
})

test.each(['hist', 'update'] as const)('[5.2] a share that was tampered with: the sum is released and its sender named (%s)', async (purpose) => {
  const FIRST_SHARE = 8 + 1
  const tampered: Wire['toServer'] = (stage, place, frame) => (stage === 4 && place === 5 ? frame.with(FIRST_SHARE, frame[FIRST_SHARE]! ^ 1) : frame)
  const { released, members, manifest } = await run({ g: 9, purpose }, { rng: createRng('tampered'), wire: { toServer: tampered } })
  expect(released!.wrong).toEqual([5])
  expect([...released!.words]).toEqual(plainSumOf(members, manifest))
})

test('[5.2] with no more shares than the threshold one that was tampered with costs the sum, and nothing is known of it', async () => {
  const tampered: Wire['toServer'] = (stage, place, frame) => (stage === 4 && place === 6 ? frame.with(9, frame[9]! ^ 1) : frame)
  const { released, codes } = await run(PLAN, { rng: createRng('few'), dropsAt: (place) => (place < 2 ? 4 : 5), wire: { toServer: tampered } })
  expect(released).toBeNull()
  expect(codes).toEqual(['SHOAL_ERR_WRONG_SHARES'])
})

/** Clients that keep their guards from sum to sum, with kDiff 3 in cohorts of twelve. */
function guardedClients() {
  const identities = Array.from({ length: 12 }, () => keyPair())
  const guards: SumGuard[] = identities.map(() => createSumGuard(null, { kMin: 3, kDiff: 3 }))
  let round = 2
  return async (federationRound: number, purpose: 'power' | 'update', absent: readonly number[]) => {
    round += 1
    const sum: GuardedSum = { epoch: 2, round, federationRound, purpose, result: `${federationRound}/train` }
    const refusals = guards.map((guard) => guard.refusal(sum)).filter((refusal) => refusal !== null)
    if (refusals.length > 0) return refusals
    const { codes } = await run(
      { g: 12, kDiff: 3, round, purpose },
      {
        rng: createRng(`guarded ${round}`),
        identities,
        dropsAt: (place) => (absent.includes(place) ? 3 : 5),
        consent: (consent, place) => ({
          ...consent,
          last: guards[place]!.last(),
          objection: (survivors, manifest) => {
            const guard = guards[place]!
            const names = survivors.map((key) => sodium.to_hex(key))
            const objection = guard.objection(names, { ...sum, cohortSize: manifest.cohortSize, threshold: manifest.threshold })
            if (objection === null) guard.opened(sum, names)
            return objection
          },
        }),
        wire: {
          toServer: (stage, place, frame) => {
            if (stage === 3) guards[place]!.gave(sum)
            return frame
          },
        },
      },
    )
    return [...new Set(codes)]
  }
}

test('[5.2] differencing: a sum over all and one over all but one are not both opened; kDiff - 1 more discards make it one', async () => {
  const join = guardedClients()
  expect(await join(7, 'power', [])).toEqual([])
  expect(await join(7, 'power', [4])).toEqual(['SHOAL_ERR_SUM_SURVIVORS', 'SHOAL_ERR_SUM_TOO_FEW'])
  expect(await join(7, 'power', [4, 5])).toEqual(['SHOAL_ERR_SUM_SURVIVORS', 'SHOAL_ERR_SUM_TOO_FEW'])
  expect(await join(7, 'power', [4, 5, 6])).toEqual([])
  expect(await join(7, 'update', [4, 5, 6])).toEqual([])
  expect(await join(8, 'update', [4, 5])).toEqual(['SHOAL_ERR_SUM_SURVIVORS', 'SHOAL_ERR_SUM_TOO_FEW'])
})

test('[5.2] a drop between two sums of one vector: no client gives it to a second one', async () => {
  const join = guardedClients()
  expect(await join(7, 'update', [])).toEqual([])
  expect(new Set(await join(7, 'update', [4]))).toEqual(new Set(['this update is in a sum already']))
})
