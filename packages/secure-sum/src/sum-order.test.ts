import { createRng, shuffled } from '@shoal/numeric'
import { expect, test } from 'vitest'
import type { MaskSuite } from './mask-stream.ts'
import { createNodeAesMasks } from './node-mask-stream.ts'
import { isSameBytes } from './sum-rules.ts'
import { createSumServer, type SumStep } from './sum-server.ts'
import { coordinator, seededSodium, tabSuiteOf } from './testing-manifest.ts'
import { faultOf, run, serverSuiteOf } from './testing-sum.ts'

test.each(['hist', 'update'] as const)(
  '[5.1.2] a server that gets the same frames in other orders publishes the same bytes (%s, seed order)',
  async (purpose) => {
    const rng = createRng('order')
    const first = await run({ g: 7, purpose }, { rng, dropsAt: (place) => (place === 2 ? 3 : 5) })
    expect(faultOf(first)).toBeNull()
    const identities = first.members.map(({ identity }) => identity.publicKey)
    const sodium = seededSodium('order')
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
      const place = identities.findIndex((key) => isSameBytes(key, letter.to))
      expect(Buffer.from(letter.frame).equals(first.received.get(`5 ${place}`)!)).toBe(true)
    }
  },
)

test.each([1, 2] as const)('[5.1.2] a client masks to the same bytes in a tab and in Node (suite %i)', async (suite) => {
  const sodium = seededSodium('suites')
  const inputs = []
  for (const suiteOf of [tabSuiteOf, (id: 1 | 2): MaskSuite => serverSuiteOf(sodium, id)]) {
    const finished = await run({ g: 4, suite, ring: 16, vectorLength: 3000, blocks: 3 }, { rng: createRng('suites'), suiteOf })
    expect(faultOf(finished)).toBeNull()
    // The keys follow from the seed, so the words under their masks do as well; transcripts differ in nothing.
    inputs.push([0, 1, 2, 3].map((place) => Buffer.from(finished.sent.get(`3 ${place}`)!)))
  }
  for (const place of [0, 1, 2, 3]) expect(inputs[0]![place]!.equals(inputs[1]![place]!)).toBe(true)
})

test('duplicates: other bytes for what was accepted, a message too late and one of a stranger are refused and change nothing', async () => {
  const late = await run({ g: 7 }, { rng: createRng('late'), dropsAt: (place) => (place === 6 ? 3 : 5) })
  expect(faultOf(late)).toBeNull()
  const key = (place: number) => late.members[place]!.identity.publicKey
  const other = (frame: Uint8Array) => frame.with(20, frame[20]! ^ 1)
  const differs = { ok: false, failure: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } }
  expect(late.server.advertisement(key(0), other(late.sent.get('1 0')!))).toMatchObject(differs)
  expect(late.server.shares(key(0), other(late.sent.get('2 0')!))).toMatchObject(differs)
  expect(late.server.input(key(0), other(late.sent.get('3 0')!))).toMatchObject(differs)
  const input = late.sent.get('3 0')!
  // Of what is around the words too: header, hash, signature.
  for (const at of [2, 8, input.length - 96, input.length - 1]) expect(late.server.input(key(0), input.with(at, input[at]! ^ 1))).toMatchObject(differs)
  expect(await late.server.unmasking(key(0), other(late.sent.get('4 0')!))).toMatchObject(differs)
  expect(late.server.input(key(6), late.sent.get('3 0')!)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_SUM_STAGE' } })
  expect(await late.server.stageOver()).toEqual({ kind: 'waiting' })
})

test('[5.2] whatever was sent in an earlier sum is good for nothing in the next one', async () => {
  const before = await run({ g: 7 }, { rng: createRng('before') })
  const identities = before.members.map(({ identity }) => identity)
  const again = { rng: createRng('after'), identities }
  const replayed = (side: 'sent' | 'received', stage: number) => (at: number, place: number, frame: Uint8Array) =>
    at === stage && place === 3 ? before[side].get(`${stage} 3`)! : frame
  const codesOf = async (wire: { toClient?: ReturnType<typeof replayed>; toServer?: ReturnType<typeof replayed> }) => {
    const { released, codes } = await run({ g: 7, round: 4 }, { ...again, wire })
    return { codes: [...new Set(codes)], isReleased: released !== null }
  }
  // What a client replays costs nobody but itself.
  for (const [stage, code] of [
    [1, 'SHOAL_ERR_IDENTITY_UNPROVEN'],
    [3, 'SHOAL_ERR_IDENTITY_UNPROVEN'],
    [4, 'SHOAL_ERR_MALFORMED'],
  ] as const)
    expect(await codesOf({ toServer: replayed('sent', stage) })).toEqual({ codes: [code], isReleased: true })
  // Old shares reach all others, who can not open them.
  expect(await codesOf({ toServer: replayed('sent', 2) })).toEqual({ codes: ['SHOAL_ERR_SEALED_SHARES', 'SHOAL_ERR_SUM_TOO_FEW'], isReleased: false })
  // What the server replays to one client. Having refused to unmask, it takes no result.
  for (const [stage, codes] of [
    [1, ['SHOAL_ERR_SUM_MANIFEST']],
    [2, ['SHOAL_ERR_IDENTITY_UNPROVEN']],
    [3, ['SHOAL_ERR_SEALED_SHARES']],
    [4, ['SHOAL_ERR_SUM_SURVIVORS', 'SHOAL_ERR_SUM_STAGE']],
    [5, ['SHOAL_ERR_IDENTITY_UNPROVEN']],
  ] as const)
    expect(await codesOf({ toClient: replayed('received', stage) })).toEqual({ codes, isReleased: true })
})
