import type { Rng } from '@shoal/numeric'
import { type DescriptorSums, descriptorOf, MISSING } from './descriptor.ts'

/** Noise that hides single examples in a descriptor (spec section 8), drawn from `rng`, which nobody else can predict. */

/** Laplace of this scale. */
function laplace(scale: number, rng: Rng): number {
  const size = -scale * Math.log1p(-rng.uniform())
  return rng.word() & 1 ? size : -size
}

/**
 * The sums of latents that were cut at +-`bound`, epsilon-DP for the replacement of one example by another: that changes counts by 2 at most, sums by 2 L B and sums of squares (each of
 * 0 .. B^2) by 2 L B^2 in the 1-norm, and each of the three is noised for a third of epsilon. What is over all examples follows from the classes. Our correction of the authors' noise.
 */
export function soundSums(
  { length, classes, values }: DescriptorSums,
  { epsilon, bound }: { readonly epsilon: number; readonly bound: number },
  rng: Rng,
): DescriptorSums {
  const stride = 2 * length + 1
  const scales = { count: 2, sum: 2 * length * bound, square: 2 * length * bound ** 2 }
  const noisy = new Float64Array(values.length)
  for (let label = 0; label < classes; label += 1)
    for (let entry = 0; entry < stride; entry += 1) {
      const index = (1 + label) * stride + entry
      const sensitivity = entry === 0 ? scales.count : entry <= length ? scales.sum : scales.square
      noisy[index] = values[index] + laplace((3 * sensitivity) / epsilon, rng)
      noisy[entry] += noisy[index]
    }
  noisy[0] = Math.max(1, noisy[0])
  return { length, classes, values: noisy }
}

/**
 * The authors' noise: Laplace of scale range / (examples epsilon) on every number. A heuristic that promises nothing: the range is that of the client's own data, a deviation moves by more than a
 * mean, and a class has fewer examples. Difference from the authors' code, ours: -1 stays -1 for a missing class, so that it is known to be missing.
 */
export function paperNoise(
  sums: DescriptorSums,
  leastExamples: number,
  { epsilon, range }: { readonly epsilon: number; readonly range: number },
  rng: Rng,
): Float32Array {
  const scale = range / (sums.values[0] * epsilon)
  return descriptorOf(sums, leastExamples).map((entry) => (entry === MISSING ? MISSING : entry + laplace(scale, rng)))
}
