import type { Rng } from '@shoal/numeric'
import type { BlockId } from '@shoal/protocol'
import { type Asking, type BlockAnswer, isWithheld } from './contract.ts'

/** Steps of Lloyd after each doubling of the centres, and at most so many when all are there. */
const STEPS_PER_DOUBLING = 2
const LAST_STEPS = 10
/** How far apart two centres begin that share a place. Small on purpose: then the points around it fall to either side of a plane, whatever their scale. */
const ASIDE = 1e-3

/** Asks for the sum of the points nearest to each centre, the weight being how many they are. */
export type LloydStep = (centres: readonly Float32Array[]) => Asking<ReadonlyMap<BlockId, BlockAnswer>>

/**
 * Lloyd's algorithm over points of `entries` numbers, by sums alone (ours, for federations whose clients show no point of their own). Nobody sees a point to begin
 * from, so the centres begin as the mean of all points and are doubled, the largest first, until there are K; between doublings Lloyd takes two steps, and then goes
 * on until no point changes sides. A centre of fewer than `least` points is given up. Null where too few answered.
 */
export function* lloydBySums(clusters: number, entries: number, least: number, step: LloydStep, rng: Rng): Asking<readonly Float32Array[] | null> {
  let centres: readonly Float32Array[] = [new Float32Array(entries)]
  let before: readonly number[] = []
  for (let stepsLeft = 1; stepsLeft > 0; ) {
    const blocks = yield* step(centres)
    const sums = centres.map((_, block) => blocks.get(block))
    const means = sums.flatMap((sum): Centre[] =>
      isWithheld(sum) || sum.weight < least ? [] : [{ centre: Float32Array.from(sum.total, (entry) => entry / sum.weight), size: sum.weight }],
    )
    if (means.length === 0) return null
    const sizes = sums.map((sum) => (isWithheld(sum) ? 0 : sum.weight))
    const isSettled = sizes.every((size, block) => size === before[block])
    stepsLeft = isSettled ? 0 : stepsLeft - 1
    const wanted = stepsLeft === 0 ? Math.min(clusters, 2 * centres.length) : centres.length
    if (stepsLeft === 0 && wanted > centres.length) stepsLeft = wanted < clusters ? STEPS_PER_DOUBLING : LAST_STEPS
    // A centre without points begins anew beside the one that has most.
    before = means.length === wanted ? sizes : []
    centres = withTwins(means, wanted, rng)
  }
  return centres
}

interface Centre {
  readonly centre: Float32Array
  /** Its points. */
  readonly size: number
}

/** As many centres as are `wanted`: the one with most points gets a twin beside it, and they share the points, again and again. */
function withTwins(means: readonly Centre[], wanted: number, rng: Rng): readonly Float32Array[] {
  const grown = [...means]
  while (grown.length < wanted) {
    const largest = grown.reduce((best, { size }, index) => (size > grown[best].size ? index : best), 0)
    const { centre, size } = grown[largest]
    const shift = centre.map(() => ASIDE * (2 * rng.uniform() - 1))
    grown[largest] = { centre: centre.map((entry, index) => entry - shift[index]), size: size / 2 }
    grown.push({ centre: centre.map((entry, index) => entry + shift[index]), size: size / 2 })
  }
  return grown.map(({ centre }) => centre)
}
