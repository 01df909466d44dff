import type { createProcedures, Density } from '@shoal/learning/procedures'
import { createRng, deriveSeed } from '@shoal/numeric'
import type { Policy } from '@shoal/protocol'

type Learner = Parameters<typeof createProcedures>[0]
type PointSet = ReturnType<Learner['points']>

/** Clients of one group that are told apart by the noise of their updates; beyond these, updates repeat. */
const VARIANTS = 8
const NOISE = 1e-3
/** How far the groups' optima lie from 0. */
const REACH = 0.1
/** Of a model so many entries are looked at to say how good it is. */
const MOST_LOOKED_AT = 256
const EXAMPLES = 20
const LATENT_WIDTH = 32
const TEST_EXAMPLES = 10

/** Makes the clients of one process, which share what is the same for many of them. */
export interface SyntheticCohort {
  /** The client of this number; it is of group `client % groups`. */
  learner(client: number): Learner
}

/**
 * Clients without data, for a federation of any model. A client of a group is drawn to the group's optimum: its update goes a part of the way, with small noise from the
 * seed. Entries cost one multiplication, and clients of a group share their updates' memory, as a load test measures the server and not its clients.
 */
export function createSyntheticCohort(
  { model, data, train }: Pick<Policy, 'model' | 'data' | 'train'>,
  { seed, groups }: { readonly seed: string; readonly groups: number },
): SyntheticCohort {
  const sizes = model.parameters.map(({ shape, isBuffer }) => ({ size: shape.reduce((product, size) => product * size, 1), isBuffer: isBuffer === true }))
  const parameters = sizes.reduce((sum, { size }) => sum + size, 0)
  const trainable = sizes.reduce((sum, { size, isBuffer }) => sum + (isBuffer ? 0 : size), 0)
  const entries = data.shape.reduce((product, size) => product * size, 1)
  const optima = Array.from({ length: groups }, (_, group) => noiseOf(deriveSeed(seed, 'optimum', group), parameters, REACH))
  const noises = Array.from({ length: VARIANTS }, (_, variant) => noiseOf(deriveSeed(seed, 'noise', variant), parameters, NOISE))
  const updates = new WeakMap<ArrayBufferLike, Map<string, Float32Array>>()

  function updateOf(received: Float32Array, group: number, variant: number): Float32Array {
    const known = updates.get(received.buffer) ?? new Map<string, Float32Array>()
    updates.set(received.buffer, known)
    const key = `${received.byteOffset} ${group} ${variant}`
    const update = known.get(key) ?? received.map((value, index) => train.learningRate * (optima[group][index] - value) + noises[variant][index])
    known.set(key, update)
    return update
  }

  function lossOf(model: Float32Array, group: number): number {
    const step = Math.max(1, Math.floor(parameters / MOST_LOOKED_AT))
    let square = 0
    for (let index = 0; index < parameters; index += step) square += (model[index] - optima[group][index]) ** 2
    return square
  }

  return {
    learner(client) {
      const group = client % groups
      const variant = Math.floor(client / groups) % VARIANTS
      // Weights differ, or a weighted sum could be mistaken for a plain one.
      const examples = EXAMPLES + variant
      return {
        parameters,
        trainable,
        examples: { train: examples, test: TEST_EXAMPLES },
        train: async (received) => updateOf(received, group, variant),
        async evaluate(model) {
          const loss = lossOf(model, group)
          return { accuracy: 1 / (1 + loss), loss }
        },
        losses: async (models) => models.map((model) => lossOf(model, group)),
        points: () => pointsAround(deriveSeed(seed, 'points', group, variant), { count: examples, entries, groups }),
        density: data.kind === 'points' ? syntheticDensity(entries, model) : null,
        encoder: data.kind === 'points' ? null : syntheticEncoder(deriveSeed(seed, 'latents', group), { examples, classes: data.classes.length }),
      }
    },
  }
}

function noiseOf(seed: string, length: number, reach: number): Float32Array {
  const rng = createRng(seed)
  return Float32Array.from({ length }, () => reach * (2 * rng.uniform() - 1))
}

/** Points around as many corners as there are groups. */
function pointsAround(seed: string, { count, entries, groups }: { readonly count: number; readonly entries: number; readonly groups: number }): PointSet {
  const rng = createRng(seed)
  const values = Float32Array.from({ length: count * entries }, (_, place) => {
    const corner = Math.floor(place / entries) % groups
    return ((corner >> ((place % entries) % 2)) & 1) + corner / groups + NOISE * rng.normal()
  })
  return { count, entries, values }
}

/** A model of points whose first numbers are a centre; the others are noise that nobody looks at. */
const syntheticDensity = (entries: number, { parameters }: Policy['model']): Density => ({
  entries,
  parameters: parameters.map(({ name, shape }) => ({ name, shape })),
  initial: (seed) =>
    noiseOf(
      seed,
      parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
      REACH,
    ),
  losses: async (model, { count, values }) =>
    Float64Array.from({ length: count }, (_, point) => {
      let square = 0
      for (let entry = 0; entry < entries; entry += 1) square += (values[point * entries + entry] - model[entry]) ** 2
      return square / 2
    }),
  async train(received, { values }, places, { learningRate }, seed) {
    const update = noiseOf(seed, received.length, NOISE)
    for (const place of places)
      for (let entry = 0; entry < entries; entry += 1) update[entry] += (learningRate * (values[place * entries + entry] - received[entry])) / places.length
    return update
  },
})

/** Latents scattered around a centre of the group, class by class. */
function syntheticEncoder(seed: string, { examples, classes }: { readonly examples: number; readonly classes: number }): Learner['encoder'] {
  const labels = Uint8Array.from({ length: examples }, (_, place) => place % classes)
  return {
    examples,
    width: LATENT_WIDTH,
    async latents(_model, hear) {
      const centre = noiseOf(seed, LATENT_WIDTH, 1)
      const rng = createRng(deriveSeed(seed, 'scatter'))
      hear(
        Float32Array.from(
          { length: examples * LATENT_WIDTH },
          (_, at) => centre[at % LATENT_WIDTH] + labels[Math.floor(at / LATENT_WIDTH)] / classes + 0.2 * rng.normal(),
        ),
        0,
      )
    },
    labels: () => labels,
    firstAlike: () => Uint32Array.from(labels.keys()),
  }
}
