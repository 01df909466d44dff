import { createProcedures, type Procedures } from '@shoal/learning/procedures'
import { dot, norm, type Rng } from '@shoal/numeric'

/** y = <x, theta*> + sigma noise with x ~ N(0, I), and theta* = r Bernoulli(1/2) in every coordinate (spec section 3.4). */
export interface LinearTask {
  readonly dimensions: number
  readonly clients: number
  readonly examples: number
  readonly clusters: number
  readonly signal: number
  readonly noise: number
}

export interface LinearData {
  readonly truths: readonly Float32Array[]
  /** Cluster of each client: as many in each. */
  readonly groups: readonly number[]
  readonly clients: readonly LinearClient[]
}

interface LinearClient {
  /** Row after row, one an example. */
  readonly x: Float32Array
  readonly y: Float32Array
}

export const bernoulli = (length: number, rng: Rng, size = 1): Float32Array => Float32Array.from({ length }, () => size * rng.below(2))

export function drawLinearData({ dimensions, clients, examples, clusters, signal, noise }: LinearTask, rng: Rng): LinearData {
  const truths = Array.from({ length: clusters }, () => bernoulli(dimensions, rng, signal))
  const groups = Array.from({ length: clients }, (_, client) => client % clusters)
  return {
    truths,
    groups,
    clients: groups.map((group) => {
      const x = Float32Array.from({ length: examples * dimensions }, () => rng.normal())
      return { x, y: products(x, truths[group]).map((product) => product + noise * rng.normal()) }
    }),
  }
}

/** <x, model> of every row. Four sums side by side: hundreds of millions of products are taken, and one sum would wait for itself. */
function products(x: Float32Array, model: Float32Array): Float32Array {
  const { length } = model
  const found = new Float32Array(x.length / length)
  for (let row = 0; row < found.length; row += 1) {
    const start = row * length
    let [first, second, third, fourth] = [0, 0, 0, 0]
    let entry = 0
    for (; entry + 3 < length; entry += 4) {
      first += x[start + entry] * model[entry]
      second += x[start + entry + 1] * model[entry + 1]
      third += x[start + entry + 2] * model[entry + 2]
      fourth += x[start + entry + 3] * model[entry + 3]
    }
    for (; entry < length; entry += 1) first += x[start + entry] * model[entry]
    found[row] = first + second + third + fourth
  }
  return found
}

/** A client of plain arithmetic behind the procedures of production: its loss is the mean squared error, and a step of training is one full gradient. */
export function createLinearProcedures({ x, y }: LinearClient): Procedures {
  const parameters = x.length / y.length
  /** y - <x, model> of the models that were looked at last: who chose one of them trains it next. */
  let residuals = new Map<Float32Array, Float32Array>()
  const residualsOf = (model: Float32Array): Float32Array => residuals.get(model) ?? products(x, model).map((product, index) => y[index] - product)
  const meanSquare = (values: Float32Array): number => dot(values, values) / values.length
  return createProcedures({
    parameters,
    trainable: parameters,
    examples: { train: y.length, test: 0 },
    losses: async (models) => {
      residuals = new Map(models.map((model) => [model, residualsOf(model)]))
      return models.map((model) => meanSquare(residualsOf(model)))
    },
    train: async (received, { learningRate }) => {
      const update = new Float32Array(parameters)
      for (const [index, residual] of residualsOf(received).entries()) {
        const row = index * parameters
        const share = (2 * learningRate * residual) / y.length // -eta d/dtheta of the mean of (y - <x, theta>)^2
        for (let entry = 0; entry < parameters; entry += 1) update[entry] += share * x[row + entry]
      }
      return update
    },
    evaluate: async (model) => ({ accuracy: 0, loss: meanSquare(residualsOf(model)) }),
    points: () => ({ count: 0, entries: parameters, values: new Float32Array(0) }),
    density: null,
    encoder: null,
  })
}

/** Mean over the models of the distance to the nearest truth; infinite where a model has diverged. */
export function distanceFromTruth(models: readonly Float32Array[], { truths }: LinearData): number {
  const distances = models.map((model) => Math.min(...truths.map((truth) => norm(model.map((entry, index) => entry - truth[index])))))
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / models.length
  return Number.isFinite(mean) ? mean : Number.POSITIVE_INFINITY
}
