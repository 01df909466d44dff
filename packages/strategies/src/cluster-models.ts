import { addScaled } from '@shoal/numeric'
import { type BlockAnswer, isWithheld, type RoundContext } from './contract.ts'

/** [0, 1 ... count - 1]: the clusters, by number. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** The model of each block after a round: the start of its parent cluster plus the mean update (FedAvg's step, bit for bit); a withheld block keeps its parent's. */
export const modelsAfter = (
  parents: readonly number[],
  blocks: ReadonlyMap<number, BlockAnswer>,
  { start, model }: Pick<RoundContext, 'start' | 'model'>,
): Float32Array[] =>
  parents.map((parent, block) => {
    const update = blocks.get(block)
    return isWithheld(update) ? model(parent) : addScaled(start(parent), update.total, 1 / update.weight)
  })
