import { norm, subtract } from '@shoal/numeric'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type Placement, type RoundContext } from './contract.ts'
import type { TrainedBlocks } from './disue-average.ts'
import { medianOf } from './median.ts'

/** What is known of a cluster besides its model. */
export interface Standing {
  /** n_k^y by class, as last told; null where nobody told. */
  readonly counts: readonly number[] | null
  /** n_k, when it last trained; 0 before. */
  readonly examples: number
  /** Rounds since then in which others trained. */
  readonly missed: number
}

/** Section 4.2, step 3: a cluster without a responder counts half as much with each round. */
const DISCOUNT = 0.5
/** Section 11: after so many rounds it is left out. */
const MOST_MISSED = 3
/** Section 11: a model further from the last expert than so many times the usual distance is brought nearer. */
const FARTHEST = 3

const newStanding: Standing = { counts: null, examples: 0, missed: 0 }

/** Who trained in this round, and how much; the others have missed one more. Of a cluster that is no more what it was, nothing is known. */
export const afterTraining = (standings: readonly Standing[], trained: TrainedBlocks, clusters: number, isNoMore: readonly number[] = []): Standing[] =>
  upTo(clusters).map((cluster) => {
    const standing = isNoMore.includes(cluster) ? newStanding : (standings[cluster] ?? newStanding)
    const block = trained.get(cluster)
    return block === undefined ? { ...standing, missed: standing.missed + 1 } : { ...standing, examples: block.weight, missed: 0 }
  })

/**
 * Section 4.1, step 2, and section 4.4: label counts as sums over clusters, never of a client, and only when clients have moved: counts of two rounds are of the same examples,
 * and would tell of whoever came or went between them. A cluster that is withheld keeps what it told before.
 */
export function* countLabels(standings: readonly Standing[], place: Placement, classes: number, ask: Asks, context: RoundContext): Asking<Standing[]> {
  const blocks = 'blocks' in place ? place.blocks : context.clusters
  const answer = yield* ask.sum('count-labels', { models: [], args: { classes }, place, vectorLengths: upTo(blocks).map(() => classes) })
  return standings.map((standing, cluster) => {
    const block = answer.blocks.get(cluster)
    // Section 11, lies about counts: no class has more examples than there are. Noise may say that it has fewer than none.
    return isWithheld(block) ? standing : { ...standing, counts: [...block.total].map((examples) => Math.min(block.weight, Math.max(0, examples))) }
  })
}

export interface Teachers {
  readonly teachers: readonly Float32Array[]
  readonly sizes: readonly number[]
  /** Null where no cluster told. */
  readonly counts: readonly (readonly number[])[] | null
}

/** Section 4.2, steps 3 and 4: the clusters that have a say, and how much of one. `near`: the expert of the round before. */
export function teachersOf(models: readonly Float32Array[], standings: readonly Standing[], near: Float32Array, classes: number): Teachers {
  const heard = upTo(models.length).filter((cluster) => standings[cluster].examples > 0 && standings[cluster].missed < MOST_MISSED)
  const discount = (cluster: number): number => DISCOUNT ** standings[cluster].missed
  const hasCounts = heard.some((cluster) => standings[cluster].counts !== null)
  return {
    teachers: withinReach(
      heard.map((cluster) => models[cluster]),
      near,
    ),
    sizes: heard.map((cluster) => discount(cluster) * standings[cluster].examples),
    counts: hasCounts
      ? heard.map((cluster) => (standings[cluster].counts ?? Array<number>(classes).fill(0)).map((examples) => discount(cluster) * examples))
      : null,
  }
}

/** Section 11, malicious cluster model: |theta_k - u_{t-1}| is held to three times the median over k. */
function withinReach(models: readonly Float32Array[], near: Float32Array): readonly Float32Array[] {
  const distances = models.map((model) => norm(subtract(model, near)))
  const reach = FARTHEST * (models.length === 0 ? 0 : medianOf(distances))
  return models.map((model, index) =>
    distances[index] <= reach || reach === 0 ? model : model.map((entry, position) => near[position] + (reach / distances[index]) * (entry - near[position])),
  )
}
