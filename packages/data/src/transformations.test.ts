import { createRng } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertLabelledImages, type LabelledImages } from './labelled-images.ts'
import { drawPermutations, LABEL_PAIRS, permuteLabels, rotateByAngle, rotatePictures, selectClasses, swapLabels } from './transformations.ts'

/** Pictures of random bytes and labels 0..9. */
const randomSet = (count: number, seed: string, shape: LabelledImages['shape'] = [3, 3, 2]): LabelledImages => {
  const rng = createRng(seed)
  const pixels = Uint8Array.from({ length: count * shape[0] * shape[1] * shape[2] }, () => rng.below(256))
  return { count, shape, pixels, labels: Uint8Array.from({ length: count }, () => rng.below(10)) }
}

const labelled = (...labels: number[]): LabelledImages => ({
  count: labels.length,
  shape: [1, 1, 1],
  pixels: Uint8Array.from(labels, (_, index) => index),
  labels: Uint8Array.from(labels),
})

const counts = (set: LabelledImages): number[] => Array.from({ length: 10 }, (_, label) => set.labels.filter((other) => other === label).length)

test('a swap exchanges the classes of each pair, leaves the others and every picture alone, and undoes itself', () => {
  const set = labelled(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1)
  const swapped = swapLabels(set, [
    [1, 7],
    [3, 5],
  ])
  expect([...swapped.labels]).toEqual([0, 7, 2, 5, 4, 3, 6, 1, 8, 9, 7])
  expect(swapped.pixels).toEqual(set.pixels)
  expect(
    swapLabels(swapped, [
      [7, 1],
      [5, 3],
    ]),
  ).toEqual(set)
  expect([...set.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1])
  expect(swapLabels(set, [])).toEqual(set)
})

test('LABEL_PAIRS begins with the pairs of the demo and uses every class once', () => {
  expect(LABEL_PAIRS.slice(0, 3)).toEqual([
    [1, 7],
    [3, 5],
    [2, 4],
  ])
  expect(LABEL_PAIRS.flat().sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a permutation renames classes: counts move with it, its inverse restores the set (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.string(), (count, seed) => {
      const set = randomSet(count, seed)
      const [permutation] = drawPermutations(1, 10, createRng(seed))
      const permuted = permuteLabels(set, permutation)
      expect(permuted.pixels).toEqual(set.pixels)
      expect(permutation.map((target) => counts(permuted)[target])).toEqual(counts(set))
      const inverse = permutation.map((_, label) => permutation.indexOf(label))
      expect(permuteLabels(permuted, inverse)).toEqual(set)
    }),
    { numRuns: 50 },
  )
  expect([...permuteLabels(labelled(0, 1, 2), [2, 0, 1]).labels]).toEqual([2, 0, 1])
})

test('drawn permutations give no class the same label twice, up to as many as there are classes (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.string(), (count, classes, seed) => {
      fc.pre(count <= classes)
      const drawn = drawPermutations(count, classes, createRng(seed))
      expect(drawn).toHaveLength(count)
      for (const permutation of drawn) expect([...permutation].sort((left, right) => left - right)).toEqual([...permutation.keys()])
      for (let label = 0; label < classes; label += 1) expect(new Set(drawn.map((permutation) => permutation[label])).size).toBe(count)
    }),
    { numRuns: 100 },
  )
})

test('permutations are decided by their seed, and every class gets every label somewhere (1,000 draws, seed draws)', () => {
  expect(drawPermutations(3, 10, createRng('permutations'))).toEqual(drawPermutations(3, 10, createRng('permutations')))
  expect(drawPermutations(3, 10, createRng('permutations'))).not.toEqual(drawPermutations(3, 10, createRng('other')))
  // From one group's labels to another's it is no plain shift.
  const [first, second] = drawPermutations(2, 10, createRng('permutations'))
  expect(new Set(first.map((target, label) => (second[label] - target + 10) % 10)).size).toBeGreaterThan(1)
  const rng = createRng('draws')
  const seen = Array.from({ length: 10 }, () => new Array<number>(10).fill(0))
  for (let draw = 0; draw < 1000; draw += 1) for (const [label, target] of drawPermutations(1, 10, rng)[0].entries()) seen[label][target] += 1
  for (const count of seen.flat()) expect(Math.abs(count - 100)).toBeLessThan(45) // 4.7 standard deviations
})

test('a quarter turn is counter-clockwise and keeps channels together', () => {
  // Two channels: 10 20 over 30 40, and the same plus 1.
  const set: LabelledImages = { count: 1, shape: [2, 2, 2], pixels: Uint8Array.of(10, 11, 20, 21, 30, 31, 40, 41), labels: Uint8Array.of(4) }
  expect([...rotatePictures(set, 1).pixels]).toEqual([20, 21, 40, 41, 10, 11, 30, 31])
  expect([...rotatePictures(set, 2).pixels]).toEqual([40, 41, 30, 31, 20, 21, 10, 11])
  expect([...rotatePictures(set, 3).pixels]).toEqual([30, 31, 10, 11, 40, 41, 20, 21])
  expect(rotatePictures(set, 1).labels).toEqual(set.labels)
})

test('turns add up, four are none, and a turn back restores the set (seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: -5, max: 9 }), fc.integer({ min: -5, max: 9 }), fc.string(), (side, first, second, seed) => {
      const set = randomSet(3, seed, [side, side, 2])
      expect(rotatePictures(rotatePictures(set, first), second)).toEqual(rotatePictures(set, first + second))
      expect(rotatePictures(rotatePictures(set, first), -first)).toEqual(set)
    }),
    { numRuns: 50 },
  )
  const set = randomSet(2, 'four')
  expect(rotatePictures(set, 4)).toEqual(set)
  for (const turns of [1, 2, 3]) expect(rotatePictures(set, turns).pixels).not.toEqual(set.pixels)
})

test('any angle: quarter turns are those of rotatePictures pixel for pixel, also a hair beside them (sizes and seeds by fast-check)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -5, max: 9 }), fc.string(), (side, turns, seed) => {
      const set = randomSet(2, seed, [side, side, 2])
      expect(rotateByAngle(set, turns * 90)).toEqual(rotatePictures(set, turns))
      // Through sine and cosine: no pixel is so near to a border between two that this could matter.
      expect(rotateByAngle(set, turns * 90 + 1e-7)).toEqual(rotatePictures(set, turns))
    }),
    { numRuns: 50 },
  )
})

test('45 degrees: the middle stays, what was right of it comes above, right of that from outside is 0', () => {
  const picture = [
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10],
    [11, 12, 13, 14, 15],
    [16, 17, 18, 19, 20],
    [21, 22, 23, 24, 25],
  ]
  const set: LabelledImages = { count: 1, shape: [5, 5, 1], pixels: Uint8Array.from(picture.flat()), labels: Uint8Array.of(0) }
  expect([...rotateByAngle(set, 45).pixels]).toEqual([0, 4, 9, 10, 0, 2, 8, 9, 14, 20, 7, 7, 13, 19, 19, 6, 12, 17, 18, 24, 0, 16, 17, 22, 0])
  expect(rotateByAngle(set, 45).labels).toEqual(set.labels)
  expect(() => rotateByAngle({ ...set, shape: [1, 25, 1] }, 30)).toThrow(RangeError)
  expect(() => rotateByAngle(set, Number.NaN)).toThrow(RangeError)
})

test('selected classes keep their order, pictures and labels', () => {
  const selected = selectClasses(labelled(3, 1, 9, 1, 0), [1, 3])
  assertLabelledImages(selected)
  expect([...selected.labels]).toEqual([3, 1, 1])
  expect([...selected.pixels]).toEqual([0, 1, 3])
})

test('what is no permutation, no pair, no square or no class is refused', () => {
  const set = labelled(0, 1, 2)
  for (const permutation of [[0, 1], [0, 0, 1], [1, 2, 3], [0, 1, 2.5], Array.from({ length: 257 }, (_, label) => label)])
    expect(() => permuteLabels(set, permutation)).toThrow(RangeError)
  for (const pairs of [
    [[1, 1]],
    [
      [1, 2],
      [2, 3],
    ],
    [[1, 256]],
    [[-1, 2]],
    [[0.5, 2]],
  ] as [number, number][][])
    expect(() => swapLabels(set, pairs)).toThrow(RangeError)
  expect(() => rotatePictures(randomSet(1, 'flat', [2, 3, 1]), 1)).toThrow(RangeError)
  expect(() => rotatePictures(set, 0.5)).toThrow(RangeError)
  expect(() => selectClasses(set, [7])).toThrow(RangeError)
  for (const [count, classes] of [
    [0, 3],
    [4, 3],
    [1.5, 3],
    [1, 2.5],
  ])
    expect(() => drawPermutations(count, classes, createRng('refused'))).toThrow(RangeError)
})
