import { clientIdOf, loadSodium, toBase64 } from '@shoal/privacy'
import {
  type AskMessage,
  decodeManifest,
  decodeProposal,
  decodeRoster,
  decodeSumResult,
  encodeManifest,
  encodeProposal,
  encodeRoster,
  encodeSumResult,
  type FederationConfig,
  idsIn,
  type KeyAdvertisement,
  manifestSignedPart,
  type Result,
  rosterSetOf,
  type SumManifest,
  type SumRoster,
  sumFrameKind,
} from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { expectSound, outcomesOf } from './clustered-federation.ts'
import { everyone, everyoneBut, expectExactSum, expectGivenOnce, type MaskedRun, plantMasked, tapped, trainingOf } from './masked-federation.ts'

/**
 * A server that tells one client something else than the others, with the federation's key where that helps it: that client stops with its code, and what is opened is the sum of those who were told
 * the same, or nothing. Never is it another sum that looks right.
 */

const VICTIM = 3
const LIED_IN = 0
/** The model of this round is still served in the next. */
const OLD_ROUND = 1
const sodium = await loadSodium()

const orThrow = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.failure.code} ${result.failure.detail}`)
  return result.value
}

interface Lie {
  /** The ask, as the victim hears of it. */
  ask?(message: AskMessage, oldModel: AskMessage['models'][number]): AskMessage
  /** A frame, as the victim gets it; one more, or another. */
  frame?(kind: string, frame: Uint8Array, known: Known): readonly Uint8Array[]
}

interface Known {
  readonly oldModel: AskMessage['models'][number]
  readonly manifest: SumManifest
  readonly roster: SumRoster
  isVictim(member: KeyAdvertisement): boolean
  /** Signed by the federation's key, as a true one is. */
  manifestWith(change: Partial<SumManifest>): Uint8Array
}

interface Lying {
  readonly config?: Partial<FederationConfig>
  readonly round?: number
  readonly procedure?: 'train' | 'evaluate'
}

/** Runs until the round after the one that the server lies in. `codes`: the first with which each client sat that out. */
async function lying(seed: string, lie: Lie, { config = {}, round = LIED_IN, procedure = 'train' }: Lying = {}) {
  let models: AskMessage['models'] = []
  let manifest: SumManifest | null = null
  let roster: SumRoster | null = null
  const unmaskings: string[] = []
  const isLied = (ask: string): boolean => ask === (procedure === 'train' ? trainingOf(round) : `${round}.1`)
  const run: MaskedRun = await plantMasked({
    seed,
    config: { stop: { rounds: round + 2, accuracy: null }, ...config },
    simulation: {
      transport: (real, client) =>
        tapped(real, {
          up({ stage, ask }, send) {
            if (client === VICTIM && stage === 'unmask') unmaskings.push(ask)
            return send()
          },
        }).transport,
      audience: (real, signing) => ({
        ...real,
        ask(client, message) {
          if (message.ask === trainingOf(OLD_ROUND)) models = message.models
          const isTold = client === run.simulation.clients[VICTIM] && isLied(message.ask)
          real.ask(client, isTold && lie.ask ? lie.ask(message, models[0]) : message)
        },
        sumFrame(client, ask, frame) {
          const kind = sumFrameKind(frame) ?? ''
          if (isLied(ask) && kind === 'manifest') manifest = orThrow(decodeManifest(frame))
          if (isLied(ask) && kind === 'roster') roster = orThrow(decodeRoster(frame))
          if (client !== run.simulation.clients[VICTIM] || !isLied(ask) || lie.frame === undefined || manifest === null)
            return real.sumFrame(client, ask, frame)
          const truth = manifest
          const known: Known = {
            oldModel: models[0] ?? '',
            manifest,
            isVictim: ({ identityKey }) => clientIdOf(sodium, toBase64(sodium, identityKey), run.simulation.host().id) === client,
            roster: roster ?? { cohort: 0, members: [], credentials: [] },
            manifestWith(changed) {
              const forged = { ...truth, ...changed }
              return encodeManifest({ ...forged, signature: sodium.crypto_sign_detached(manifestSignedPart(forged), signing.privateKey) })
            },
          }
          for (const told of lie.frame(kind, frame, known)) real.sumFrame(client, ask, told)
        },
      }),
    },
  })
  expect(await run.simulation.run()).toBe(true)
  const log = await run.simulation.store.load(run.simulation.host().id)
  const satOut = log.flatMap((event) =>
    event.type === 'client-sat-out' && isLied(event.ask) ? [[run.simulation.clients.indexOf(event.client), event.code] as const] : [],
  )
  return { run, codes: new Map([...satOut].reverse()), unmaskings: unmaskings.filter(isLied).length }
}

/** Of one kind of frame. */
const onThe =
  (wanted: string, change: (frame: Uint8Array, known: Known) => readonly Uint8Array[]): NonNullable<Lie['frame']> =>
  (kind, frame, known) =>
    kind === wanted ? change(frame, known) : [frame]

const hashOf = (text: string): Uint8Array => sodium.crypto_generichash(32, text, null)

describe('[CL60] what the victim sees by itself: it stops, and the others are summed', () => {
  const manifestLies: [string, Partial<SumManifest> | ((truth: SumManifest) => Partial<SumManifest>)][] = [
    ['other models', ({ modelHashes }) => ({ modelHashes: modelHashes.map((hash, index) => (index === 1 ? hashOf('another') : hash)) })],
    ['another question', ({ modelHashes }) => ({ modelHashes: modelHashes.map((hash, index) => (index === 0 ? hashOf('another') : hash)) })],
    ['another policy', { policyHash: hashOf('another') }],
    ['another architecture', { architectureHash: hashOf('another') }],
    ['another federation', { federation: hashOf('another').subarray(0, 16) }],
    ['another cluster', { cluster: 1 }],
    ['another purpose', { purpose: 'metric' }],
    ['a wider range', ({ range }) => ({ range: 2 * range })],
    ['one word more', ({ vectorLength }) => ({ vectorLength: vectorLength + 1 })],
    ['a lower threshold', { threshold: 5 }],
  ]

  test.each(manifestLies)('a signed manifest with %s: SHOAL_ERR_SUM_MANIFEST', async (what, change) => {
    const frame = onThe('manifest', (_, { manifest, manifestWith }) => [manifestWith(typeof change === 'function' ? change(manifest) : change)])
    const { run, codes } = await lying(`manifest: ${what}`, { frame })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_SUM_MANIFEST']])
    await expectExactSum(run, LIED_IN, everyoneBut(VICTIM))
    await expectExactSum(run, LIED_IN + 1, everyone)
    expectGivenOnce(run)
  })

  test('a signed manifest of a sum that is over: SHOAL_ERR_SUM_MANIFEST', async () => {
    const frame = onThe('manifest', (_, { manifest, manifestWith }) => [manifestWith({ round: manifest.round - 4096 * 8 })])
    const { run, codes } = await lying('over', { frame }, { round: 1 })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_SUM_MANIFEST']])
    await expectExactSum(run, 1, everyoneBut(VICTIM))
    await expectExactSum(run, 2, everyone)
  })

  test('an unsigned manifest: SHOAL_ERR_IDENTITY_UNPROVEN', async () => {
    const frame = onThe('manifest', (_, { manifest }) => [encodeManifest({ ...manifest, kMin: 4 })])
    const { run, codes } = await lying('unsigned', { frame })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_IDENTITY_UNPROVEN']])
    await expectExactSum(run, LIED_IN, everyoneBut(VICTIM))
    await expectExactSum(run, LIED_IN + 1, everyone)
  })

  test('two manifests for one sum: SHOAL_ERR_SUM_MANIFEST', async () => {
    const frame = onThe('manifest', (true_, { manifestWith }) => [true_, manifestWith({ kDiff: 4 })])
    const { run, codes } = await lying('two manifests', { frame })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_SUM_MANIFEST']])
    await expectExactSum(run, LIED_IN, everyoneBut(VICTIM))
    await expectExactSum(run, LIED_IN + 1, everyone)
  })

  test('an ask for another model than the manifest names: SHOAL_ERR_SUM_MANIFEST', async () => {
    const { run, codes } = await lying('another model', { ask: (message, oldModel) => ({ ...message, models: [oldModel] }) }, { round: 2 })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_SUM_MANIFEST']])
    await expectExactSum(run, 2, everyoneBut(VICTIM))
    await expectExactSum(run, 3, everyone)
  })

  test('an ask with other arguments: SHOAL_ERR_SUM_MANIFEST', async () => {
    const { run, codes } = await lying('other arguments', { ask: (message) => ({ ...message, args: { ...(message.args as object), learningRate: 0.9 } }) })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_SUM_MANIFEST']])
    await expectExactSum(run, LIED_IN, everyoneBut(VICTIM))
  })

  test('a roster with a key that its owner did not sign: SHOAL_ERR_IDENTITY_UNPROVEN', async () => {
    const frame = onThe('roster', (_, { roster }) => {
      const members = roster.members.map((member, index) => (index === 0 ? { ...member, maskKey: hashOf('the server') } : member))
      return [encodeRoster({ ...roster, members })]
    })
    const { run, codes } = await lying('substituted key', { frame })
    // Whose key it is: the victim's own would be SHOAL_ERR_SUM_ROSTER.
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_IDENTITY_UNPROVEN']])
    await expectExactSum(run, LIED_IN, everyoneBut(VICTIM))
    await expectExactSum(run, LIED_IN + 1, everyone)
  })

  test('a roster without it: SHOAL_ERR_SUM_ROSTER', async () => {
    const frame = onThe('roster', (_, { roster, isVictim }) => [encodeRoster({ ...roster, members: roster.members.filter((member) => !isVictim(member)) })])
    const { run, codes } = await lying('without it', { frame })
    expect([...codes]).toEqual([[VICTIM, 'SHOAL_ERR_SUM_ROSTER']])
    await expectExactSum(run, LIED_IN, everyoneBut(VICTIM))
    await expectExactSum(run, LIED_IN + 1, everyone)
  })
})

describe('[CL61] what only the masks show: all of them stop before they give anything', () => {
  const expectAborted = async ({ run, codes }: Awaited<ReturnType<typeof lying>>, round = LIED_IN): Promise<void> => {
    expect(new Map([...codes].sort())).toEqual(new Map(everyone.map((client) => [client, 'SHOAL_ERR_SEALED_SHARES'])))
    expect(run.given.filter(({ ask }) => ask === trainingOf(round))).toEqual([])
    expect(await run.survivorsOf(round)).toEqual([])
    expect(outcomesOf(run.simulation)[round]).toBe('unchanged')
    await expectExactSum(run, round + 1, everyone)
    await expectSound(run.simulation)
  }

  test('another model, in the ask and in a signed manifest alike', async () => {
    await expectAborted(
      await lying(
        'consistent',
        {
          ask: (message, oldModel) => ({ ...message, models: [oldModel] }),
          frame: onThe('manifest', (_, { manifest, manifestWith, oldModel }) => [
            manifestWith({ modelHashes: manifest.modelHashes.map((hash, index) => (index === 1 ? sodium.from_hex(oldModel) : hash)) }),
          ]),
        },
        { round: 2 },
      ),
      2,
    )
  })

  test('other deadlines in a signed manifest', async () => {
    await expectAborted(
      await lying('deadlines', { frame: onThe('manifest', (_, { manifest, manifestWith }) => [manifestWith({ inputMs: manifest.inputMs + 1 })]) }),
    )
  })

  test('a roster in which two others have changed places', async () => {
    const frame = onThe('roster', (_, { roster, isVictim }) => {
      const [left, right] = [...roster.members.keys()].filter((id) => !isVictim(roster.members[id]))
      const members = roster.members.map((member, id) => roster.members[id === left ? right : id === right ? left : id] ?? member)
      return [encodeRoster({ ...roster, members })]
    })
    await expectAborted(await lying('order', { frame }))
  })
})

describe('[CL62] which sum is opened', () => {
  const setOf = (frame: Uint8Array, keep: (id: number) => boolean): Uint8Array => {
    const proposal = orThrow(decodeProposal(frame, { rosterSize: 8, recomputable: false }))
    return encodeProposal({ ...proposal, survivors: rosterSetOf(idsIn(proposal.survivors).filter(keep), 8) })
  }

  test('fewer than the threshold: SHOAL_ERR_SUM_TOO_FEW, and the others open the true one', async () => {
    const { run, unmaskings } = await lying('few', { frame: onThe('proposal', (frame) => [setOf(frame, (id) => id >= 3)]) })
    expect(unmaskings).toBe(0)
    await expectExactSum(run, LIED_IN, everyone)
    await expectExactSum(run, LIED_IN + 1, everyone)
  })

  test.each([0, 7])('one without member %i, before the true one: it helps to open one of them and no other', async (left) => {
    const { run, unmaskings } = await lying('two proposals', { frame: onThe('proposal', (frame) => [setOf(frame, (id) => id !== left), frame]) })
    expect(unmaskings).toBeLessThanOrEqual(1)
    await expectExactSum(run, LIED_IN, everyone)
    await expectExactSum(run, LIED_IN + 1, everyone)
    expectGivenOnce(run)
  })

  test('one without a member, after the true one: it is ignored', async () => {
    const { run, codes, unmaskings } = await lying('second', { frame: onThe('proposal', (frame) => [frame, setOf(frame, (id) => id !== 0)]) })
    expect(unmaskings).toBe(1)
    expect([...codes]).toEqual([])
    await expectExactSum(run, LIED_IN, everyone)
    await expectExactSum(run, LIED_IN + 1, everyone)
  })
})

describe('[CL63] what came of it', () => {
  /** Who is lied to leaves for good, and the others go on without it. A round may begin before all are here, so that the first is not lied in. */
  const change = { cohort: { fraction: 1, min: 7, max: 8 }, evaluation: { onClients: true, testSet: null } }

  test('other survivors than were agreed to, in the result of the training sum: the session ends with SHOAL_ERR_SUM_RESULT', async () => {
    const frame = onThe('result', (bytes, { manifest }) => {
      const result = orThrow(decodeSumResult(bytes, { ...manifest, rosterSize: 8 }))
      const [, ...certificate] = result.certificate
      return [encodeSumResult({ ...result, survivors: rosterSetOf(idsIn(result.survivors).slice(1), 8), certificate })]
    })
    const { run } = await lying('other survivors', { frame }, { config: change, round: 1 })
    expect(run.simulation.sessions[VICTIM].state()).toMatchObject({ kind: 'refused', failure: { code: 'SHOAL_ERR_SUM_RESULT' } })
    await expectExactSum(run, 1, everyone)
    await expectExactSum(run, 2, everyoneBut(VICTIM))
    await expectSound(run.simulation)
  })

  test('another small sum than its inputs give: the session ends with SHOAL_ERR_SUM_RESULT', async () => {
    const frame = onThe('result', (bytes, { manifest }) => {
      const result = orThrow(decodeSumResult(bytes, { ...manifest, rosterSize: 8 }))
      if (result.sum.kind !== 'open') throw new Error('not a small sum')
      const words = result.sum.words.slice()
      words[0] += 1
      return [encodeSumResult({ ...result, sum: { ...result.sum, words } })]
    })
    const { run } = await lying('another small sum', { frame }, { config: change, procedure: 'evaluate', round: 1 })
    expect(run.simulation.sessions[VICTIM].state()).toMatchObject({ kind: 'refused', failure: { code: 'SHOAL_ERR_SUM_RESULT' } })
    await expectExactSum(run, 1, everyone)
    await expectExactSum(run, 2, everyoneBut(VICTIM))
    await expectSound(run.simulation)
  })
})
