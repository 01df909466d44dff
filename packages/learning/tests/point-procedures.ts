import { type Contribution, type Finding, type Part, type Result, succeeded } from '@shoal/protocol'
import { expect } from 'vitest'
import type { ProcedureCall } from '../src/procedure.ts'
import { createProcedures, type Procedures } from '../src/procedures.ts'

/**
 * Procedures on a client whose data are one point: loss |goal - model|^2, update learningRate (goal - model). The last `buffers` entries count as buffers.
 * `trained` lists the seeds of its trainings.
 */
export function createPointProcedures(
  goal: readonly number[],
  examples = { train: 10, test: 4 },
  buffers = 0,
): Procedures & { readonly trained: readonly string[] } {
  const trained: string[] = []
  const procedures = createProcedures({
    parameters: goal.length,
    trainable: goal.length - buffers,
    examples,
    train: async (received, { learningRate }, seed, onProgress) => {
      if (seed.includes('stopped')) throw new Error('stopped')
      trained.push(seed)
      onProgress?.(1, 1)
      return received.map((entry, index) => learningRate * (goal[index] - entry))
    },
    evaluate: async (model) => {
      const loss = goal.reduce((sum, entry, index) => sum + (entry - model[index]) ** 2, 0)
      return { accuracy: 1 / (1 + loss), loss }
    },
    losses: async (models) => models.map((model) => goal.reduce((sum, entry, index) => sum + (entry - model[index]) ** 2, 0)),
    points: () => ({ count: 0, entries: goal.length, values: new Float32Array(0) }),
    density: null,
    encoder: null,
  })
  return { ...procedures, trained }
}

export const TRAIN_ARGS = { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 }

/** A call in cluster and block 0 from the origin of three dimensions. */
export const callOf = (change: Partial<ProcedureCall> & Pick<ProcedureCall, 'procedure'>): ProcedureCall => ({
  kind: 'sum',
  args: {},
  models: [new Float32Array(3)],
  vectors: [],
  block: 0,
  cluster: 0,
  of: null,
  seed: 'ask',
  maxWeight: 20,
  ...change,
})

export function partOf(result: Result<Contribution | Finding>): Part {
  if (!result.ok || result.value.kind !== 'parts') throw new Error(JSON.stringify(result))
  expect(result.value.parts).toHaveLength(1)
  return result.value.parts[0]
}
export function rowOf(result: Result<Contribution | Finding>): Float32Array {
  if (!result.ok || result.value.kind !== 'rows') throw new Error(JSON.stringify(result))
  expect(result.value.rows).toHaveLength(1)
  return result.value.rows[0]
}
export const findingOf = (finding: Omit<Finding, 'kind'>): Result<Finding> => succeeded({ kind: 'finding', ...finding })
export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code)
