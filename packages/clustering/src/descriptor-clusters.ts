import { createRng, deriveSeed, type NumberVector, shuffled } from '@shoal/numeric'
import { farOutRows, fitScaler, scaledDescriptor } from './block-scaler.ts'
import { components } from './components.ts'
import { grouping } from './grouping.ts'
import { kMeans } from './k-means.ts'
import { kneedle } from './kneedle.ts'
import { renumbered } from './labels.ts'
import { distancesOf, nearestDistances } from './nearest-neighbours.ts'
import { noiseFloor } from './noise-floor.ts'
import { pointMatrix } from './point-matrix.ts'
import { silhouette } from './silhouette.ts'
import type { Points } from './similarity.ts'

export interface DescriptorClustersArgs {
  /** Descriptors of `blocks` blocks of `length` entries each (FLUX: 2 (C + 1) blocks of L); a block is missing where all its entries are -1 and it is a deviation's, as is the mean's that belongs to it. */
  readonly rows: Points
  readonly blocks: number
  readonly length: number
  /** Squared distances between halves of each row's own data, block by block; null where they were not told. */
  readonly halves: Points | null
  /** Which rows have a say in how near is near. */
  readonly votes: readonly boolean[]
  /** `elbow`: Kneedle alone (paper); `elbow+floor`: and never nearer than `floorFactor` of what the rows' own halves lie apart (ours). */
  readonly rule: 'elbow' | 'elbow+floor'
  readonly floorFactor: number
  /** Nor further than so much of the same (ours, spec section 8: where most clusters are of one row, the elbow is the distance between clusters); left out where nothing says so. */
  readonly capFactor?: number
  readonly epsilonScale: number
  readonly missing: 'raw' | 'scaled'
  /** Each block by its least and largest number (paper), or by its 5th and 95th percentile, rows far out left aside (hardened). */
  readonly scaler: 'min-max' | 'percentile'
  /** The scaler of an earlier clustering, to stay with; null to fit one. */
  readonly frozen: Float32Array | null
  /** K where it is given (FLUX-prior), by k-means; null to find it. */
  readonly clusters: number | null
  /** Members that a cluster needs; who is in a smaller one joins the nearest of the others. */
  readonly leastMembers: number
  readonly maxClusters: number
  readonly seed: string
}

export interface FoundDescriptorClusters {
  /** Cluster of each row, numbered in order of first appearance: every row has one. */
  readonly labels: readonly number[]
  /** Mean scaled descriptor of each cluster. */
  readonly centroids: readonly Float32Array[]
  /** [offset, span] of each block, one after the other: a number x is scaled to (x - offset) / span, or to 0 where the span is 0. */
  readonly scaler: Float32Array
  /** Largest distance from its centroid of a member that the centroid is the mean of, for each cluster. */
  readonly radii: readonly number[]
  /** Rows nearer than this belong together; 0 where K was given. */
  readonly epsilon: number
  /** What the elbow alone says, and the floor; null where there is none. */
  readonly elbow: number | null
  readonly floor: number | null
  /** Mean silhouette; 0 for fewer than two clusters. */
  readonly silhouette: number
}

/** The distances of all pairs of more rows than this take too long (spec section 9): then so many, drawn by the seed, make the clusters, and the others join these. */
const MOST_ROWS = 5000
const SAMPLE = 2000

/** Rows nearer than this belong together where nothing else says how near is near. */
const LEAST_EPSILON = 1e-9

/**
 * FLUX's server (spec section 4.2, steps 4 to 7): scales the descriptors block by block, finds out how near is near, and takes for clusters what hangs together by that. Which
 * rows are together is a function of the set of rows: they are worked in an order of their own. O(m^2) time, O(m) memory for m rows and a matrix of at most 2,000 for the silhouette.
 *
 * Differences from the paper, ours: rows without a vote have no part in scaler, elbow, graph and centroids; they join the nearest cluster afterwards. So do, in the hardened
 * mode, rows far out, though these, where K is not given, may be clusters of their own; and there the same descriptor over again has one say. A row that is not finite, or not so once it is scaled, has no part in anything and
 * counts to the largest cluster. Where nobody has a vote there is one cluster.
 */
export function descriptorClusters(args: DescriptorClustersArgs): FoundDescriptorClusters {
  const { rows, votes, halves, seed } = args
  if (votes.length !== rows.length) throw new RangeError(`${rows.length} rows but ${votes.length} votes`)
  if (halves !== null && halves.length !== rows.length) throw new RangeError(`${rows.length} rows but halves of ${halves.length}`)
  const { scaler, readable, points, isFar, isJudge } = scaledRows(args)
  const voters = readable.flatMap((row, place) => (votes[row] ? [place] : []))
  const floor = noiseFloor(halves === null ? [] : voters.map((place) => halves[readable[place]]), scaler)
  const makers = args.clusters === null ? voters : voters.filter((place) => !isFar[place])
  const drawn = makers.length > MOST_ROWS ? sampled(makers, deriveSeed(seed, 'makers')).sort((one, other) => one - other) : makers
  const judges = drawn.filter((place) => isJudge[place])
  const near = args.clusters === null ? nearness(args, pointsAt(points, judges), floor) : { elbow: null, epsilon: 0 }
  const makersPoints = pointsAt(points, drawn)
  const made =
    args.clusters === null
      ? components(pointMatrix(makersPoints), near.epsilon)
      : renumbered(kMeans(makersPoints, { clusters: args.clusters, rng: createRng(deriveSeed(seed, 'k-means')) }).labels)
  const found = new Array<number | null>(readable.length).fill(null)
  drawn.forEach((place, index) => {
    found[place] = made[index]
  })
  const counts = found.map((label, place) => label !== null && !isFar[place])
  const groups = grouping({ points, found, counts, entries: args.blocks * args.length, leastMembers: args.leastMembers, maxClusters: args.maxClusters })
  const byRow = rows.map(() => groups.largest)
  readable.forEach((row, place) => {
    byRow[row] = groups.labels[place]
  })
  const labels = renumbered(byRow)
  // As the labels are numbered.
  const order = [...new Set(byRow)]
  return {
    labels,
    centroids: order.map((cluster) => groups.centroids[cluster]),
    scaler,
    radii: order.map((cluster) => groups.radii[cluster]),
    ...near,
    floor,
    silhouette: silhouetteOf(points, groups.labels, seed),
  }
}

interface ScaledRows {
  readonly scaler: Float32Array
  /** Which rows are finite, before and after scaling, in an order that does not depend on theirs. */
  readonly readable: readonly number[]
  /** These, scaled, */
  readonly points: readonly Float32Array[]
  /** whether they are far out (hardened), */
  readonly isFar: readonly boolean[]
  /** and whether they have a say in scaler and elbow. */
  readonly isJudge: readonly boolean[]
}

function scaledRows({ rows, votes, blocks, length, missing, scaler: kind, frozen }: DescriptorClustersArgs): ScaledRows {
  const shape = { blocks, length, missing }
  const finite = rows
    .flatMap((row, index) => (row.every(Number.isFinite) ? [index] : []))
    .sort((one, other) => compared(rows[one], rows[other]) || Number(votes[other]) - Number(votes[one]))
  const isHardened = kind === 'percentile'
  // Hardened: who sends one descriptor again and again would otherwise say that nothing is as near as its own.
  const voters = finite.filter((row) => votes[row]).filter((row, place, all) => !isHardened || place === 0 || compared(rows[row], rows[all[place - 1]]) !== 0)
  const areFar = isHardened ? farOutRows(pointsAt(rows, voters), shape) : []
  const judges = voters.filter((_, place) => !areFar[place])
  const isJudge = new Set(judges)
  const far = voters.filter((_, place) => areFar[place])
  const fitted = [judges, finite].find(({ length: count }) => count > 0) ?? []
  const scaler = frozen ?? fitScaler(pointsAt(rows, fitted), shape, kind)
  const scaled = finite.map((row) => ({ row, point: scaledDescriptor(rows[row], scaler, shape) })).filter(({ point }) => point.every(Number.isFinite))
  return {
    scaler,
    readable: scaled.map(({ row }) => row),
    points: scaled.map(({ point }) => point),
    isFar: scaled.map(({ row }) => far.some((other) => compared(rows[row], rows[other]) === 0)),
    isJudge: scaled.map(({ row }) => isJudge.has(row)),
  }
}

/** How near is near: by the elbow of the distances to the nearest other row (paper), or by the largest of them where there is no elbow (spec section 4.2, step 5). */
function nearness(
  { rule, floorFactor, capFactor = Number.POSITIVE_INFINITY, epsilonScale }: DescriptorClustersArgs,
  points: Points,
  floor: number | null,
): { elbow: number | null; epsilon: number } {
  const distances = nearestDistances(pointMatrix(points))
  const place = kneedle(distances)
  const elbow = place === null ? null : distances[place] * epsilonScale
  const largest = distances.findLast(Number.isFinite) ?? 0
  // Halves without any distance say nothing of noise.
  const [least, most] = rule === 'elbow+floor' && floor !== null && floor > 0 ? [floorFactor * floor, capFactor * floor] : [0, Number.POSITIVE_INFINITY]
  return { elbow, epsilon: Math.max(Math.min(elbow ?? largest, most), least, LEAST_EPSILON) }
}

function silhouetteOf(points: Points, labels: readonly number[], seed: string): number {
  const all = points.map((_, place) => place)
  const drawn = all.length > SAMPLE ? sampled(all, deriveSeed(seed, 'silhouette')) : all
  const numbers = drawn.map((place) => labels[place])
  return new Set(numbers).size < 2 ? 0 : silhouette(distancesOf(pointMatrix(pointsAt(points, drawn))), renumbered(numbers))
}

const pointsAt = <Point>(points: readonly Point[], places: readonly number[]): Point[] => places.map((place) => points[place])

const sampled = (places: readonly number[], seed: string): number[] => shuffled(places, createRng(seed)).slice(0, SAMPLE)

/** Less than 0 where the first is smaller at the first entry in which they differ. */
function compared(one: NumberVector, other: NumberVector): number {
  for (let entry = 0; entry < one.length; entry += 1) if (one[entry] !== other[entry]) return one[entry] - other[entry]
  return 0
}
