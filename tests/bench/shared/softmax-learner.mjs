import { createRng } from '@shoal/numeric'

/**
 * A linear classifier of ten classes trained by plain stochastic gradient descent, without TensorFlow: thousands of federations fit into minutes. It is a client's `Learner`, as far as FedAvg asks.
 * @param {import('@shoal/data').LabelledImages} set
 * @returns {Parameters<typeof import('@shoal/learning/procedures').createProcedures>[0]}
 */
export function createSoftmaxLearner(set) {
  const inputs = inputsOf(set)
  const never = () => {
    throw new Error('FedAvg does not ask for this')
  }
  return {
    parameters: softmaxParameters(inputs.width),
    trainable: softmaxParameters(inputs.width),
    examples: { train: set.count, test: 0 },
    async train(received, { steps, batchSize, learningRate }, seed) {
      const rng = createRng(seed)
      const model = Float64Array.from(received)
      const gradient = new Float64Array(model.length)
      for (let step = 0; step < steps; step += 1) {
        gradient.fill(0)
        for (let taken = 0; taken < batchSize; taken += 1) addGradient(gradient, model, inputs, rng.below(set.count))
        for (let index = 0; index < model.length; index += 1) model[index] -= (learningRate * gradient[index]) / batchSize
      }
      return Float32Array.from(model, (entry, index) => entry - received[index])
    },
    evaluate: never,
    losses: never,
    encoder: null,
    points: never,
    density: null,
  }
}

/** @param {number} width */
export const softmaxParameters = (width) => CLASSES * (width + 1)

/** Share of right answers. @param {Float32Array} model @param {import('@shoal/data').LabelledImages} set */
export function accuracyOf(model, set) {
  const inputs = inputsOf(set)
  const weights = Float64Array.from(model)
  let right = 0
  for (let example = 0; example < set.count; example += 1) {
    const logits = logitsOf(weights, inputs, example)
    if (logits.indexOf(Math.max(...logits)) === set.labels[example]) right += 1
  }
  return right / set.count
}

const CLASSES = 10

/** @param {import('@shoal/data').LabelledImages} set */
function inputsOf({ pixels, labels, count }) {
  return { values: Float32Array.from(pixels, (pixel) => (pixel - 128) / 128), labels, width: pixels.length / count }
}

/** @param {Float64Array} model @param {ReturnType<typeof inputsOf>} inputs @param {number} example */
function logitsOf(model, { values, width }, example) {
  const logits = new Float64Array(CLASSES)
  for (let label = 0; label < CLASSES; label += 1) {
    const row = label * (width + 1)
    let logit = model[row + width]
    for (let pixel = 0; pixel < width; pixel += 1) logit += model[row + pixel] * values[example * width + pixel]
    logits[label] = logit
  }
  return logits
}

/** @param {Float64Array} gradient @param {Float64Array} model @param {ReturnType<typeof inputsOf>} inputs @param {number} example */
function addGradient(gradient, model, inputs, example) {
  const { values, labels, width } = inputs
  const logits = logitsOf(model, inputs, example)
  const largest = Math.max(...logits)
  const odds = logits.map((logit) => Math.exp(logit - largest))
  const all = odds.reduce((sum, one) => sum + one, 0)
  for (let label = 0; label < CLASSES; label += 1) {
    const row = label * (width + 1)
    const slope = odds[label] / all - (labels[example] === label ? 1 : 0)
    gradient[row + width] += slope
    for (let pixel = 0; pixel < width; pixel += 1) gradient[row + pixel] += slope * values[example * width + pixel]
  }
}
