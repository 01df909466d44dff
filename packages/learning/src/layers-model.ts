import { createLayout, type Layout } from '@shoal/numeric'
import { failed, type Result, succeeded } from '@shoal/protocol'
import type { LayersModel } from '@tensorflow/tfjs'

/**
 * The layout of a model built with the layers API: its trainable weights in the model's own order. SHOAL_ERR_MODEL_BUFFERS if it keeps weights that
 * training does not touch, such as batch normalisation's running statistics: an average of them over clients means nothing.
 */
export function layoutOf(model: LayersModel): Result<Layout> {
  const buffers = model.nonTrainableWeights.map((weight) => weight.name)
  if (buffers.length > 0) return failed('SHOAL_ERR_MODEL_BUFFERS', buffers.join(', '))
  return succeeded(
    createLayout(
      model.trainableWeights.map(({ name, shape }) => ({
        name,
        shape: shape.map((size) => size ?? 1),
      })),
    ),
  )
}
