import type { BlobStore, EventStore } from '@shoal/coordinator'
import { failed } from '@shoal/protocol'
import { createMemoryEventStore } from '@shoal/simulator'
import { createMemoryBlobStore } from '@shoal/simulator/node'
import { describe, expect, test } from 'vitest'
import { expectSound, type LoggedEvent, modelsOf, mortalStore, outcomesOf } from './clustered-federation.ts'
import {
  CLIENTS,
  everyone,
  expectExactSum,
  expectGivenOnce,
  type MaskedOptions,
  type MaskedRun,
  plantMasked,
  tapped,
  twoCohorts,
  type UpStage,
} from './masked-federation.ts'

/** The server dies before, in and after a masked sum, or its disk is full when one is written: nobody's words leave twice, and what is on record is exact. */

const DOWN_MS = 700

/** The server dies when so many clients have come to this stage of the first sum. */
async function killedAt(seed: string, { stage, count }: { stage: UpStage; count: number }, change: Partial<MaskedOptions> = {}): Promise<MaskedRun> {
  const reached = new Set<number>()
  const run = await plantMasked({
    seed,
    ...change,
    simulation: {
      transport: (real, client) =>
        tapped(real, {
          up(letter, send) {
            if (letter.ask === '0.0' && letter.stage === stage) reached.add(client)
            return send()
          },
        }).transport,
      ...change.simulation,
    },
  })
  await run.simulation.run(0)
  expect(await run.simulation.world.runUntil(() => reached.size >= count)).toBe(true)
  expect(run.simulation.host().state().round).toBe(0)
  await run.simulation.crash(DOWN_MS)
  expect(await run.simulation.run()).toBe(true)
  return run
}

const askOf = (event: LoggedEvent): string => ('ask' in event ? (typeof event.ask === 'string' ? event.ask : event.ask.ask) : '')

describe('[CO58] killed', () => {
  test.each([1, 4, 7])('when %i of eight have entered: all of them enter again, and are summed', async (count) => {
    const run = await killedAt(`entering ${count}`, { stage: 'enter', count })
    expect(outcomesOf(run.simulation)).toEqual(['updated', 'updated'])
    await expectExactSum(run, 0, everyone)
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })

  test.each<[UpStage, number]>([
    ['advertisement', 8],
    ['sharesOut', 3],
    ['input', 1],
    ['input', 8],
    ['unmask', 3],
  ])('at "%s", which %i of eight have come to: that sum is lost, nobody gives again, and the next round is like any other', async (stage, count) => {
    const run = await killedAt(`${stage} ${count}`, { stage, count })
    expect(outcomesOf(run.simulation)).toEqual(['unchanged', 'updated'])
    expect(await run.survivorsOf(0)).toEqual([])
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })

  test('when three of eight have heard that the sum begins: the others, who have not, enter again and are summed without them', async () => {
    const run = await killedAt('three heard', { stage: 'advertisement', count: 3 })
    const survivors = await run.survivorsOf(0)
    expect(survivors).toHaveLength(CLIENTS - 3)
    await expectExactSum(run, 0, survivors)
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })

  const deaths = (['ask-opened', 'contributions-folded', 'ask-closed', 'round-finished'] as const).flatMap((type) =>
    (['before', 'after'] as const).map((death) => ({ type, death })),
  )
  const plain = (async () => {
    const run = await plantMasked({ seed: 'deaths' })
    expect(await run.simulation.run()).toBe(true)
    return modelsOf(run.simulation)
  })()

  test.each(deaths)('right $death $type is on record: what was on record stays, to the last bit', async ({ type, death }) => {
    let isDue = true
    const mortal = mortalStore(createMemoryEventStore(), (event) => {
      const isMeant = event.type === type && (event.type === 'round-finished' ? event.round === 0 : askOf(event) === '0.0')
      if (!isDue || !isMeant) return null
      isDue = false
      return death
    })
    const run = await plantMasked({ seed: 'deaths', simulation: { store: mortal.store } })
    await run.simulation.run(0)
    expect(await run.simulation.world.runUntil(mortal.isDead)).toBe(true)
    mortal.revive()
    await run.simulation.crash(DOWN_MS)
    expect(await run.simulation.run()).toBe(true)
    const isLost = type === 'contributions-folded' && death === 'before' // it was opened, and nobody wrote it down
    expect(outcomesOf(run.simulation)).toEqual([isLost ? 'unchanged' : 'updated', 'updated'])
    if (isLost) expect(await run.survivorsOf(0)).toEqual([])
    else {
      await expectExactSum(run, 0, everyone)
      expect(await modelsOf(run.simulation)).toEqual(await plain)
    }
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })

  test('when one of two cohorts is on record: its sum stays, and the other is lost', async () => {
    let isDue = true
    const mortal = mortalStore(createMemoryEventStore(), (event) => {
      if (!isDue || event.type !== 'contributions-folded') return null
      isDue = false
      return 'after'
    })
    const run = await plantMasked({ seed: 'cohorts', config: twoCohorts, simulation: { store: mortal.store } })
    await run.simulation.run(0)
    expect(await run.simulation.world.runUntil(mortal.isDead)).toBe(true)
    mortal.revive()
    await run.simulation.crash(DOWN_MS)
    expect(await run.simulation.run()).toBe(true)
    const survivors = await run.survivorsOf(0)
    expect(survivors).toHaveLength(CLIENTS / 2)
    await expectExactSum(run, 0, survivors)
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })
})

test('[CO59] two cohorts: each is summed by itself, and the answer is over both', async () => {
  const run = await plantMasked({ seed: 'two cohorts', config: twoCohorts })
  expect(await run.simulation.run()).toBe(true)
  for (const round of [0, 1]) await expectExactSum(run, round, everyone)
  const log = await run.simulation.store.load(run.simulation.host().id)
  const cohorts = log.flatMap((event) => (event.type === 'contributions-folded' && event.ask === '0.0' ? (event.cohorts ?? []) : []))
  expect([...cohorts].sort()).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
  await expectSound(run.simulation)
})

describe('[CO60] a full disk', () => {
  /** From the first time that a sum is written, until so much time has passed. */
  async function runOnFullDisk(seed: string, fullMs: number, fails: 'blobs' | 'events'): Promise<{ run: MaskedRun; refused: number }> {
    let fullSince: number | null = null
    let refused = 0
    let run: MaskedRun | null = null
    const isFull = (): boolean => {
      const now = run?.simulation.world.clock.now() ?? 0
      const gaveAll = (run?.given.length ?? 0) >= CLIENTS
      if (!gaveAll) return false
      fullSince ??= now
      const full = now - fullSince < fullMs
      if (full) refused += 1
      return full
    }
    const refusal = () => failed('SHOAL_ERR_STORE_FAILED', 'the disk is full')
    const innerBlobs = createMemoryBlobStore()
    const innerStore = createMemoryEventStore()
    const blobs: BlobStore = { ...innerBlobs, put: async (bytes) => (isFull() ? refusal() : innerBlobs.put(bytes)) }
    const store: EventStore = {
      ...innerStore,
      append: async (federation, sequence, events) =>
        events.some(({ type }) => type === 'contributions-folded') && isFull() ? refusal() : innerStore.append(federation, sequence, events),
    }
    run = await plantMasked({ seed, simulation: fails === 'blobs' ? { blobs } : { store } })
    expect(await run.simulation.run()).toBe(true)
    return { run, refused }
  }

  test.each([
    ['blobs', 3000],
    ['events', 3000],
    ['blobs', 60_000],
    ['events', 60_000],
  ] as const)('of %s, for %i ms: the sum that was opened is kept until it can be written', async (fails, fullMs) => {
    const { run, refused } = await runOnFullDisk(`full ${fails} ${fullMs}`, fullMs, fails)
    expect(refused).toBeGreaterThan(0)
    expect(outcomesOf(run.simulation)).toEqual(['updated', 'updated'])
    await expectExactSum(run, 0, everyone)
    await expectExactSum(run, 1, everyone)
    expectGivenOnce(run)
    await expectSound(run.simulation)
  })
})
