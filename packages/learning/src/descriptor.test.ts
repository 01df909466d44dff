import { createRng, orthonormalColumns } from '@shoal/numeric'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addLatent, blockDistances, type DescriptorSums, descriptorOf, emptySums, halvesOf, projectInto } from './descriptor.ts'

const normals = (count: number, width: number, seed: string): number[][] => {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => Array.from({ length: width }, () => 3 * rng.normal() + 1))
}
const projected = (points: readonly (readonly number[])[], length: number, seed: string): Float64Array[] => {
  const projection = orthonormalColumns({ rows: points[0].length, columns: length, seed })
  return points.map((point) => {
    const latent = new Float64Array(length)
    projectInto(latent, Float32Array.from(point), projection)
    return latent
  })
}
function sumsOf(latents: readonly Float64Array[], labels: readonly number[] | null, classes = 0): DescriptorSums {
  const sums = emptySums({ length: latents[0].length, classes })
  for (const [place, latent] of latents.entries()) addLatent(sums, latent, labels?.[place] ?? null)
  return sums
}
const seeds = fc.integer({ min: 1, max: 1e9 })
const labelsOf = (count: number, classes: number, seed: number): number[] => {
  const rng = createRng(`labels ${seed}`)
  return Array.from({ length: count }, (_, place) => (place < 2 * classes ? place % classes : rng.below(classes)))
}

// From descriptor.fixture.py, which computes them by itself: 12 examples of 4 latents, two of three classes.
const PYTHON = [
  -2.38541667, -0.01041667, 0.77637367, 0.67788414, -2.58928571, 0.26785714, -1.0, -1.0, -2.09375, -0.46875, 0.83643132, 0.62116168, -1.0, -1.0, 0.63967155,
  0.59539247,
]

test('the descriptor that numpy makes of the same latents', () => {
  const latents = Array.from({ length: 12 }, (_, place) => Array.from({ length: 4 }, (_, entry) => ((7 * place + 3 * entry * entry) % 11) / 4))
  const descriptor = descriptorOf(sumsOf(projected(latents, 2, 'public'), labelsOfFixture, 3), 2)
  expect(descriptor).toHaveLength(PYTHON.length)
  for (const [index, entry] of PYTHON.entries()) expect(descriptor[index]).toBeCloseTo(entry, 6)
})
const labelsOfFixture = Array.from({ length: 12 }, (_, place) => (place === 5 ? 1 : place % 3 === 0 ? 2 : 0))

test('invariant 3: sums of two disjoint halves added are the sums of the whole, within 1e-9 (seed 3)', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 19 }), (seed, cut) => {
      const latents = projected(normals(20, 5, `${seed}`), 3, 'public')
      const labels = labelsOf(20, 3, seed)
      const whole = sumsOf(latents, labels, 3).values
      const [one, other] = [sumsOf(latents.slice(0, cut), labels.slice(0, cut), 3).values, sumsOf(latents.slice(cut), labels.slice(cut), 3).values]
      for (const [index, entry] of whole.entries()) expect(Math.abs(one[index] + other[index] - entry)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(entry)))
    }),
    { seed: 3 },
  )
})

test('invariant 4: marginal mean and second moment are those of the classes, weighed by their examples (seed 4)', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const [length, classes, count] = [3, 4, 30]
      const labels = labelsOf(count, classes, seed)
      const entries = descriptorOf(sumsOf(projected(normals(count, 5, `${seed}`), length, 'public'), labels, classes), 2)
      const at = (block: number, index: number): number => entries[block * length + index]
      for (let index = 0; index < length; index += 1) {
        let mean = 0
        let moment = 0
        for (let label = 0; label < classes; label += 1) {
          const share = labels.filter((other) => other === label).length / count
          mean += share * at(2 + label, index)
          moment += share * (at(2 + classes + label, index) ** 2 + at(2 + label, index) ** 2)
        }
        expect(at(0, index)).toBeCloseTo(mean, 4)
        expect(at(1, index) ** 2 + at(0, index) ** 2).toBeCloseTo(moment, 4)
      }
    }),
    { seed: 4 },
  )
})

/** All orders of `count` things. */
function orders(count: number): number[][] {
  if (count === 0) return [[]]
  return orders(count - 1).flatMap((order) => Array.from({ length: count }, (_, at) => order.toSpliced(at, 0, count - 1)))
}
const ORDERS = orders(6)

/** The 2-Wasserstein distance of two sets of as many points: the cheapest of all assignments. */
function wasserstein(left: readonly ArrayLike<number>[], right: readonly ArrayLike<number>[]): number {
  const costs = left.map((from) => right.map((to) => Array.from(from).reduce((sum, entry, index) => sum + (entry - to[index]) ** 2, 0)))
  const least = Math.min(...ORDERS.map((order) => order.reduce((sum, to, from) => sum + costs[from][to], 0)))
  return Math.sqrt(least / left.length)
}

test('invariant 5: label-free descriptors are no further apart than projected latents, and these no further than latents, by exact optimal transport (seed 5)', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (seed, width, length) => {
      const [left, right] = ['left', 'right'].map((side) => normals(6, width, `${side} ${seed}`).map((row) => [...Float32Array.from(row)]))
      const [nearLeft, nearRight] = [left, right].map((points) => projected(points, length, `${seed}`))
      const [one, other] = [nearLeft, nearRight].map((latents) => descriptorOf(sumsOf(latents, null), 1))
      const apart = Math.sqrt(blockDistances(one, other, { length, classes: 0 }).reduce((sum, distance) => sum + distance, 0))
      const transport = wasserstein(nearLeft, nearRight)
      expect(apart).toBeLessThanOrEqual(transport + 1e-5)
      expect(transport).toBeLessThanOrEqual(wasserstein(left, right) + 1e-9)
    }),
    { seed: 5, numRuns: 60 },
  )
})

test('invariant 11: a permutation of the labels moves class blocks together and changes no number (seed 11)', () => {
  fc.assert(
    fc.property(seeds, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (seed, permutation) => {
      const latents = projected(normals(20, 4, `${seed}`), 2, 'public')
      const labels = labelsOf(20, 3, seed)
      const before = descriptorOf(sumsOf(latents, labels, 3), 2)
      const moved = descriptorOf(
        sumsOf(
          latents,
          labels.map((label) => permutation[label]),
          3,
        ),
        2,
      )
      const blockOf = (entries: Float32Array, block: number): Float32Array => entries.slice(2 * block, 2 * block + 2)
      expect(moved.slice(0, 4)).toEqual(before.slice(0, 4))
      for (const [label, to] of permutation.entries()) {
        expect(blockOf(moved, 2 + to)).toEqual(blockOf(before, 2 + label))
        expect(blockOf(moved, 5 + to)).toEqual(blockOf(before, 5 + label))
      }
    }),
    { seed: 11 },
  )
})

test('guard: zero variance, dead ReLU latent: a deviation of 0 is legal, and rounding never makes a variance negative (seed 6)', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -50, max: 50 }), fc.integer({ min: 2, max: 40 }), (value, count) => {
      const entries = descriptorOf(
        sumsOf(
          Array.from({ length: count }, () => Float64Array.of(value, 0)),
          null,
        ),
        1,
      )
      expect(entries.slice(2).every((deviation) => deviation >= 0 && deviation < 1e-5)).toBe(true)
      expect(entries[3]).toBe(0)
    }),
    { seed: 6 },
  )
})

test('guard: n^c small: a class of fewer examples than the least is missing, one of as many is there', () => {
  const latents = projected(normals(19, 4, 'small'), 2, 'public')
  const labels = latents.map((_, place) => Number(place >= 9))
  const entries = descriptorOf(sumsOf(latents, labels, 2), 10)
  const missing = [2, 4].map((block) => [...entries.slice(2 * block, 2 * block + 2)])
  expect(missing).toEqual([
    [-1, -1],
    [-1, -1],
  ])
  expect(entries.slice(6, 8)).not.toContain(-1)
})

test('guard: halves share no duplicated samples: copies are in none, the others in one of two that differ by one at most (seed 7)', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }), fc.string(), (kinds, seed) => {
      const firstAlike = Uint32Array.from(kinds, (kind) => kinds.indexOf(kind))
      const halves = halvesOf(firstAlike, seed)
      const distinct = new Set(kinds).size
      const sizes = [0, 1].map((half) => halves.filter((own) => own === half).length)
      expect(sizes).toEqual([Math.ceil(distinct / 2), Math.floor(distinct / 2)])
      for (const [place, half] of halves.entries()) expect(half >= 0).toBe(firstAlike[place] === place)
    }),
    { seed: 7 },
  )
})

test('halves of one source lie apart as their sizes say, copies or not: the floor is not 2 to 5 times too low (seed 8)', () => {
  const distinct = projected(normals(200, 4, 'halves 8'), 2, 'public')
  // The same examples, each five times, as a generator that fills up a shard would draw them.
  const copies = Array.from({ length: 1000 }, (_, place) => distinct[place % 200])
  const apart = (latents: readonly Float64Array[], halves: Int8Array): number => {
    const [one, other] = [0, 1].map((half) =>
      descriptorOf(
        sumsOf(
          latents.filter((_, place) => halves[place] === half),
          null,
        ),
        1,
      ),
    )
    return Math.sqrt(blockDistances(one, other, { length: 2, classes: 0 }).reduce((sum, distance) => sum + distance, 0))
  }
  const meanOver = (draws: (seed: string) => number): number =>
    Array.from({ length: 40 }, (_, draw) => draws(`${draw}`)).reduce((sum, each) => sum + each, 0) / 40
  const ours = meanOver((seed) =>
    apart(
      copies,
      halvesOf(
        Uint32Array.from(copies, (_, place) => place % 200),
        seed,
      ),
    ),
  )
  const naive = meanOver((seed) => apart(copies, halvesOf(Uint32Array.from(copies.keys()), seed)))
  const honest = meanOver((seed) => apart(distinct, halvesOf(Uint32Array.from(distinct.keys()), seed)))
  expect(Math.abs(ours / honest - 1)).toBeLessThan(0.2)
  expect(naive / honest).toBeLessThan(0.6)
})

test('a missing block lies nowhere: its distance is 0 from any other', () => {
  const form = { length: 1, classes: 1 }
  expect(blockDistances(Float32Array.of(1, 2, 3, 4), Float32Array.of(3, 2, -1, -1), form)).toEqual(Float32Array.of(4, 0, 0, 0))
  expect(blockDistances(Float32Array.of(1, 2, 3, 4), Float32Array.of(3, 2, -1, 1), form)).toEqual(Float32Array.of(4, 0, 16, 9))
})
