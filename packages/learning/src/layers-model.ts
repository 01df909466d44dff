import { createLayout, type Layout } from '@shoal/numeric'
import { type FederationConfig, failed, type Result, succeeded } from '@shoal/protocol'
import type { LayersModel } from '@tensorflow/tfjs'

/**
 * The layout of a model built with the layers API: its trainable weights in the model's own order, then its buffers. SHOAL_ERR_MODEL_BUFFERS if it has buffers,
 * weights that training does not move by gradients, such as batch normalisation's running statistics, and `policy` does not say that they are to be averaged.
 */
export function layoutOf(model: LayersModel, policy: FederationConfig['model']['buffers'] = 'none'): Result<Layout> {
  const buffers = model.nonTrainableWeights
  if (buffers.length > 0 && policy !== 'mean') return failed('SHOAL_ERR_MODEL_BUFFERS', buffers.map(({ name }) => name).join(', '))
  const shapeOf = (shape: readonly (number | null)[]): number[] => shape.map((size) => size ?? 1)
  return succeeded(
    createLayout([
      ...model.trainableWeights.map(({ name, shape }) => ({ name, shape: shapeOf(shape) })),
      ...buffers.map(({ name, shape }) => ({ name, shape: shapeOf(shape), isBuffer: true })),
    ]),
  )
}
