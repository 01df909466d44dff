import { createRng, shuffled } from '@shoal/numeric'

/** What stands in the two blocks of a class that has too few examples. No deviation can be it. */
export const MISSING = -1

/**
 * Count, sum and sum of squares of latents z (L numbers each) of all examples and of each of C classes, one after the other: (C + 1) (2 L + 1) doubles, and no latent is kept (FLUX, spec
 * section 4.1). The sums over all examples are added up for themselves, in the examples' order: they have the same bits whatever the classes are.
 */
export interface DescriptorSums {
  /** L. */
  readonly length: number
  /** C; 0 where examples have no labels. */
  readonly classes: number
  /** [count | sums | sums of squares] of all examples, then of each class. */
  readonly values: Float64Array
}

const strideOf = (length: number): number => 2 * length + 1

export const emptySums = ({ length, classes }: Pick<DescriptorSums, 'length' | 'classes'>): DescriptorSums => ({
  length,
  classes,
  values: new Float64Array((classes + 1) * strideOf(length)),
})

/** Counts one example. `label` is null, or no class of these sums, where only the sums over all examples hear of it. */
export function addLatent({ length, classes, values }: DescriptorSums, latent: Float64Array, label: number | null): void {
  const rows = label === null || label >= classes ? [0] : [0, 1 + label]
  for (const row of rows) {
    const start = row * strideOf(length)
    values[start] += 1
    for (let index = 0; index < length; index += 1) {
      values[start + 1 + index] += latent[index]
      values[start + 1 + length + index] += latent[index] ** 2
    }
  }
}

/** [mu | sigma | mu_1 .. mu_C | sigma_1 .. sigma_C] with deviations of the population, at least 0; classes of fewer than `leastExamples` are missing. 2 L (C + 1) numbers. */
export function descriptorOf({ length, classes, values }: DescriptorSums, leastExamples: number): Float32Array {
  const descriptor = new Float32Array(2 * length * (classes + 1))
  const write = (row: number, means: number, deviations: number, least: number): void => {
    const start = row * strideOf(length)
    const count = values[start]
    for (let index = 0; index < length; index += 1) {
      const mean = values[start + 1 + index] / count
      const variance = values[start + 1 + length + index] / count - mean ** 2
      descriptor[means * length + index] = count < least ? MISSING : mean
      descriptor[deviations * length + index] = count < least ? MISSING : Math.sqrt(Math.max(0, variance))
    }
  }
  write(0, 0, 1, 1)
  for (let label = 0; label < classes; label += 1) write(1 + label, 2 + label, 2 + classes + label, leastExamples)
  return descriptor
}

/** Whether a block is there, in a descriptor of so many classes: its deviations say so for its means as well. */
export function hasBlock(descriptor: Float32Array, block: number, { length, classes }: Pick<DescriptorSums, 'length' | 'classes'>): boolean {
  const deviation = block >= 2 && block < 2 + classes ? block + classes : block
  return block < 2 || descriptor.subarray(deviation * length, (deviation + 1) * length).some((entry) => entry !== MISSING)
}

/** For each block the squared distance between two descriptors; 0 where one of them misses it. */
export function blockDistances(left: Float32Array, right: Float32Array, form: Pick<DescriptorSums, 'length' | 'classes'>): Float32Array {
  const { length, classes } = form
  return Float32Array.from({ length: 2 * (classes + 1) }, (_, block) => {
    if (!hasBlock(left, block, form) || !hasBlock(right, block, form)) return 0
    let sum = 0
    for (let index = block * length; index < (block + 1) * length; index += 1) sum += (left[index] - right[index]) ** 2
    return sum
  })
}

/**
 * Which of two random halves each example is in, 0 or 1; -1 for those that an earlier one is alike: what is drawn twice from few examples would make the halves look more alike than
 * two clients of one source are (spec section 8).
 */
export function halvesOf(firstAlike: Uint32Array, seed: string): Int8Array {
  const distinct = [...firstAlike.keys()].filter((place) => firstAlike[place] === place)
  const halves = new Int8Array(firstAlike.length).fill(-1)
  for (const [rank, place] of shuffled(distinct, createRng(seed)).entries()) halves[place] = rank % 2
  return halves
}

/** z = x W for one row x of latents: `projection` has a row of `latent.length` numbers for each entry of x. */
export function projectInto(latent: Float64Array, row: Float32Array, projection: Float64Array): void {
  const { length } = latent
  latent.fill(0)
  for (let entry = 0; entry < row.length; entry += 1) {
    const value = row[entry]
    if (value === 0) continue // half of what a ReLU lets through
    for (let index = 0; index < length; index += 1) latent[index] += value * projection[entry * length + index]
  }
}
