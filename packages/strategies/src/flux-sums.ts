import { type DescriptorArgs, descriptorBlocks, descriptorLength, MAX_RECOMPUTABLE_WORDS } from '@shoal/protocol'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, type BlockSum, isWithheld, type RoundContext } from './contract.ts'
import { describeArgs, describing, groupsInWords, nothing, type Search } from './flux-groups.ts'
import type { FluxState } from './flux-state.ts'
import { type LloydStep, lloydBySums } from './lloyd-by-sums.ts'

/** Numbers of a block of the moments: [how many have it | sum of means | sum of mean squares]. */
const MOMENTS = 3
/** Numbers spread evenly over a span have a standard deviation of span / sqrt(12). */
const SPANS = Math.sqrt(12)
/** A block whose numbers differ by less, relative to their size, does not differ: what is left is rounding. */
const LEAST_SPREAD = 1e-3
/** A newcomer belongs to a cluster up to so many times the root mean square distance of its members: twice the largest, which nobody knows, is about that. */
const REACH = 3

/**
 * By sums alone, K being given (ours; the paper looks at every descriptor). The scaling follows from the blocks' first and second moments, as if their numbers were spread
 * evenly; then Lloyd among descriptors that stay where they are. Every client finds its cluster itself.
 */
export function* groupBySums(clusters: number, state: FluxState, ask: Asks, context: RoundContext): Asking<Search> {
  const { options } = state
  const { round, rng, release } = context
  const { probe, descriptor } = describing(state, context)
  const length = descriptorLength(descriptor)
  if (release.clients > 1 && clusters * (length + 1) > MAX_RECOMPUTABLE_WORDS)
    return nothing(`${clusters} centroids of ${length} numbers are more than clients under masks can check: with a smaller length there would be groups.`)
  const described = yield* ask.sum('describe', {
    models: [probe],
    args: describeArgs(state, descriptor, false),
    vectorLengths: [MOMENTS * descriptorBlocks(descriptor)],
  })
  const moments = described.blocks.get(0)
  if (isWithheld(moments)) return nothing('Too few gave a descriptor; the next round tries again.')
  const scaler = state.clustering?.scaler ?? scalerOf(moments, descriptor, options.missing)

  const args = { ...descriptor, missing: options.missing }
  function* step(centres: readonly Float32Array[]): ReturnType<LloydStep> {
    const { blocks } = yield* ask.sum('lloyd-descriptors', {
      of: 'describe',
      models: [],
      args,
      vectors: [scaler, ...centres],
      place: { by: 'every', blocks: centres.length },
      vectorLengths: centres.map(() => length),
    })
    return blocks
  }
  const centres = yield* lloydBySums(clusters, length, release.clients, step, rng)
  if (centres === null) return nothing('Too few told where their descriptors lie; the next round tries again.')

  const { blocks } = yield* ask.sum('nearest-descriptor', {
    of: 'describe',
    models: [],
    args,
    vectors: [scaler, ...centres],
    place: { by: 'choice', blocks: centres.length },
  })
  const kept = centres.flatMap((centroid, block) => {
    const members = blocks.get(block)
    return isWithheld(members) || members.count < release.clients
      ? []
      : [{ centroid, block, size: members.count, meanSquare: members.total[0] / members.weight }]
  })
  if (kept.length === 0) return nothing('Too few told where their descriptors lie; the next round tries again.')
  const sizes = kept.map(({ size }) => size)
  const rms = kept.map(({ meanSquare }) => Math.sqrt(Math.max(0, meanSquare)))
  const to = centres.map((_, block) => kept.findIndex((one) => one.block === block))
  const given = kept.length === clusters ? `Their number was given.` : `${clusters} were wanted, and the others found too few clients.`
  return {
    grouping: {
      place: kept.length === 1 ? { by: 'everyone' } : { by: 'chosen', of: 'nearest-descriptor', to, blocks: kept.length },
      clustering: {
        round,
        descriptor,
        probe,
        scaler,
        centroids: kept.map(({ centroid }) => centroid),
        reach: rms.map((own) => REACH * (own > 0 ? own : Math.max(...rms))),
        sizes,
      },
    },
    signals: { distance: Math.sqrt(kept.reduce((sum, { size, meanSquare }) => sum + size * meanSquare, 0) / sizes.reduce((sum, size) => sum + size, 0)) },
    notes: [
      groupsInWords(
        sizes.reduce((sum, size) => sum + size, 0),
        sizes,
        null,
      ),
      given,
    ],
  }
}

/** [offset, span] of each block out of its moments. A class that is missing counts with its -1 (`raw`) or not at all. */
function scalerOf({ total, count }: BlockSum, descriptor: DescriptorArgs, missing: 'raw' | 'scaled'): Float32Array {
  return Float32Array.from(
    upTo(descriptorBlocks(descriptor)).flatMap((block) => {
      const [there, sum, squares] = total.subarray(MOMENTS * block, MOMENTS * (block + 1))
      const [present, absent] = [Math.round(there), missing === 'raw' ? count - Math.round(there) : 0]
      if (present + absent === 0) return [0, 0]
      const mean = (sum - absent) / (present + absent)
      const meanSquare = (squares + absent) / (present + absent)
      const deviation = Math.sqrt(Math.max(0, meanSquare - mean * mean))
      return deviation <= LEAST_SPREAD * Math.sqrt(meanSquare) ? [mean, 0] : [mean - (SPANS / 2) * deviation, SPANS * deviation]
    }),
  )
}
