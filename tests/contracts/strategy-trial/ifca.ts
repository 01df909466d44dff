import { addScaled } from '@shoal/numeric'
import { failed, succeeded } from '@shoal/protocol'
import { isWithheld, type Placement, type SumAnswer } from '@shoal/strategies'
import { measureClusters, modelsAfter, type TrialStrategy, upTo } from './procedures.ts'

/** Ghosh et al., "An Efficient Framework for Clustered Federated Learning" (arXiv 2006.04088), model averaging. The forced start and the repair are ours. */
export interface IfcaState {
  readonly options: IfcaOptions
  readonly models: readonly Float32Array[]
}

export interface IfcaOptions {
  readonly clusters: number
  /** Parameters at the beginning that all clusters share; 0 for none. */
  readonly trunk: number
  readonly samples: number
  readonly repairUntilRound: number
}

export const ifca: TrialStrategy<IfcaState, IfcaOptions> = {
  name: 'ifca',
  views: ['sums'],
  parseOptions: ({ clusters, trunk = 0, samples = 256, repairUntilRound = 0 }) =>
    typeof clusters === 'number' && typeof trunk === 'number' && typeof samples === 'number' && typeof repairUntilRound === 'number'
      ? succeeded({ clusters, trunk, samples, repairUntilRound })
      : failed('SHOAL_ERR_CONFIG', 'ifca needs clusters, a number'),
  init: ({ initialModel, options }) => ({ options, models: [initialModel] }),
  *round(state, ask, context) {
    const { options } = state
    const { clusters, round, start, model, train } = context
    if (clusters < options.clusters) {
      const parents = upTo(options.clusters, () => 0)
      const place: Placement = { by: 'lot', blocks: options.clusters }
      const { blocks } = yield* ask.sum('train', { models: parents.map(start), args: train, place })
      const models = modelsAfter(parents, blocks, context)
      const measured = yield* measureClusters(models, place, ask, context)
      return { state: { options, models }, publish: models, place, ...measured }
    }

    const everyone = upTo(clusters, (k) => k)
    const question = { models: everyone.map(model), place: { by: 'choice', blocks: clusters } as const, vectorLengths: everyone.map(() => clusters + 1) }
    const choices = yield* ask.sum('choose', { ...question, args: { samples: options.samples, repair: null } }) // Algorithm 1, line 7; the counts come first
    const repair = round <= options.repairUntilRound && round % 2 === 1 ? repairOf(choices, clusters) : null
    if (repair !== null) yield* ask.sum('choose', { ...question, args: { samples: options.samples, repair } })
    const parents = everyone.map((k) => (k === repair?.dropped ? repair.halved : k))
    const place: Placement = { by: 'chosen', of: 'choose', to: everyone, blocks: clusters }

    let models: Float32Array[]
    if (options.trunk === 0) {
      const { blocks } = yield* ask.sum('train', { models: parents.map(start), args: train, place })
      models = modelsAfter(parents, blocks, context)
    } else {
      const { trunk } = options
      const { blocks } = yield* ask.sum('train-heads', {
        models: parents.map(start),
        args: { train, trunk },
        place: { by: 'choice', blocks: clusters + 1 },
        vectorLengths: [...everyone.map(() => start(0).length - trunk), trunk],
      })
      const shared = blocks.get(clusters)
      models = parents.map((parent, k) => {
        const head = blocks.get(k)
        const from = start(parent)
        return Float32Array.of(
          ...(isWithheld(shared) ? from.subarray(0, trunk) : addScaled(from.subarray(0, trunk), shared.total, 1 / shared.weight)),
          ...(isWithheld(head) ? from.subarray(trunk) : addScaled(from.subarray(trunk), head.total, 1 / head.weight)),
        )
      })
    }
    const measured = yield* measureClusters(models, place, ask, context)
    return { state: { options, models }, publish: models, place, ...measured }
  },
  admit: ({ options, models }) => ({ procedure: 'least-loss', args: { samples: options.samples }, models }),
}

/** The cheapest model to give up, and the worst one to double; null where nothing is wrong. By sums alone. */
function repairOf({ blocks }: SumAnswer, clusters: number): { readonly dropped: number; readonly halved: number } | null {
  const members = upTo(clusters, (k) => {
    const block = blocks.get(k)
    if (isWithheld(block)) return { k, cost: 0, own: 0, others: Number.POSITIVE_INFINITY, count: 0 }
    const means = upTo(clusters, (other) => block.total[other] / block.count)
    return { k, cost: block.total[clusters] - block.total[k], own: means[k], others: medianOf(means.filter((_, other) => other !== k)), count: block.count }
  })
  const [cheapest] = [...members].sort((left, right) => left.cost - right.cost)
  const [worst] = members.filter(({ k, count }) => k !== cheapest.k && count > 0).sort((left, right) => right.own / right.others - left.own / left.others)
  if (!worst) return null
  const gain = worst.count * (worst.own - worst.others)
  const isBad = worst.own > 1.3 * worst.others && cheapest.cost < gain
  return cheapest.count === 0 || isBad ? { dropped: cheapest.k, halved: worst.k } : null
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted.length % 2 === 1 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2
}
