/** What teachers say of a batch together, from their logits (B x C, row by row) in float64. */

/** Softmax of each row of logits / temperature. */
export function probabilitiesOf(logits: ArrayLike<number>, classes: number, temperature: number): Float64Array {
  const shares = new Float64Array(logits.length)
  for (let row = 0; row < logits.length; row += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let entry = row; entry < row + classes; entry += 1) largest = Math.max(largest, logits[entry])
    let total = 0
    for (let entry = row; entry < row + classes; entry += 1) {
      shares[entry] = Math.exp((logits[entry] - largest) / temperature)
      total += shares[entry]
    }
    for (let entry = row; entry < row + classes; entry += 1) shares[entry] /= total
  }
  return shares
}

/** q_b = sum over k of a_k(y_b) softmax(f_k(x_b) / tau): probabilities are mixed, not logits (FedFTG mixes logits' losses one teacher at a time). B x C. */
export function mixOf(
  logits: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  weights: readonly (readonly number[])[],
  temperature: number,
): Float64Array {
  const classes = weights[0].length
  const mix = new Float64Array(labels.length * classes)
  for (const [teacher, own] of logits.entries()) {
    const shares = probabilitiesOf(own, classes, temperature)
    for (let entry = 0; entry < mix.length; entry += 1) mix[entry] += weights[teacher][labels[Math.floor(entry / classes)]] * shares[entry]
  }
  return mix
}

/** Mean over the rows of KL(mix || softmax(logits / temperature)), in nats. Negative by no more than rounding. */
export function meanDivergence(mix: ArrayLike<number>, logits: ArrayLike<number>, classes: number, temperature: number): number {
  let sum = 0
  for (let row = 0; row < mix.length; row += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let entry = row; entry < row + classes; entry += 1) largest = Math.max(largest, logits[entry] / temperature)
    let total = 0
    for (let entry = row; entry < row + classes; entry += 1) total += Math.exp(logits[entry] / temperature - largest)
    for (let entry = row; entry < row + classes; entry += 1)
      if (mix[entry] > 0) sum += mix[entry] * (Math.log(mix[entry]) - (logits[entry] / temperature - largest - Math.log(total)))
  }
  return (sum * classes) / mix.length
}

/** Mean over the rows of -log mix(label), in nats. */
export function meanCrossEntropy(mix: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  let sum = 0
  for (let row = 0; row < labels.length; row += 1) sum -= Math.log(Math.max(mix[row * classes + labels[row]], Number.MIN_VALUE))
  return sum / labels.length
}

/** Mean entropy of the rows over that of no opinion at all, log C: 0..1. */
export function meanEntropyShare(mix: ArrayLike<number>, classes: number): number {
  let sum = 0
  for (let entry = 0; entry < mix.length; entry += 1) if (mix[entry] > 0) sum -= mix[entry] * Math.log(mix[entry])
  return (sum * classes) / mix.length / Math.log(classes)
}
