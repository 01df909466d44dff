import * as tf from '@tensorflow/tfjs'

/**
 * Gradients of convolutions for the wasm backend, which ships without `Conv2DBackpropFilter` and with a slow `Conv2DBackpropInput`. Both are written as forward
 * convolutions, which run in XNNPACK. Dilated forward convolutions have no gradient in TensorFlow.js, so dilation 1 is all there is to do. To be called once.
 */
export function registerConvolutionGradients(): void {
  tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc: backpropFilter })
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm')
  tf.registerKernel({ kernelName: 'Conv2DBackpropInput', backendName: 'wasm', kernelFunc: backpropInput })
}

type Padding = 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
type Shape4D = [number, number, number, number]

/** The attributes that both gradients share, and the one of its own. */
interface GradientAttributes {
  readonly strides: number | [number, number]
  readonly pad: Padding
  readonly dataFormat: 'NHWC' | 'NCHW'
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function geometryOf(inputShape: Shape4D, filterShape: Shape4D, attributes: GradientAttributes): tf.backend_util.Conv2DInfo {
  if (attributes.dataFormat !== 'NHWC') throw new Error(`convolution gradients on wasm need NHWC, not ${attributes.dataFormat}`)
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, attributes.strides, 1, attributes.pad, attributes.dimRoundingMode)
}

/**
 * dW[i, j, c, k] = sum over b, y, x of X[b, y s + i - top, x s + j - left, c] dY[b, y, x, k]: a convolution of X with dY as its filter, batch and
 * channels having changed places, the stride becoming dilation. `x` and `dy` are used as they come: wrapped in new tensor infos they leak a tensor at
 * every step.
 */
const backpropFilter: tf.KernelFunc = ({ inputs, attrs }) => {
  const x = inputs.x as tf.Tensor4D
  const dy = inputs.dy as tf.Tensor4D
  const attributes = attrs as unknown as GradientAttributes & { filterShape: Shape4D }
  const info = geometryOf(x.shape, attributes.filterShape, attributes)
  return tf.tidy(() => {
    // Exactly the rows and columns that some filter tap touches: what a stride leaves over at the end is cut off.
    const height = (info.outHeight - 1) * info.strideHeight + info.filterHeight
    const width = (info.outWidth - 1) * info.strideWidth + info.filterWidth
    const framed = frame(x, [info.padInfo.top, height - info.inHeight - info.padInfo.top], [info.padInfo.left, width - info.inWidth - info.padInfo.left])
    const images = tf.transpose(framed, [3, 1, 2, 0])
    const filters = tf.transpose(dy, [1, 2, 0, 3])
    const gradient = tf.conv2d(images, filters, 1, 'valid', 'NHWC', [info.strideHeight, info.strideWidth])
    return tf.transpose(gradient, [1, 2, 0, 3])
  })
}

/** dX = dY, spread out by the stride, convolved with the filter turned by 180 degrees, its channel axes having changed places. */
const backpropInput: tf.KernelFunc = ({ inputs, attrs }) => {
  const dy = inputs.dy as tf.Tensor4D
  const filter = inputs.filter as tf.Tensor4D
  const attributes = attrs as unknown as GradientAttributes & { inputShape: Shape4D }
  const info = geometryOf(attributes.inputShape, filter.shape, attributes)
  return tf.tidy(() => {
    const spread = spreadOut(dy, info.strideHeight, info.strideWidth)
    const before = { top: info.filterHeight - 1 - info.padInfo.top, left: info.filterWidth - 1 - info.padInfo.left }
    const framed = frame(
      spread,
      [before.top, info.inHeight + info.filterHeight - 1 - spread.shape[1] - before.top],
      [before.left, info.inWidth + info.filterWidth - 1 - spread.shape[2] - before.left],
    )
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2])
    return tf.conv2d(framed, turned, 1, 'valid')
  })
}

/** Adds zeros before and after rows and columns; a negative number cuts off instead. */
function frame(images: tf.Tensor4D, rows: [before: number, after: number], columns: [before: number, after: number]): tf.Tensor4D {
  const cut = (amounts: [number, number]): [number, number] => [Math.max(0, -amounts[0]), Math.max(0, -amounts[1])]
  const grow = (amounts: [number, number]): [number, number] => [Math.max(0, amounts[0]), Math.max(0, amounts[1])]
  const [batch, height, width, channels] = images.shape
  const [top, bottom] = cut(rows)
  const [left, right] = cut(columns)
  const kept = top + bottom + left + right === 0 ? images : tf.slice(images, [0, top, left, 0], [batch, height - top - bottom, width - left - right, channels])
  const margins = [...grow(rows), ...grow(columns)]
  return margins.some((margin) => margin > 0) ? tf.pad(kept, [[0, 0], grow(rows), grow(columns), [0, 0]]) : kept
}

/** Puts stride - 1 zeros behind every row and column. */
function spreadOut(images: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return images
  const [batch, height, width, channels] = images.shape
  const none: [number, number] = [0, 0]
  const apart = tf.pad(tf.reshape(images, [batch, height, 1, width, 1, channels]), [none, none, [0, strideHeight - 1], none, [0, strideWidth - 1], none])
  return tf.reshape(apart, [batch, height * strideHeight, width * strideWidth, channels])
}
