import { norm } from '@shoal/numeric'
import type { BlockId, ProcedureTable } from '@shoal/protocol'
import { coefficientOf, evidenceOf, histogramOf, isDirectionless, momentsOf, nearerOf, projectionOf, unitSketchOf } from './directions.ts'
import { assertVectors, onePart, type Procedure, type ProcedureCall, type ProcedureContext, refusal, updateOf, weightOf } from './procedure.ts'

/**
 * The evidence for groups: CFL's and OCFL's questions before the updates are summed. An update without direction counts as s = 0 in every sum, so that the
 * client keeps its place among the others, and has no row.
 */

export const sketch: Procedure<ProcedureTable['sketch']> = async (args, call, context) => {
  const update = await updateOf(call, args.train, context)
  const sketched = context.sketchers.sketch(update, args)
  const unit = unitSketchOf(sketched)
  context.memory.sketch = unit
  if (call.kind === 'rows') {
    if (isDirectionless(unit)) throw refusal('SHOAL_ERR_NO_BLOCK', 'the update has no direction')
    return { kind: 'rows', rows: [unit.slice()] }
  }
  return onePart(call.block ?? 0, evidenceOf(unit, sketched, norm(update.subarray(0, context.learner.trainable)), weightOf(call, context) / call.maxWeight), 1)
}

/** Its sketch is shorter than that of `sketch` and is not kept. */
export const moments: Procedure<ProcedureTable['moments']> = async (args, call, context) => {
  const update = await updateOf(call, args.train, context)
  return onePart(call.block ?? 0, momentsOf(unitSketchOf(context.sketchers.sketch(update, args))), 1)
}

export const project: Procedure<ProcedureTable['project']> = ({ groups }, call, context) => {
  const { block, unit, mean, direction } = inGroup(groups, call, context)
  return onePart(block, projectionOf(unit, mean, direction), 1)
}

export const histogram: Procedure<ProcedureTable['histogram']> = ({ groups, bins, ranges }, call, context) => {
  if (ranges.length !== groups.length) throw refusal('SHOAL_ERR_MALFORMED', `${ranges.length} ranges for ${groups.length} groups`)
  const { block, group, unit, mean, direction } = inGroup(groups, call, context)
  return onePart(block, histogramOf(coefficientOf(unit, mean, direction), ranges[group], bins), 1)
}

export const side: Procedure<ProcedureTable['side']> = ({ cuts }, call, context) => {
  const { memory } = context
  const unit = keptSketch(context)
  assertVectors(call.vectors, 2 * cuts.length, unit.length)
  const stands = memory.side ?? call.cluster
  const index = cuts.findIndex(({ into }) => stands !== null && into.includes(stands))
  if (index === -1) throw refusal('SHOAL_ERR_NO_BLOCK', 'no cut is for this client')
  const { into, threshold } = cuts[index]
  const [first, second] = pairOf(call, index)
  const chosen = threshold === null ? nearerOf(unit, first, second) : Number(coefficientOf(unit, first, second) > threshold)
  memory.side = into[chosen]
  return onePart(memory.side, unit.slice(), 1)
}

interface InGroup {
  readonly block: BlockId
  /** Index of the client's group among those that are cut. */
  readonly group: number
  readonly unit: Float32Array
  readonly mean: Float32Array
  readonly direction: Float32Array
}

/** The group that the call's block names. */
function inGroup(groups: readonly BlockId[], call: ProcedureCall, context: ProcedureContext): InGroup {
  const unit = keptSketch(context)
  assertVectors(call.vectors, 2 * groups.length, unit.length)
  const group = call.block === null ? -1 : groups.indexOf(call.block)
  if (group === -1) throw refusal('SHOAL_ERR_NO_BLOCK', "this client's group is not being cut")
  const [mean, direction] = pairOf(call, group)
  return { block: groups[group], group, unit, mean, direction }
}

const pairOf = ({ vectors }: ProcedureCall, index: number): readonly [Float32Array, Float32Array] => [vectors[2 * index], vectors[2 * index + 1]]

function keptSketch({ memory }: ProcedureContext): Float32Array {
  if (memory.sketch === null) throw refusal('SHOAL_ERR_MEMORY_LOST', 'sketch')
  return memory.sketch
}
