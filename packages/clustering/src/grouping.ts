import { NOISE } from './labels.ts'
import type { Points } from './similarity.ts'
import { squaredDistance } from './squared-distance.ts'

interface Grouping {
  /** Cluster of each point. */
  readonly labels: readonly number[]
  readonly centroids: readonly Float32Array[]
  /** Largest distance of a point that counts from its centroid, for each cluster. */
  readonly radii: readonly number[]
  /** The cluster of most points, of equals the first. */
  readonly largest: number
}

export interface GroupingArgs {
  /** All of `entries` numbers. */
  readonly points: Points
  readonly entries: number
  /** Clusters of some points, 0, 1, ...; null for those that join the nearest. */
  readonly found: readonly (number | null)[]
  /** Which points a centroid is the mean of; where a cluster has none of them, of all of its points. */
  readonly counts: readonly boolean[]
  readonly leastMembers: number
  readonly maxClusters: number
}

/**
 * Everybody into a cluster (ours, spec sections 8 and 9): points without one into the nearest, then those of clusters with too few members, and of the smallest where there
 * are too many, into the nearest of the others. One cluster where none is left.
 */
export function grouping({ points, found, counts, entries, leastMembers, maxClusters }: GroupingArgs): Grouping {
  const means = (labels: readonly number[], clusters: number) => centroidsOf({ points, labels, clusters, counts, entries })
  const made = found.map((label) => label ?? NOISE)
  const known = made.reduce((most, label) => Math.max(most, label + 1), 0)
  const labels = known === 0 ? made.map(() => 0) : joined(points, made, means(made, known))
  const sizes = sizesOf(labels, Math.max(1, known))
  const kept = sizes
    .flatMap((size, label) => (size >= leastMembers ? [label] : []))
    .sort((one, other) => sizes[other] - sizes[one] || one - other)
    .slice(0, maxClusters)
  const clusters = Math.max(1, kept.length)
  const stayed = labels.map((label) => (kept.length === 0 ? 0 : kept.indexOf(label)))
  const settled = joined(points, stayed, means(stayed, clusters))
  const centroids = means(settled, clusters)
  const counted = countingOf(settled, clusters, counts)
  const radii = new Array<number>(clusters).fill(0)
  settled.forEach((label, point) => {
    if (counted[point]) radii[label] = Math.max(radii[label], Math.sqrt(squaredDistance(points[point], centroids[label])))
  })
  const last = sizesOf(settled, clusters)
  return { labels: settled, centroids, radii, largest: last.indexOf(last.reduce((most, size) => Math.max(most, size), 0)) }
}

function sizesOf(labels: readonly number[], clusters: number): number[] {
  const sizes = new Array<number>(clusters).fill(0)
  for (const label of labels) sizes[label] += 1
  return sizes
}

/** Points of no cluster yet into the cluster of the nearest centroid, of equals the first. */
function joined(points: Points, labels: readonly number[], centroids: readonly Float32Array[]): number[] {
  return labels.map((label, point) => {
    if (label >= 0) return label
    const distances = centroids.map((centroid) => squaredDistance(points[point], centroid))
    return distances.reduce((nearest, distance, cluster) => (distance < distances[nearest] ? cluster : nearest), 0)
  })
}

/** Which points count in their own cluster: where none of them does, all. */
function countingOf(labels: readonly number[], clusters: number, counts: readonly boolean[]): boolean[] {
  const hasOwn = new Array<boolean>(clusters).fill(false)
  labels.forEach((label, point) => {
    if (label >= 0 && counts[point]) hasOwn[label] = true
  })
  return labels.map((label, point) => label >= 0 && (counts[point] || !hasOwn[label]))
}

interface Labelled {
  readonly points: Points
  readonly labels: readonly number[]
  readonly clusters: number
  readonly counts: readonly boolean[]
  readonly entries: number
}

/** Zeros for a cluster without points. */
function centroidsOf({ points, labels, clusters, counts, entries }: Labelled): Float32Array[] {
  const sums = Array.from({ length: clusters }, () => new Float64Array(entries))
  const members = new Array<number>(clusters).fill(0)
  countingOf(labels, clusters, counts).forEach((isCounted, point) => {
    if (!isCounted) return
    const sum = sums[labels[point]]
    for (let entry = 0; entry < entries; entry += 1) sum[entry] += points[point][entry]
    members[labels[point]] += 1
  })
  return sums.map((sum, cluster) => Float32Array.from(sum, (total) => (members[cluster] === 0 ? 0 : total / members[cluster])))
}
