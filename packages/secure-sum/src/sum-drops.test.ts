import { createRng, shuffled } from '@shoal/numeric'
import { idsIn, type SumPurpose } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { leastThresholdOf } from './sum-rules.ts'
import { faultOf, run } from './testing-sum.ts'

/** The larger the cohort the fewer trials: the work grows with its square. */
const COHORTS = [3, 4, 5, 6, 7, 8, 11, 16, 23, 32, 40].map((g) => ({ g, trials: g < 12 ? 6 : g < 20 ? 3 : 1 }))

test.each(COHORTS)(
  '[5.1.1] g = $g: the sum is the integer sum of the survivors, or nothing is released, for drops at every stage (seed drops-$g)',
  async ({ g, trials }) => {
    const rng = createRng(`drops-${g}`)
    for (let trial = 0; trial < trials; trial += 1) {
      const spare = g - leastThresholdOf(g)
      // The first trial goes to the very limit, later ones beyond it as well.
      const count = trial === 0 ? spare : rng.below(trial % 2 === 0 ? g : spare + 1)
      const drops = new Map(
        shuffled([...Array(g).keys()], rng)
          .slice(0, count)
          .map((place) => [place, 1 + rng.below(4)]),
      )
      const finished = await run(
        {
          g,
          ring: rng.below(2) === 0 ? 16 : 32,
          suite: rng.below(2) === 0 ? 1 : 2,
          purpose: g > 32 || rng.below(2) === 0 ? 'update' : 'hist',
          blocks: 1 + rng.below(7),
        },
        { rng, dropsAt: (place) => drops.get(place) ?? 5 },
      )
      expect(faultOf(finished)).toBeNull()
      expect(finished.released !== null).toBe(count <= spare)
    }
  },
)

const STAGES = [1, 2, 3, 4]

test.each(STAGES)('[5.1.1] of seven with threshold five, two that fall silent at stage %i leave a sum and three none', async (stage) => {
  for (const silent of [2, 3]) {
    const finished = await run({ g: 7 }, { rng: createRng(`silent-${stage}`), dropsAt: (place) => (place < silent ? stage : 5) })
    expect(faultOf(finished)).toBeNull()
    expect(finished.released !== null).toBe(silent === 2)
    expect(finished.steps).toHaveLength(silent === 2 ? 4 : stage)
  }
})

test('[3.6] kMin is above the threshold: fewer survivors are not unmasked, whoever would have the shares for it', async () => {
  const dropsAt = (place: number): number => (place === 2 ? 3 : 5)
  const finished = await run({ g: 7, kMin: 7 }, { rng: createRng('kmin'), dropsAt })
  expect(faultOf(finished)).toBeNull()
  expect(finished.released).toBeNull()
  expect((await run({ g: 7, kMin: 6 }, { rng: createRng('kmin'), dropsAt })).released).not.toBeNull()
})

const PURPOSES: readonly SumPurpose[] = ['update', 'power']
test.each(PURPOSES)('[5.3] smoke: eight clients, 10,000 words, one lost at each of two stages in every combination (%s)', async (purpose) => {
  for (const first of STAGES)
    for (const second of STAGES.filter((stage) => stage >= first)) {
      const plan = { g: 8, ring: 16, purpose, vectorLength: 10_000, blocks: 1 } as const
      const finished = await run(plan, { rng: createRng(`smoke ${first} ${second}`), dropsAt: (place) => (place === 0 ? first : place === 5 ? second : 5) })
      expect(faultOf(finished)).toBeNull()
      expect(idsIn(finished.released!.survivors)).toHaveLength(6 + [first, second].filter((stage) => stage === 4).length)
    }
})

test('[3.5] words of one client beyond the legal range: its cohort releases nothing, and another cohort goes on', async () => {
  const garbled = await run({ g: 5 }, { rng: createRng('garbage'), words: (place, plain) => (place === 2 ? plain.map(() => 2 ** 31) : plain) as Uint32Array })
  expect(garbled.released).toBeNull()
  expect(garbled.codes).toEqual(['SHOAL_ERR_SUM_OUT_OF_RANGE'])
  expect(garbled.members.every(({ outcome }) => outcome() === null)).toBe(true)
  const other = await run({ g: 5, cohort: 5 }, { rng: createRng('garbage'), identities: garbled.members.map(({ identity }) => identity) })
  expect(faultOf(other)).toBeNull()
})
