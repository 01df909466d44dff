import { assertLabelledImages, type LabelledImages } from '@shoal/data'
import { ShoalError } from '@shoal/protocol'
import type { Density, PointSet } from './density.ts'
import type { Learner } from './learner.ts'

/** Pictures' bytes as 0..1, as they enter a network; other values as they are. */
export function pointsOf({ count, pixels }: LabelledImages): PointSet {
  const values = pixels instanceof Float32Array ? pixels : Float32Array.from(pixels, (value) => value / 255)
  return { count, entries: count === 0 ? 0 : values.length / count, values }
}

/** What a client computes where the federation's models are of points. Throws ShoalError SHOAL_ERR_SHAPE if the data have other numbers than the model takes. */
export function createPointLearner({ density, train, test }: { density: Density; train: LabelledImages; test: LabelledImages }): Learner {
  for (const set of [train, test]) {
    assertLabelledImages(set)
    const entries = set.shape[0] * set.shape[1] * set.shape[2]
    if (entries !== density.entries)
      throw new ShoalError({ code: 'SHOAL_ERR_SHAPE', detail: `the points have ${entries} numbers, the model takes ${density.entries}` })
  }
  const points = pointsOf(train)
  const parameters = density.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
  const refuse = (): Promise<never> =>
    Promise.reject(new ShoalError({ code: 'SHOAL_ERR_PROCEDURE_FAILED', detail: 'the model of this federation is one of points, and tells no classes' }))
  return {
    parameters,
    trainable: parameters,
    examples: { train: train.count, test: test.count },
    train: refuse,
    evaluate: refuse,
    losses: refuse,
    points: () => points,
    density,
    encoder: null,
  }
}
