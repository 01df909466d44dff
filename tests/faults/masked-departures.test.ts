import type { FederationState } from '@shoal/coordinator'
import { failed } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { expectSound, outcomesOf } from './clustered-federation.ts'
import {
  everyone,
  everyoneBut,
  expectExactSum,
  expectGivenOnce,
  expectWithheld,
  type MaskedOptions,
  type MaskedRun,
  plantMasked,
  type Tapped,
  tapped,
  type UpStage,
} from './masked-federation.ts'

/** Clients that leave, freeze or lose their link at every stage of a masked sum: the sum is over those whose words came, exactly, and the next round is like any other. */

const STAGES: readonly (UpStage | 'given')[] = ['enter', 'advertisement', 'sharesOut', 'input', 'given', 'unmask']
type Way = 'leaves' | 'freezes' | 'loses its link'

/** A federation in which these clients, in round 0, go at this stage. */
async function plantDeparting(
  seed: string,
  { victims, stage, way }: { victims: readonly number[]; stage: UpStage | 'given'; way: Way },
  change: Partial<MaskedOptions> = {},
) {
  const links: Tapped[] = []
  const gone = new Set<number>()
  const run: MaskedRun = await plantMasked({
    seed,
    ...change,
    simulation: {
      transport(real, client) {
        const link = tapped(real, {
          async up(letter, send) {
            const isDue = victims.includes(client) && !gone.has(client) && letter.ask === '0.0' && letter.stage === (stage === 'given' ? 'input' : stage)
            if (!isDue) return send()
            gone.add(client)
            if (stage === 'given') await send()
            if (way === 'freezes') {
              links[client].freeze()
              return send() // when it thaws
            }
            if (way === 'leaves') void run.simulation.sessions[client].stop()
            else links[client].cut()
            return failed('SHOAL_ERR_CLIENT_GONE')
          },
        })
        links[client] = link
        return link.transport
      },
      ...change.simulation,
    },
  })
  /** Round 0 is over: whoever left comes back. */
  const comeBack = (): void => {
    for (const client of gone) {
      if (way === 'freezes') links[client].thaw()
      run.simulation.sessions[client].start()
    }
  }
  return { run, gone, comeBack }
}

async function finish({ simulation }: MaskedRun, afterFirst: () => void): Promise<FederationState> {
  await simulation.run(0)
  expect(await simulation.world.runUntil(() => simulation.host().state().rounds.length > 0)).toBe(true)
  afterFirst()
  expect(await simulation.run()).toBe(true)
  return simulation.host().state()
}

describe.each<Way>(['leaves', 'freezes', 'loses its link'])('one client %s', (way) => {
  test.each(STAGES)('[CO50] at "%s": the sum is over those whose words came, to the last bit', async (stage) => {
    const victim = 3
    const { run, gone, comeBack } = await plantDeparting(`${way} at ${stage}`, { victims: [victim], stage, way })
    const { rounds } = await finish(run, comeBack)
    expect([...gone]).toEqual([victim])
    expect(rounds.map(({ outcome }) => outcome)).toEqual(['updated', 'updated'])
    // Words that came stay in the sum, whether or not their owner helps to open it; who lost its link before the sum began enters again.
    const isIn = stage === 'given' || stage === 'unmask' || (stage === 'enter' && way === 'loses its link')
    await expectExactSum(run, 0, isIn ? everyone : everyoneBut(victim))
    await expectExactSum(run, 1, everyone)
    // The shortest stage has 3 s: nobody waits for the end of one for somebody who is known to be gone.
    if (way === 'leaves') expect(rounds[0].endedAt - rounds[0].startedAt).toBeLessThan(3000)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })
})

describe('more than the threshold allows', () => {
  test.each<[UpStage, Way]>([
    ['advertisement', 'leaves'],
    ['sharesOut', 'freezes'],
    ['input', 'leaves'],
    ['input', 'freezes'],
    ['unmask', 'leaves'],
    ['unmask', 'freezes'],
    ['unmask', 'loses its link'],
  ])('[CO51] three of eight, at "%s", one %s: nothing is opened; the next round sums everybody', async (stage, way) => {
    const { run, gone, comeBack } = await plantDeparting(`three at ${stage}`, { victims: [1, 4, 6], stage, way })
    const { rounds } = await finish(run, comeBack)
    expect(gone.size).toBe(3)
    expect(rounds.map(({ outcome }) => outcome)).toEqual(['unchanged', 'updated'])
    await expectWithheld(run, 0, 'aborted')
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })

  test('[CO51] two of eight, which it does allow: the boundary', async () => {
    const { run, comeBack } = await plantDeparting('two', { victims: [1, 4], stage: 'input', way: 'leaves' })
    await finish(run, comeBack)
    expect(outcomesOf(run.simulation)).toEqual(['updated', 'updated'])
    await expectExactSum(run, 0, everyoneBut(1, 4))
    await expectExactSum(run, 1, everyone)
  })
})

describe('[CO52] fewer than kMin', () => {
  test.each<Way>(['leaves', 'freezes'])('six of eight, before they enter, one %s: no sum is begun, and the round says so', async (way) => {
    const { run, comeBack } = await plantDeparting('below', { victims: [0, 1, 2, 3, 4, 5], stage: 'enter', way })
    const { rounds } = await finish(run, comeBack)
    expect(rounds.map(({ outcome }) => outcome)).toEqual(['unchanged', 'updated'])
    await expectWithheld(run, 0, 'below-kmin')
    expect(run.given.filter(({ ask }) => ask === '0.0')).toEqual([])
    await expectExactSum(run, 1, everyone)
    await expectSound(run.simulation)
  })

  test('five of eight: three are enough', async () => {
    // A ring code of three clients has other steps: what they made is no whole number of those, so that only the count is compared.
    const { run, comeBack } = await plantDeparting(
      'at kMin',
      { victims: [0, 1, 2, 3, 4], stage: 'enter', way: 'leaves' },
      { config: { quorum: { fraction: 0, min: 1 } } },
    )
    await finish(run, comeBack)
    expect(await run.survivorsOf(0)).toEqual([5, 6, 7])
    expect(outcomesOf(run.simulation)).toEqual(['updated', 'updated'])
    await expectExactSum(run, 1, everyone)
  })
})

describe('[CO53] slower than the entry deadline', () => {
  /** These clients say that they are ready later than half of the ask's deadline, which is for the work. */
  async function plantSlow(seed: string, slow: readonly number[]) {
    let isSlow = true
    const run: MaskedRun = await plantMasked({
      seed,
      simulation: {
        transport: (real, client) =>
          tapped(real, {
            async up({ stage }, send) {
              if (isSlow && stage === 'enter' && slow.includes(client)) await run.simulation.world.pass(16_000)
              return send()
            },
          }).transport,
      },
    })
    await finish(run, () => {
      isSlow = false
    })
    return run
  }

  test('it is left out by code and told so; the others are summed, and it is in the next round', async () => {
    const run = await plantSlow('slow', [2])
    const log = await run.simulation.store.load(run.simulation.host().id)
    const out = log.flatMap((event) => (event.type === 'client-sat-out' ? [[run.simulation.clients.indexOf(event.client), event.ask, event.code]] : []))
    expect(out).toEqual([[2, '0.0', 'SHOAL_ERR_SUM_STAGE']])
    await expectExactSum(run, 0, everyoneBut(2))
    await expectExactSum(run, 1, everyone)
    expect(run.given.filter(({ client, ask }) => client === 2 && ask === '0.0')).toEqual([])
    await expectSound(run.simulation)
  })

  test('all of them: nobody enters, the round ends, and the next one is like any other', async () => {
    const run = await plantSlow('all slow', everyone)
    expect(outcomesOf(run.simulation)).toEqual(['unchanged', 'updated'])
    expect(run.given.filter(({ ask }) => ask === '0.0')).toEqual([])
    await expectExactSum(run, 1, everyone)
    await expectSound(run.simulation)
  })
})
