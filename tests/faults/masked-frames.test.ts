import { createRng } from '@shoal/numeric'
import type { Result } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { expectSound, outcomesOf } from './clustered-federation.ts'
import { everyone, expectExactSum, expectGivenOnce, expectWithheld, type MaskedRun, plantMasked, type Tap, tapped } from './masked-federation.ts'

/** Frames of a masked sum that come twice, late, from another sum or from somebody else, or that are none: each is refused by code or counts once, and the sum is what it would have been. */

const VILLAIN = 5
const VICTIM = 2
const ROUNDS = 2
const FRAMES = ['advertisement', 'sharesOut', 'input', 'unmask'] as const
type Frame = (typeof FRAMES)[number]
/** What the server checks by a signature. Shares are sealed for their receivers, who alone can tell. */
const SIGNED = ['advertisement', 'input', 'unmask'] as const

const codeOf = (result: Result<unknown>): string => (result.ok ? 'taken' : result.failure.code)

async function runTapped(seed: string, tapOf: (client: number) => Tap, rounds = ROUNDS): Promise<MaskedRun> {
  const run = await plantMasked({
    seed,
    config: { stop: { rounds, accuracy: null } },
    simulation: { transport: (real, client) => tapped(real, tapOf(client)).transport },
  })
  expect(await run.simulation.run()).toBe(true)
  return run
}

/** Everybody is in every sum, exactly. */
async function expectUntouched(run: MaskedRun): Promise<void> {
  const outcomes = outcomesOf(run.simulation)
  expect(new Set(outcomes)).toEqual(new Set(['updated']))
  for (let round = 0; round < outcomes.length; round += 1) await expectExactSum(run, round, everyone)
  await expectSound(run.simulation)
}

describe('[CO54] twice', () => {
  test('everything that anybody sends comes twice: it is taken again and counts once', async () => {
    const second = new Map<string, number>()
    const run = await runTapped('twice', () => ({
      async up({ stage }, send) {
        const [first, again] = await Promise.all([send(), send()])
        const answer = `${stage}: ${codeOf(again)}`
        second.set(answer, (second.get(answer) ?? 0) + 1)
        return first
      },
    }))
    await expectUntouched(run)
    // The last one of a stage ends it, and its sum may be over when its twin comes.
    const answers = [...second.keys()].filter((answer) => !answer.endsWith(': taken'))
    for (const answer of answers) expect(answer).toMatch(/: SHOAL_ERR_ASK_CLOSED$/)
    for (const stage of ['enter', ...FRAMES]) expect(second.get(`${stage}: taken`)).toBeGreaterThan(0)
  })

  test('and once more when the next round is under way: it is refused by code', async () => {
    const late: string[] = []
    const kept: (() => Promise<Result<unknown>>)[] = []
    const run = await runTapped('late', (client) => ({
      async up({ stage, ask }, send) {
        if (client === VILLAIN && ask === '0.0') kept.push(send)
        if (client === VILLAIN && ask === '1.0' && stage === 'input') for (const again of kept) late.push(codeOf(await again()))
        return send()
      },
    }))
    expect(late).toHaveLength(5)
    // What is uploaded is refused as an answer to a round that is over.
    expect(new Set(late)).toEqual(new Set(['SHOAL_ERR_ASK_CLOSED', 'SHOAL_ERR_STALE_UPDATE']))
    await expectUntouched(run)
    expectGivenOnce(run)
  })
})

/** The villain sends all of these in the place of its own frame of a round, then its own; which codes it hears. */
async function forging(
  { seed, at, round }: { seed: string; at: Frame; round: number },
  forgeries: (seen: ReadonlyMap<string, Uint8Array>, own: Uint8Array) => readonly Uint8Array[],
): Promise<{ run: MaskedRun; heard: readonly string[] }> {
  const seen = new Map<string, Uint8Array>()
  const heard: string[] = []
  let settled: () => void = () => undefined
  const victimSent = new Promise<void>((resolve) => {
    settled = resolve
  })
  const run = await runTapped(
    seed,
    (client) => ({
      async up({ stage, ask, body }, send) {
        seen.set(`${client} ${ask} ${stage}`, body)
        const isDue = ask === `${round}.0` && stage === at
        if (client === VICTIM && isDue) settled()
        if (client !== VILLAIN || !isDue) return send()
        await victimSent
        for (const forged of forgeries(seen, body)) heard.push(codeOf(await send(forged)))
        return send()
      },
    }),
    round + 2,
  )
  return { run, heard }
}

const noiseOf = (seed: string): ((length: number) => Uint8Array) => {
  const rng = createRng(seed)
  return (length) => Uint8Array.from({ length }, () => rng.below(256))
}
const known = (seen: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array => {
  const frame = seen.get(name)
  if (frame === undefined) throw new Error(`nobody saw ${name}`)
  return frame
}
const flippedAt = (frame: Uint8Array, index: number): Uint8Array => frame.map((byte, at) => (at === index ? byte ^ 1 : byte))

describe('[CO55] in the place of one that was to come', () => {
  test.each(SIGNED)('%s: its own of the last round is refused, and its own of this round counts', async (at) => {
    const { run, heard } = await forging({ seed: `replayed ${at}`, at, round: 1 }, (seen) => [known(seen, `${VILLAIN} 0.0 ${at}`)])
    expect(heard).toHaveLength(1)
    expect(heard[0]).toMatch(/^SHOAL_ERR_(IDENTITY_UNPROVEN|MALFORMED)$/)
    await expectUntouched(run)
  })

  test.each(FRAMES)("%s: somebody else's of this very sum is refused, and its own counts", async (at) => {
    const { run, heard } = await forging({ seed: `stolen ${at}`, at, round: 1 }, (seen) => [known(seen, `${VICTIM} 1.0 ${at}`)])
    expect(heard).toHaveLength(1)
    expect(heard[0]).toMatch(/^SHOAL_ERR_(MALFORMED|IDENTITY_UNPROVEN|SUM_STAGE)$/)
    await expectUntouched(run)
  })

  test.each(FRAMES)('%s: bytes that are no such frame are refused, and its own counts (seed garbage)', async (at) => {
    const noise = noiseOf(`garbage ${at}`)
    const { run, heard } = await forging({ seed: `garbage ${at}`, at, round: 0 }, (_, own) => {
      const others = FRAMES.filter((frame) => frame !== at).map(() => Uint8Array.from([(own[0] + 1) % 11, ...own.subarray(1)]))
      return [new Uint8Array(0), noise(1), noise(own.length), own.subarray(0, own.length - 1), Uint8Array.from([...own, 0]), flippedAt(own, 2), ...others]
    })
    expect(heard).toHaveLength(9)
    for (const code of heard) expect(code).toMatch(/^SHOAL_ERR_/)
    await expectUntouched(run)
  })

  test.each(['advertisement', 'input'] as const)('%s: one bit more or less anywhere is refused, and its own counts', async (at) => {
    const { run, heard } = await forging({ seed: `flipped ${at}`, at, round: 0 }, (_, own) =>
      [0.2, 0.5, 0.8, 0.99].map((share) => flippedAt(own, Math.floor(share * own.length))),
    )
    expect(heard).toHaveLength(4)
    for (const code of heard) expect(code).toMatch(/^SHOAL_ERR_/)
    await expectUntouched(run)
  })
})

test('[CO57] a share in #9 that is not the one it was: the others open the sum all the same', async () => {
  const { run, heard } = await forging({ seed: 'tampered', at: 'unmask', round: 0 }, (_, own) => [flippedAt(own, own.length >> 1)])
  expect(heard).toEqual(['taken']) // its signature is for the survivors; what it opens is held against commitments
  await expectUntouched(run)
})

describe('[CO56] shares that their receivers can not open', () => {
  test('for one of them: that one stops, so does the villain, and the sum is over the rest', async () => {
    const { run, heard } = await forging({ seed: 'one share', at: 'sharesOut', round: 0 }, (_, own) => [flippedAt(own, own.length - 1)])
    expect(heard).toEqual(['taken']) // the server can not tell
    const survivors = await run.survivorsOf(0)
    expect(survivors).toHaveLength(6)
    expect(survivors).not.toContain(VILLAIN)
    await expectExactSum(run, 0, survivors)
    await expectExactSum(run, 1, everyone)
    await expectSound(run.simulation)
  })

  test('for all of them: nothing is opened, and the next round is like any other', async () => {
    const { run, heard } = await forging({ seed: 'all shares', at: 'sharesOut', round: 1 }, (seen) => [known(seen, `${VILLAIN} 0.0 sharesOut`)])
    expect(heard).toEqual(['taken'])
    await expectExactSum(run, 0, everyone)
    await expectWithheld(run, 1, 'no-quorum') // nobody is left to answer
    expect(run.given.filter(({ ask }) => ask === '1.0')).toEqual([]) // whoever can not open them gives nothing
    await expectExactSum(run, 2, everyone)
    await expectSound(run.simulation)
  })
})
