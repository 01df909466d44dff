import { createRng, type Rng, shuffled } from '@shoal/numeric'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { adjustedRandIndex } from './agreement.ts'
import { fitScaler, scaledDescriptor } from './block-scaler.ts'
import { type DescriptorClustersArgs, descriptorClusters, type FoundDescriptorClusters } from './descriptor-clusters.ts'
import cases from './fixtures/descriptor-clusters.json' with { type: 'json' }
import { parsed, pointsOf, reordered } from './fixtures/planted.ts'
import { renumbered } from './labels.ts'
import { squaredDistance } from './squared-distance.ts'

const CLASSES = 3
const LENGTH = 4
const BLOCKS = 2 * (CLASSES + 1)
const ENTRIES = BLOCKS * LENGTH

function clustered(rows: readonly Float32Array[], options: Partial<DescriptorClustersArgs> = {}): FoundDescriptorClusters {
  return descriptorClusters({
    rows,
    blocks: BLOCKS,
    length: LENGTH,
    halves: null,
    votes: rows.map(() => true),
    rule: 'elbow',
    floorFactor: 1.5,
    epsilonScale: 1,
    missing: 'raw',
    scaler: 'min-max',
    frozen: null,
    clusters: null,
    leastMembers: 1,
    maxClusters: 256,
    seed: 'clusters',
    ...options,
  })
}

/** Rows around a place of its own for each group, group after group. */
function planted(rng: Rng, sizes: readonly number[], spread = 0.02): Float32Array[] {
  return sizes.flatMap((size) => {
    const centre = Float32Array.from({ length: ENTRIES }, () => 1 + 3 * rng.uniform())
    return Array.from({ length: size }, () => centre.map((value) => value + spread * (rng.uniform() - 0.5)))
  })
}

/** A row at each of these places of a line. */
const onLine = (...places: readonly number[]): Float32Array[] => places.map((place) => new Float32Array(ENTRIES).fill(place))
const line = (places: readonly number[], options: Partial<DescriptorClustersArgs> = {}) => clustered(onLine(...places), options)
const clustersOf = ({ centroids }: FoundDescriptorClusters): number => centroids.length

test.each(cases)('equals numpy and scikit-learn: $title', ({ blocks, length, rows, place, epsilon, labels, firstCentroid, silhouette }) => {
  const points = pointsOf({ points: rows, length: blocks * length }).map((row) => Float32Array.from(row))
  const found = clustered(points, { blocks, length })
  expect(found.labels).toEqual(parsed(labels))
  expect(found.epsilon).toBeCloseTo(Math.max(epsilon, 1e-9), 5)
  expect(found.elbow === null).toBe(place === null)
  expect(found.silhouette).toBeCloseTo(silhouette, 5)
  expect(Math.max(...parsed(firstCentroid).map((value, entry) => Math.abs(found.centroids[0][entry] - value)))).toBeLessThan(1e-5)
})

const anyRows = fc.record({ seed: fc.string(), count: fc.integer({ min: 1, max: 25 }) }).map(({ seed, count }) => {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => {
    const place = rng.below(4)
    const row = Float32Array.from({ length: ENTRIES }, () => place + rng.uniform())
    const lacks = rng.below(6)
    if (lacks < CLASSES) for (const block of [2 + lacks, 2 + CLASSES + lacks]) row.fill(-1, block * LENGTH, (block + 1) * LENGTH)
    return row
  })
})
const kinds = fc.record({
  scaler: fc.constantFrom('min-max' as const, 'percentile' as const),
  missing: fc.constantFrom('raw' as const, 'scaled' as const),
  clusters: fc.constantFrom(null, 1, 3),
  leastMembers: fc.constantFrom(1, 3),
  maxClusters: fc.constantFrom(2, 256),
})

test('invariant 8: who is with whom does not depend on the order; every row has one label, and labels are 0 .. K - 1', () => {
  void fc.assert(
    fc.property(anyRows, fc.string(), kinds, fc.boolean(), (rows, seed, kind, areHeard) => {
      const order = shuffled([...rows.keys()], createRng(seed))
      const votes = rows.map((_, row) => areHeard || row % 3 > 0)
      const found = clustered(rows, { ...kind, votes })
      const other = clustered(reordered(rows, order), { ...kind, votes: reordered(votes, order) })
      expect(other.labels).toEqual(renumbered(reordered(found.labels, order)))
      expect([other.epsilon, other.silhouette]).toEqual([found.epsilon, found.silhouette])
      expect(found.labels).toHaveLength(rows.length)
      expect([...new Set(found.labels)]).toEqual([...found.centroids.keys()])
      expect(found.radii).toHaveLength(found.centroids.length)
    }),
    { numRuns: 40 },
  )
})

test('centroids are the means of the scaled members, and radii reach the furthest', () => {
  void fc.assert(
    fc.property(anyRows, (rows) => {
      const { labels, centroids, scaler, radii } = clustered(rows)
      const shape = { blocks: BLOCKS, length: LENGTH, missing: 'raw' } as const
      expect(scaler).toEqual(fitScaler(rows, shape, 'min-max'))
      for (const [cluster, centroid] of centroids.entries()) {
        const members = rows.filter((_, row) => labels[row] === cluster).map((row) => scaledDescriptor(row, scaler, shape))
        const errors = centroid.map((value, entry) => value - members.reduce((sum, member) => sum + member[entry], 0) / members.length)
        expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-5)
        expect(radii[cluster]).toBeCloseTo(Math.max(...members.map((member) => Math.sqrt(squaredDistance(member, centroid)))), 5)
      }
    }),
    { numRuns: 40 },
  )
})

test('invariant 10: the radius scaled to nothing makes a cluster of each place, scaled up one cluster, and more never makes more', () => {
  void fc.assert(
    fc.property(anyRows, (rows) => {
      if (clustered(rows).elbow === null) return
      const counts = [1e-12, 0.3, 1, 2, 1e3].map((epsilonScale) => clustersOf(clustered(rows, { epsilonScale })))
      expect(counts[0]).toBe(new Set(rows.map(String)).size)
      expect(counts).toEqual(counts.toSorted((one, other) => other - one))
      expect(counts.at(-1)).toBe(1)
    }),
    { numRuns: 40 },
  )
})

test('invariant 11: labels that are renamed for all clients alike leave the partition as it is, the blocks of the classes moving together', () => {
  void fc.assert(
    fc.property(anyRows, fc.string(), kinds, (rows, seed, { scaler, missing }) => {
      const names = shuffled([...Array(CLASSES).keys()], createRng(seed))
      const blocks = [0, 1, ...names.map((name) => 2 + name), ...names.map((name) => 2 + CLASSES + name)]
      const renamed = rows.map((row) => Float32Array.from(blocks.flatMap((block) => [...row.subarray(block * LENGTH, (block + 1) * LENGTH)])))
      expect(clustered(renamed, { scaler, missing }).labels).toEqual(clustered(rows, { scaler, missing }).labels)
    }),
    { numRuns: 40 },
  )
})

test.each([1, 2, 3, 4, 5])("guard: clients of one source are split by the elbow and kept together by 'elbow+floor', seed %i", (seed) => {
  const rng = createRng(`iid-${seed}`)
  const base = Float32Array.from({ length: ENTRIES }, () => 3 * rng.uniform())
  // A half has half the examples: its mean is off by sqrt 2 times as much.
  const noise = (deviation: number) => base.map(() => deviation * rng.normal())
  const rows = Array.from({ length: 10 }, () => noise(0.1).map((value, entry) => base[entry] + value))
  const halves = rows.map(() => {
    const [one, other] = [noise(0.1 * Math.SQRT2), noise(0.1 * Math.SQRT2)]
    const part = (half: Float32Array, block: number) => half.subarray(block * LENGTH, (block + 1) * LENGTH)
    return Float32Array.from({ length: BLOCKS }, (_, block) => squaredDistance(part(one, block), part(other, block)))
  })
  const [paper, ours] = [clustered(rows, { halves }), clustered(rows, { halves, rule: 'elbow+floor' })]
  expect(clustersOf(paper)).toBeGreaterThan(1)
  expect(clustersOf(ours)).toBe(1)
  expect(paper.epsilon).toBe(paper.elbow)
  expect(ours.epsilon).toBe(1.5 * (ours.floor ?? 0))
  expect(ours.elbow).toBe(paper.elbow)
})

test.each([1, 2, 3, 4, 5])(
  'guard: many small clusters, the elbow too high: it merges them, and no more than the cap of the floor keeps them apart, seed %i',
  (seed) => {
    const rng = createRng(`cap-${seed}`)
    const spread = 0.02
    const noise = (deviation: number) => Float32Array.from({ length: ENTRIES }, () => deviation * rng.normal())
    const sizes = [3, 2, 1, 1, 1, 1, 1]
    const truth = sizes.flatMap((size, group) => new Array<number>(size).fill(group))
    const rows = planted(rng, sizes, spread)
    const part = (half: Float32Array, block: number) => half.subarray(block * LENGTH, (block + 1) * LENGTH)
    const halves = rows.map(() => {
      const [one, other] = [noise(spread * Math.SQRT2), noise(spread * Math.SQRT2)]
      return Float32Array.from({ length: BLOCKS }, (_, block) => squaredDistance(part(one, block), part(other, block)))
    })
    const floored = { halves, rule: 'elbow+floor', floorFactor: 1.2 } as const
    const [high, capped] = [clustered(rows, floored), clustered(rows, { ...floored, capFactor: 1.5 })]
    expect(high.epsilon).toBeGreaterThan(1.5 * (high.floor ?? 0))
    expect(clustersOf(high)).toBeLessThan(sizes.length)
    expect(capped.epsilon).toBe(1.5 * (capped.floor ?? 0))
    expect(adjustedRandIndex(capped.labels, truth)).toBe(1)
    // Halves that lie on each other say nothing, and do not cap.
    const none = rows.map(() => new Float32Array(BLOCKS))
    expect(clustered(rows, { ...floored, halves: none, capFactor: 1.5 }).labels).toEqual(high.labels)
  },
)

test("guard: 'elbow+floor' without halves is the elbow, and a floor below it changes nothing", () => {
  const rows = planted(createRng('low floor'), [5, 5])
  const plain = clustered(rows)
  expect(clustered(rows, { rule: 'elbow+floor' })).toEqual(plain)
  const low = rows.map(() => new Float32Array(BLOCKS).fill(1e-12))
  expect(clustered(rows, { rule: 'elbow+floor', halves: low })).toEqual({ ...plain, floor: expect.closeTo(0, 3) })
})

test('guard: fewer than 3 rows have no elbow: none, one and two are one cluster at most', () => {
  expect(line([])).toEqual({
    labels: [],
    centroids: [],
    scaler: new Float32Array(2 * BLOCKS),
    radii: [],
    epsilon: 1e-9,
    elbow: null,
    floor: null,
    silhouette: 0,
  })
  expect(line([5])).toMatchObject({ labels: [0], radii: [0], elbow: null, epsilon: 1e-9 })
  expect(line([5, 9])).toMatchObject({ labels: [0, 0], elbow: null, epsilon: expect.closeTo(Math.sqrt(ENTRIES), 5) })
})

test('guard: all distances to the nearest equal: no elbow, the largest of them is near', () => {
  expect(line([0, 1, 2, 3, 4])).toMatchObject({ labels: [0, 0, 0, 0, 0], elbow: null, epsilon: expect.closeTo(Math.sqrt(ENTRIES) / 4, 5) })
})

test('guard: all descriptors identical: one cluster', () => {
  for (const scaler of ['min-max', 'percentile'] as const)
    expect(line([3, 3, 3, 3], { scaler })).toMatchObject({ labels: [0, 0, 0, 0], epsilon: 1e-9, silhouette: 0 })
})

test('guard: what is alone is a cluster of its own', () => {
  const found = line([0, 1, 2, 3, 50, 51, 52, 100])
  expect(found.labels).toEqual([0, 0, 0, 0, 1, 1, 1, 2])
  expect(found.radii[2]).toBe(0)
})

test('guard: leastMembers, members of a smaller cluster join the nearest that remains, or all one', () => {
  expect(line([0, 1, 2, 3, 50, 51, 52, 100], { leastMembers: 2 }).labels).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
  expect(line([0, 1, 2, 3, 50, 51, 52, 100], { leastMembers: 5 }).labels).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
})

test('guard: maxClusters, the smallest overflow to the nearest', () => {
  expect(line([0, 1, 2, 3, 50, 51, 52, 100], { maxClusters: 2 }).labels).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
  expect(line([20, 50, 51, 52, 0, 1, 2, 3], { maxClusters: 1 }).labels).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
})

test('guard: who has too few examples has no say in elbow, graph, scaler or centroids, and joins the nearest', () => {
  const heard = [0, 1, 2, 3, 50, 51, 52]
  const plain = line(heard)
  const found = line([27, ...heard, 26, -400], { votes: [false, ...heard.map(() => true), false, false] })
  expect(found.labels).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 1, 1])
  expect({ ...found, labels: 0, silhouette: 0, centroids: [...found.centroids].reverse(), radii: [...found.radii].reverse() }).toEqual({
    ...plain,
    labels: 0,
    silhouette: 0,
  })
})

test('guard: where nobody has a vote there is one cluster around all', () => {
  expect(line([0, 1, 2, 50, 51], { votes: [false, false, false, false, false] })).toMatchObject({ labels: [0, 0, 0, 0, 0], elbow: null })
})

test('guard: a block with max = min says nothing', () => {
  const rng = createRng('zero range')
  const rows = planted(rng, [4, 4, 3]).map((row) => row.fill(0.25, LENGTH, 2 * LENGTH))
  const found = clustered(rows)
  expect(found.scaler.subarray(2, 4)).toEqual(Float32Array.of(0.25, 0))
  for (const centroid of found.centroids) expect(centroid.subarray(LENGTH, 2 * LENGTH)).toEqual(new Float32Array(LENGTH))
  expect(found.centroids.every((centroid) => centroid.every(Number.isFinite))).toBe(true)
})

test('guard: a frozen scaler is kept, and nothing that lies outside of it is clamped', () => {
  const { scaler: frozen } = line([0, 1, 2, 3])
  const found = line([0, 1, 2, 3, 30, 31, 32.5], { frozen, epsilonScale: 1.6 })
  expect(found.scaler).toBe(frozen)
  expect(found.labels).toEqual([0, 0, 0, 0, 1, 1, 1])
  expect(found.centroids[1][0]).toBeCloseTo(93.5 / 9, 4)
})

test('guard: rows that are not finite, or not once scaled, go to the largest cluster and never into scaler or centroids', () => {
  const heard = [50, 51, 52, 0, 1, 2, 3]
  const plain = line(heard)
  const [broken, endless] = [
    Float32Array.from({ length: ENTRIES }, (_, entry) => (entry === 7 ? Number.NaN : 1)),
    new Float32Array(ENTRIES).fill(Number.NEGATIVE_INFINITY),
  ]
  const found = clustered([...onLine(...heard), broken, endless])
  expect(found).toEqual({ ...plain, labels: [...plain.labels, 1, 1] })
  const frozen = Float32Array.from({ length: 2 * BLOCKS }, (_, place) => (place % 2) * 1e-3)
  const far = clustered([...onLine(...heard), new Float32Array(ENTRIES).fill(3e38)], { frozen })
  expect(far).toEqual({ ...line(heard, { frozen }), labels: [...plain.labels, 1] })
  expect(clustered([broken, endless])).toMatchObject({ labels: [0, 0], radii: [0], centroids: [new Float32Array(ENTRIES)] })
})

const groups = [5, 4, 4]
const truth = groups.flatMap((size, group) => new Array<number>(size).fill(group))
const adversary = fc.record({
  seed: fc.nat(50),
  value: fc.constantFrom(1e9, -1e9, 3e38, 1e4),
  entries: fc.uniqueArray(fc.nat(ENTRIES - 1), { minLength: 1, maxLength: ENTRIES }),
})

test("guard: one adversarial row leaves the others' partition unchanged by percentiles", () => {
  void fc.assert(
    fc.property(adversary, ({ seed, value, entries }) => {
      const rows = planted(createRng(`adversary-${seed}`), groups)
      const attack = rows[0].map((own, entry) => (entries.includes(entry) ? value : own))
      const found = clustered([...rows, attack], { scaler: 'percentile' })
      const plain = clustered(rows, { scaler: 'percentile' })
      expect(found.labels.slice(0, -1)).toEqual(plain.labels)
      expect(found.labels.at(-1)).toBe(clustersOf(plain))
      expect([found.epsilon, ...found.scaler]).toEqual([plain.epsilon, ...plain.scaler])
      expect(found.centroids.slice(0, -1)).toEqual(plain.centroids)
      const given = clustered([...rows, attack], { scaler: 'percentile', clusters: 3 })
      expect(given.labels.slice(0, -1)).toEqual(truth)
      expect(given.centroids).toEqual(clustered(rows, { scaler: 'percentile', clusters: 3 }).centroids)
    }),
    { numRuns: 40 },
  )
})

test('guard: by min-max one number of 1e9 in every block squeezes all the others together', () => {
  const rows = planted(createRng('squeezed'), groups)
  expect(clustersOf(clustered(rows))).toBeGreaterThanOrEqual(3)
  const { labels } = clustered([...rows, new Float32Array(ENTRIES).fill(1e9)], { leastMembers: 2 })
  expect(new Set(labels.slice(0, -1)).size).not.toBe(clustersOf(clustered(rows)))
})

test('guard: twins of one row let the radius collapse by min-max, and are counted once by percentiles', () => {
  const rows = [0, 2, 3, 6]
  const withTwins = (scaler: 'min-max' | 'percentile', twins: number) => line([...rows, ...new Array<number>(twins).fill(0)], { scaler })
  expect(line(rows).labels).toEqual([0, 0, 0, 0])
  expect([withTwins('min-max', 40).elbow, clustersOf(withTwins('min-max', 40))]).toEqual([0, rows.length])
  const plain = line(rows, { scaler: 'percentile' })
  for (const twins of [1, 5, 40]) {
    const { labels, epsilon, scaler } = withTwins('percentile', twins)
    expect({ labels, epsilon, scaler }).toEqual({ labels: new Array<number>(rows.length + twins).fill(0), epsilon: plain.epsilon, scaler: plain.scaler })
  }
})

test.each([1, 2, 3])('FLUX-prior: K is given, k-means finds the groups, seed %i', (seed) => {
  const rows = planted(createRng(`prior-${seed}`), [6, 1, 3, 8], 0.3)
  const planned = [6, 1, 3, 8].flatMap((size, group) => new Array<number>(size).fill(group))
  const found = clustered(rows, { clusters: 4 })
  expect(found.labels).toEqual(planned)
  expect([found.epsilon, found.elbow]).toEqual([0, null])
  expect(found.silhouette).toBeGreaterThan(0.5)
  expect(clustersOf(line([1, 1, 2], { clusters: 3 }))).toBe(2)
})

test('guard: more than 5,000 rows, a sample makes the clusters and everybody joins', () => {
  const rng = createRng('many')
  const planned = Array.from({ length: 5001 }, () => rng.below(3))
  const rows = planned.map((group) => Float32Array.of(10 * group + rng.uniform(), 1 + rng.uniform()))
  const found = clustered(rows, { blocks: 2, length: 1, epsilonScale: 3, leastMembers: 100 })
  expect(adjustedRandIndex(found.labels, planned)).toBe(1)
  expect(found.centroids).toHaveLength(3)
  expect(found.silhouette).toBeGreaterThan(0)
})

test('as many votes, and halves, as rows', () => {
  expect(() => clustered(onLine(1, 2), { votes: [true] })).toThrow('2 rows but 1 votes')
  expect(() => clustered(onLine(1, 2), { halves: [] })).toThrow('2 rows but halves of 0')
})
