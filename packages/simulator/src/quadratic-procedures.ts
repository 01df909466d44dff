import type { Procedures } from '@shoal/client'
import { createProcedures, type PointSet } from '@shoal/learning/procedures'
import { createRng } from '@shoal/numeric'
import { createQuadraticEncoder } from './quadratic-latents.ts'
import { createSphericalDensity, squaredDistance } from './spherical-density.ts'

export interface QuadraticClient {
  readonly optimum: Float32Array
  readonly examples: number
  /** Its data as points, as many as `examples` and as long as `optimum`; left out, all of them are the optimum. */
  readonly points?: PointSet
  /** What an earlier tab of this client kept from round to round. */
  readonly kept?: Uint8Array | null
}

/**
 * A client whose data are one point: its loss is the squared distance from the model to `optimum`, so a federation of them must end at the weighted mean of the
 * optima, and clients of other optima pull elsewhere. It answers everything that a real client answers. Training costs nothing, which lets fault schedules run by
 * the thousand; `train` adds noise from the ask's seed, so that a wrong seed shows.
 */
export function createQuadraticProcedures({
  optimum,
  examples,
  points = copiesOf(optimum, examples),
  kept = null,
}: QuadraticClient): Procedures & { kept(): Uint8Array | null } {
  const learner: Parameters<typeof createProcedures>[0] = {
    parameters: optimum.length,
    trainable: optimum.length,
    examples: { train: examples, test: examples },
    train: async (received, { learningRate }, seed) => {
      const rng = createRng(seed)
      return received.map((value, index) => learningRate * (optimum[index] - value) + 1e-3 * (rng.uniform() - 0.5))
    },
    evaluate: async (model) => {
      const loss = squaredDistance(model, optimum)
      return { accuracy: 1 / (1 + loss), loss }
    },
    losses: async (models) => models.map((model) => squaredDistance(model, optimum)),
    points: () => points,
    density: createSphericalDensity(optimum.length),
    encoder: createQuadraticEncoder(optimum, examples),
  }
  const procedures = createProcedures(learner, kept)
  return {
    run: (call, onProgress) => procedures.run(call, (done, total) => onProgress(done / total)),
    endRound: procedures.endRound,
    cancel: () => undefined,
    kept: procedures.kept,
  }
}

const copiesOf = (optimum: Float32Array, count: number): PointSet => ({
  count,
  entries: optimum.length,
  values: Float32Array.from({ length: count * optimum.length }, (_, at) => optimum[at % optimum.length]),
})
