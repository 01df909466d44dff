import type { createProcedures } from '@shoal/learning/procedures'
import { createRng } from '@shoal/numeric'

const CLASSES = 2
/** A latent scatters around its entry of the optimum: the more, the larger that is. */
const NOISE = 0.2
/** How far apart the classes lie, in every other entry. */
const APART = 0.5

type Encoder = NonNullable<Parameters<typeof createProcedures>[0]['encoder']>

/** Latents as wide as the optimum and scattered around it, whatever the model: clients of other optima have other descriptors. Class by class in turn. */
export function createQuadraticEncoder(optimum: Float32Array, examples: number): Encoder {
  const labels = Uint8Array.from({ length: examples }, (_, place) => place % CLASSES)
  return {
    examples,
    width: optimum.length,
    async latents(_model, hear) {
      const rng = createRng(`latents ${[...optimum.subarray(0, 8)].join()}`)
      const rows = new Float32Array(examples * optimum.length)
      for (let place = 0; place < examples; place += 1)
        for (let entry = 0; entry < optimum.length; entry += 1)
          rows[place * optimum.length + entry] =
            optimum[entry] + (entry % 2 === 0 ? APART * labels[place] : 0) + NOISE * (1 + Math.abs(optimum[entry])) * rng.normal()
      hear(rows, 0)
    },
    labels: () => labels,
    firstAlike: () => Uint32Array.from(labels.keys()),
  }
}
