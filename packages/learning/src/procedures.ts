import { type Contribution, type Finding, failed, PROCEDURES, type ProcedureName, type ProcedureTable, type Result, succeeded } from '@shoal/protocol'
import { adopt, nearestDirection, walkTree, withFallback } from './admission-procedures.ts'
import { centroids, findCentroids, labelPoints, lloyd } from './centroid-procedures.ts'
import { choose, leastLoss, trainChosen } from './choice-procedures.ts'
import { type ClientMemory, decodeClientMemory, encodeClientMemory } from './client-memory.ts'
import { checkDrift, countLabels, describe, findDescriptor, lloydDescriptors, nearestDescriptor } from './descriptor-procedures.ts'
import { histogram, moments, project, side, sketch } from './direction-procedures.ts'
import { createSketchers } from './directions.ts'
import type { Learner } from './learner.ts'
import { assignPoints, findPoints, trainPoints } from './point-procedures.ts'
import {
  evaluateOn,
  failureOf,
  modelOf,
  onePart,
  type Procedure,
  type ProcedureCall,
  type ProcedureContext,
  type RoundMemory,
  refusal,
  updateOf,
  weightOf,
} from './procedure.ts'
import type { OnProgress } from './progress.ts'

export type { Density, PointSet } from './density.ts'

/** Everything a client can be asked. One instance per client; its memory of the round lives inside. */
export interface Procedures {
  /**
   * Runs one procedure; one run at a time. Never rejects: SHOAL_ERR_MALFORMED (arguments, or an answer or `of` that the procedure does not know),
   * SHOAL_ERR_SHAPE (models or vectors of another size or number), SHOAL_ERR_MEMORY_LOST (`of` names nothing that is held), SHOAL_ERR_NO_BLOCK (nothing of this
   * ask is for this client), SHOAL_ERR_PROCEDURE_FAILED (no examples, training diverged, the host stopped it, the backend failed), SHOAL_ERR_BACKEND (the
   * graphics context was lost).
   */
  run(call: ProcedureCall, onProgress?: OnProgress): Promise<Result<Contribution | Finding>>
  /** Forgets the round's results. */
  endRound(): void
  /** What is to be kept across rounds and reloads; null where nothing is. */
  kept(): Uint8Array | null
  /** The cluster of each of the client's points, for the volunteer alone; null where clusters are not of points, or nothing is known yet. */
  pointLabels(): Uint8Array | null
}

const train: Procedure<ProcedureTable['train']> = async (args, call, context) => {
  const update = await updateOf(call, args, context)
  return onePart(call.block ?? 0, update.slice(), weightOf(call, context)) // a copy: a worker transfers what it gives away
}

const evaluate: Procedure<ProcedureTable['evaluate']> = async ({ split }, call, context) => {
  const { accuracy, loss } = await evaluateOn(split, modelOf(call, context), context)
  return onePart(call.block ?? 0, Float32Array.of(accuracy, loss), Math.min(context.learner.examples[split], call.maxWeight))
}

/** By name: the earlier results it may be asked to use (null: it can run afresh), and what runs. */
const REGISTRY: Readonly<Record<ProcedureName, Entry>> = {
  train: { of: [null, 'train'], run: taking(PROCEDURES.train.args, train) },
  evaluate: { of: [null], run: taking(PROCEDURES.evaluate.args, evaluate) },
  sketch: { of: [null, 'train', 'sketch'], run: taking(PROCEDURES.sketch.args, sketch) },
  moments: { of: [null, 'train'], run: taking(PROCEDURES.moments.args, moments) },
  project: { of: ['sketch'], run: taking(PROCEDURES.project.args, project) },
  histogram: { of: ['sketch'], run: taking(PROCEDURES.histogram.args, histogram) },
  side: { of: ['sketch'], run: taking(PROCEDURES.side.args, side) },
  choose: { of: [null], run: taking(PROCEDURES.choose.args, choose) },
  'train-chosen': { of: [null, 'train', 'choose'], run: taking(PROCEDURES['train-chosen'].args, trainChosen) },
  'assign-points': { of: [null], run: taking(PROCEDURES['assign-points'].args, assignPoints) },
  'train-points': { of: [null], run: taking(PROCEDURES['train-points'].args, trainPoints) },
  centroids: { of: [null, 'centroids'], run: taking(PROCEDURES.centroids.args, centroids) },
  'label-points': { of: [null, 'centroids'], run: taking(PROCEDURES['label-points'].args, labelPoints) },
  lloyd: { of: [null], run: taking(PROCEDURES.lloyd.args, lloyd) },
  'least-loss': { of: [null], run: taking(PROCEDURES['least-loss'].args, leastLoss) },
  'find-points': { of: [null], run: taking(PROCEDURES['find-points'].args, findPoints) },
  'find-centroids': { of: [null], run: taking(PROCEDURES['find-centroids'].args, findCentroids) },
  describe: { of: [null, 'describe'], run: taking(PROCEDURES.describe.args, describe) },
  'lloyd-descriptors': { of: ['describe'], run: taking(PROCEDURES['lloyd-descriptors'].args, lloydDescriptors) },
  'nearest-descriptor': { of: ['describe'], run: taking(PROCEDURES['nearest-descriptor'].args, nearestDescriptor) },
  'check-drift': { of: [null], run: taking(PROCEDURES['check-drift'].args, checkDrift) },
  'find-descriptor': { of: [null], run: taking(PROCEDURES['find-descriptor'].args, findDescriptor) },
  'count-labels': { of: [null], run: taking(PROCEDURES['count-labels'].args, countLabels) },
  adopt: { of: [null], run: taking(PROCEDURES.adopt.args, adopt) },
  'walk-tree': { of: [null], run: taking(PROCEDURES['walk-tree'].args, walkTree) },
  'nearest-direction': { of: [null], run: taking(PROCEDURES['nearest-direction'].args, nearestDirection) },
}

interface Entry {
  readonly of: readonly (ProcedureName | null)[]
  readonly run: (call: ProcedureCall, context: ProcedureContext) => ReturnType<Procedure<unknown>>
}

function taking<Args>(schema: { safeParse(args: unknown): { success: true; data: Args } | { success: false } }, procedure: Procedure<Args>): Entry['run'] {
  return (call, context) => {
    const parsed = schema.safeParse(call.args)
    if (!parsed.success) throw refusal('SHOAL_ERR_MALFORMED', `arguments of ${call.procedure}`)
    return procedure(parsed.data, call, context)
  }
}

const EMPTY: RoundMemory = { update: null, sketch: null, side: null, losses: null, choice: null, centroids: null, descriptor: null }

/**
 * The procedures over one client's data, going on from what was `kept` earlier. The same registry serves tab, Node client and simulator. `secretWord` gives uniform 32-bit words that nobody
 * else can predict; without it whatever is to carry noise of the client's own is refused.
 */
export function createProcedures(learner: Learner, kept: Uint8Array | null = null, secretWord?: () => number): Procedures {
  const sketchers = createSketchers(learner)
  const client: ClientMemory = decodeClientMemory(kept, learner.examples.train)
  let memory = { ...EMPTY }

  /** The results that a later ask of the round may be `of`. */
  const results = (): Partial<Record<ProcedureName, unknown>> => ({
    train: memory.update,
    sketch: memory.sketch,
    choose: memory.losses,
    centroids: memory.centroids,
    describe: memory.descriptor,
  })

  return {
    run: async (call, onProgress) => {
      const { procedure, kind, of } = call
      const entry = REGISTRY[procedure]
      if (kind === 'rows' && PROCEDURES[procedure].answers === 'parts') return failed('SHOAL_ERR_MALFORMED', `${procedure} gives no rows`)
      if (!entry.of.includes(of)) return failed('SHOAL_ERR_MALFORMED', `${procedure} of ${of ?? 'nothing'}`)
      if (of !== null && (results()[of] ?? null) === null) return failed('SHOAL_ERR_MEMORY_LOST', of)
      const secrets = secretWord === undefined ? {} : { secretWord }
      const context: ProcedureContext = { learner, memory, client, sketchers, ...secrets, ...(onProgress === undefined ? {} : { onProgress }) }
      try {
        return succeeded(await withFallback(await entry.run(call, context), call, context))
      } catch (error) {
        return failureOf(error)
      }
    },
    endRound: () => {
      memory = { ...EMPTY }
    },
    kept: () => encodeClientMemory(client),
    pointLabels: () => {
      const { points } = client
      if (points === null) return null
      const count = points.labels.length / points.restarts
      return points.labels.slice(points.best * count, (points.best + 1) * count)
    },
  }
}
