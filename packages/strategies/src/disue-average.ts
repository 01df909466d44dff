import { addScaled } from '@shoal/numeric'
import { isUpdateProcedure } from '@shoal/protocol'
import { type Answer, type Ask, type Asking, type BlockSum, isWithheld, type RoundProgram, type RoundResult } from './contract.ts'

/** One block of a round's update sum: where its clients started from, and what they added. */
export interface TrainedBlock extends BlockSum {
  readonly start: Float32Array
}

/** By block, which after the round is a cluster. Blocks that were withheld have none. */
export type TrainedBlocks = ReadonlyMap<number, TrainedBlock>

export interface Watched<Inner> {
  readonly result: RoundResult<Inner>
  readonly trained: TrainedBlocks
}

/** Runs the wrapped strategy's round as it is, and keeps what its last sum of updates says. */
export function* watched<Inner>(program: RoundProgram<Inner>): Asking<Watched<Inner>> {
  let trained: TrainedBlocks = new Map()
  let step = program.next()
  while (!step.done) {
    const ask = step.value
    const answer: Answer = yield ask
    if (ask.kind === 'sum' && isUpdateProcedure(ask.procedure) && answer.kind === 'sum') trained = trainedIn(ask, answer)
    step = program.next(answer)
  }
  return { result: step.value, trained }
}

function trainedIn({ question }: Ask & { kind: 'sum' }, { blocks }: Answer & { kind: 'sum' }): TrainedBlocks {
  const { models } = question
  return new Map(
    [...blocks].flatMap(([block, sum]): [number, TrainedBlock][] => {
      const start = models.length === 1 ? models[0] : models[block]
      return isWithheld(sum) || start === undefined ? [] : [[block, { ...sum, start }]] // a trunk's block is no cluster
    }),
  )
}

/**
 * Section 4.2, step 5: u <- sum_k (n_k / sum n) theta_k over the clusters that answered, which is FedAvg over all who did. Taken from the block totals, not from the clusters'
 * models, so that it is FedAvg bit for bit where all started from one model. Null where nobody answered.
 */
export function averageOf(models: readonly Float32Array[], trained: TrainedBlocks): Float32Array | null {
  const [first, ...others] = [...trained.values()]
  if (first === undefined) return null
  const weight = [...trained.values()].reduce((sum, block) => sum + block.weight, 0)
  if (first.total.length < first.start.length) return averageOfModels(models, trained, weight)
  const start = Float64Array.from(first.start)
  const total = first.total.slice()
  for (const block of others)
    for (let entry = 0; entry < total.length; entry += 1) {
      start[entry] += (block.weight / weight) * (block.start[entry] - first.start[entry])
      total[entry] += block.total[entry]
    }
  return addScaled(Float32Array.from(start), total, 1 / weight)
}

/** Where the totals are of heads over a common trunk. */
function averageOfModels(models: readonly Float32Array[], trained: TrainedBlocks, weight: number): Float32Array {
  const average = new Float64Array(models[0].length)
  for (const [block, { weight: own }] of trained)
    for (let entry = 0; entry < average.length; entry += 1) average[entry] += (own / weight) * models[block][entry]
  return Float32Array.from(average)
}
