import { createRng } from '@shoal/numeric'
import { describedLength, descriptorBlocks, descriptorLength } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLatentProcedures, DESCRIBE } from '../tests/latent-procedures.ts'
import { callOf, codeOf, rowOf } from '../tests/point-procedures.ts'
import { addLatent, type DescriptorSums, descriptorOf, emptySums } from './descriptor.ts'
import { paperNoise, soundSums } from './descriptor-noise.ts'

const [LENGTH, CLASSES, BOUND] = [3, 4, 2]

/** Of latents within the bound, of any class. */
function sumsOf(examples: readonly { readonly latent: readonly number[]; readonly label: number }[]): DescriptorSums {
  const sums = emptySums({ length: LENGTH, classes: CLASSES })
  for (const { latent, label } of examples) addLatent(sums, Float64Array.from(latent), label)
  return sums
}
const example = fc.record({
  latent: fc.array(fc.oneof(fc.constantFrom(-BOUND, BOUND), fc.double({ min: -BOUND, max: BOUND, noNaN: true })), { minLength: LENGTH, maxLength: LENGTH }),
  label: fc.nat(CLASSES - 1),
})
/** The 1-norm of what two clients' class sums differ by: of counts, sums and sums of squares. */
function differenceOf({ values: left }: DescriptorSums, { values: right }: DescriptorSums): number[] {
  const stride = 2 * LENGTH + 1
  const norms = [0, 0, 0]
  for (let index = stride; index < left.length; index += 1) {
    const entry = index % stride
    norms[entry === 0 ? 0 : entry <= LENGTH ? 1 : 2] += Math.abs(left[index] - right[index])
  }
  return norms
}

test('guard: sound noise: one example replaced changes counts by 2, sums by 2 L B, squares by 2 L B^2 at most, and may change them by that (seed 1)', () => {
  const most = [0, 0, 0]
  fc.assert(
    fc.property(fc.array(example, { minLength: 1, maxLength: 8 }), example, (examples, other) => {
      const norms = differenceOf(sumsOf(examples), sumsOf([other, ...examples.slice(1)]))
      for (const [kind, norm] of norms.entries()) most[kind] = Math.max(most[kind], norm)
    }),
    { seed: 1, numRuns: 1000 },
  )
  const allowed = [2, 2 * LENGTH * BOUND, 2 * LENGTH * BOUND ** 2]
  for (const [kind, limit] of allowed.entries()) {
    expect(most[kind]).toBeLessThanOrEqual(limit + 1e-9)
    expect(most[kind]).toBeGreaterThan(0.9 * limit)
  }
})

test('guard: sound noise: each of the three has Laplace noise of three times its sensitivity over epsilon (seed "scale")', () => {
  const rng = createRng('scale')
  const sums = sumsOf([])
  const [epsilon, draws, stride] = [0.5, 3000, 2 * LENGTH + 1]
  const sizes = [0, 0, 0]
  const squares = [0, 0, 0]
  const counts = [0, 0, 0]
  for (let draw = 0; draw < draws; draw += 1) {
    const { values } = soundSums(sums, { epsilon, bound: BOUND }, rng)
    for (let index = stride; index < values.length; index += 1) {
      const entry = index % stride
      const kind = entry === 0 ? 0 : entry <= LENGTH ? 1 : 2
      sizes[kind] += Math.abs(values[index])
      squares[kind] += values[index] ** 2
      counts[kind] += 1
    }
  }
  for (const [kind, sensitivity] of [2, 2 * LENGTH * BOUND, 2 * LENGTH * BOUND ** 2].entries()) {
    const scale = (3 * sensitivity) / epsilon
    // Of Laplace noise the mean size is its scale and the mean square twice the scale squared; of normal noise it would be 1.57 times the square of the size.
    expect(Math.abs(sizes[kind] / counts[kind] / scale - 1)).toBeLessThan(0.04)
    expect(Math.abs(squares[kind] / counts[kind] / (2 * scale ** 2) - 1)).toBeLessThan(0.08)
  }
})

test('sound: what is over all examples is the sum of the noisy classes, and follows from nothing else (seed 2)', () => {
  fc.assert(
    fc.property(fc.array(example, { minLength: 1, maxLength: 30 }), fc.string(), (examples, seed) => {
      const { values } = soundSums(sumsOf(examples), { epsilon: 5, bound: BOUND }, createRng(seed))
      const stride = 2 * LENGTH + 1
      for (let entry = 1; entry < stride; entry += 1) {
        let sum = 0
        for (let label = 0; label < CLASSES; label += 1) sum += values[(1 + label) * stride + entry]
        expect(values[entry]).toBeCloseTo(sum, 9)
      }
      expect(values[0]).toBeGreaterThanOrEqual(1)
    }),
    { seed: 2 },
  )
})

test('paper: noise of the client\'s range over its examples and epsilon on every number that is there (seed "paper")', () => {
  const sums = sumsOf(Array.from({ length: 50 }, (_, place) => ({ latent: [place % 3, 1, 0], label: place % 2 })))
  const exact = descriptorOf(sums, 2)
  const rng = createRng('paper')
  let size = 0
  const draws = 500
  for (let draw = 0; draw < draws; draw += 1) {
    const noisy = paperNoise(sums, 2, { epsilon: 0.1, range: 2 }, rng)
    for (const [index, entry] of noisy.entries()) {
      if (exact[index] === -1) expect(entry).toBe(-1)
      else size += Math.abs(entry - exact[index])
    }
  }
  const there = exact.filter((entry) => entry !== -1).length
  expect(there).toBe(6 * LENGTH)
  expect(Math.abs(size / draws / there / (2 / (50 * 0.1)) - 1)).toBeLessThan(0.04)
})

const LATENTS = {
  latents: Array.from({ length: 60 }, (_, place) => [place % 7, (place % 5) - 20]),
  labels: Array.from({ length: 60 }, (_, place) => place % 3),
}
const NOISY = { ...DESCRIBE, halves: true, noise: { kind: 'sound', epsilon: 1000, bound: 3 } } as const
const callWith = (args: object) => callOf({ procedure: 'describe', kind: 'rows', args, models: [Float32Array.of(1, 0, 0)] })

test("noise comes from the client's own randomness: without any it is refused, and the call's seed does not decide it", async () => {
  expect(codeOf(await createLatentProcedures(LATENTS).run(callWith(NOISY)))).toBe('SHOAL_ERR_PROCEDURE_FAILED')
  const rowWith = async (secret: string) => rowOf(await createLatentProcedures({ ...LATENTS, secretWord: createRng(secret).word }).run(callWith(NOISY)))
  expect(await rowWith('one')).toEqual(await rowWith('one'))
  expect(await rowWith('one')).not.toEqual(await rowWith('another'))
})

test('sound: latents are cut at the bound, halves tell nothing, and with little noise the rest is as without', async () => {
  const row = rowOf(await createLatentProcedures({ ...LATENTS, secretWord: createRng('own').word }).run(callWith({ ...NOISY, length: 1 })))
  const form = { length: 1, classes: 3 }
  expect(row).toHaveLength(describedLength(form, true))
  expect(row.slice(descriptorLength(form), -1)).toEqual(new Float32Array(descriptorBlocks(form)))
  const plain = rowOf(await createLatentProcedures(LATENTS).run(callWith({ ...NOISY, length: 1, noise: null })))
  expect(Math.abs(plain[0])).toBeGreaterThan(3.5)
  expect(Math.abs(row[0])).toBeLessThan(3.1)
})

test('sound: a class whose noisy count is under the least is missing; paper: half distances are not told either', async () => {
  const client = { ...LATENTS, secretWord: createRng('own').word }
  const sparse = rowOf(await createLatentProcedures(client).run(callWith({ ...NOISY, leastExamples: 100 })))
  expect(sparse.slice(4, descriptorLength(DESCRIBE))).toEqual(new Float32Array(12).fill(-1))
  const paper = rowOf(await createLatentProcedures(client).run(callWith({ ...NOISY, noise: { ...NOISY.noise, kind: 'paper' } })))
  expect(paper.slice(descriptorLength(DESCRIBE), -1)).toEqual(new Float32Array(descriptorBlocks(DESCRIBE)))
})
