import type { DistanceMatrix } from './similarity.ts'

/** Distance of two clusters: the least, the largest or the mean distance of their members. */
export type Linkage = 'single' | 'complete' | 'average'

/** One step of an agglomeration. Clusters 0 ... m - 1 are the items; step i makes cluster m + i. */
export interface Merge {
  /** The smaller of the two ids. */
  readonly left: number
  readonly right: number
  readonly distance: number
  /** Items in the cluster made. */
  readonly size: number
}

/** What scipy calls a linkage matrix: m - 1 merges, by rising distance. */
export interface LinkageTree {
  /** Number of items, m. */
  readonly size: number
  readonly merges: readonly Merge[]
}

/** Two items whose clusters meet at `distance`. */
interface Meeting {
  readonly first: number
  readonly second: number
  readonly distance: number
}

/**
 * Agglomerative clustering in O(m^2) time: Prim's spanning tree for single linkage, the nearest-neighbour chain (Murtagh 1983) for the other two, which copies the matrix.
 * Where all distances differ the tree is unique and equal to that of scipy; among equal distances smaller indices meet first.
 */
export function agglomerate(distances: DistanceMatrix, linkage: Linkage): LinkageTree {
  const meetings = linkage === 'single' ? spanningTree(distances) : neighbourChain(distances, linkage)
  return treeOf(distances.size, meetings)
}

function spanningTree({ size, entries }: DistanceMatrix): Meeting[] {
  const meetings: Meeting[] = []
  const waiting = Int32Array.from({ length: Math.max(0, size - 1) }, (_, index) => index + 1)
  const nearest = new Int32Array(size)
  const distance = Float64Array.from({ length: size }, (_, index) => entries[index])
  for (let left = waiting.length; left > 0; left -= 1) {
    let best = 0
    for (let position = 1; position < left; position += 1) if (distance[waiting[position]] < distance[waiting[best]]) best = position
    const joining = waiting[best]
    meetings.push({ first: nearest[joining], second: joining, distance: distance[joining] })
    waiting.copyWithin(best, best + 1, left) // keeps the order, by which equal distances are decided
    for (let position = 0; position < left - 1; position += 1) {
      const index = waiting[position]
      const candidate = entries[joining * size + index]
      if (candidate < distance[index]) {
        distance[index] = candidate
        nearest[index] = joining
      }
    }
  }
  return meetings
}

function neighbourChain({ size, entries }: DistanceMatrix, linkage: 'complete' | 'average'): Meeting[] {
  const meetings: Meeting[] = []
  const working = entries.slice()
  const sizes = new Int32Array(size).fill(1)
  const alive = Array.from({ length: size }, (_, index) => index)
  const chain: number[] = []
  while (alive.length > 1) {
    if (chain.length === 0) chain.push(alive[0])
    for (;;) {
      const tip = chain[chain.length - 1]
      const previous = chain.length > 1 ? chain[chain.length - 2] : -1
      // The one before the tip wins ties, or the chain could run in a circle.
      let nearest = previous
      let least = previous < 0 ? Number.POSITIVE_INFINITY : working[tip * size + previous]
      for (const index of alive) {
        if (index === tip) continue
        const distance = working[tip * size + index]
        if (nearest < 0 || distance < least) {
          nearest = index
          least = distance
        }
      }
      if (nearest !== previous) {
        chain.push(nearest)
        continue
      }
      // Nearest to each other: these two meet in any order of merges (both linkages are reducible). The merged cluster takes the place of `kept`.
      chain.length -= 2
      const kept = Math.min(tip, previous)
      const gone = Math.max(tip, previous)
      meetings.push({ first: kept, second: gone, distance: least })
      alive.splice(alive.indexOf(gone), 1)
      const whole = sizes[kept] + sizes[gone]
      for (const index of alive) {
        if (index === kept) continue
        const [a, b] = [working[kept * size + index], working[gone * size + index]]
        const distance = linkage === 'complete' ? Math.max(a, b) : (sizes[kept] * a + sizes[gone] * b) / whole
        working[kept * size + index] = distance
        working[index * size + kept] = distance
      }
      sizes[kept] = whole
      break
    }
  }
  return meetings
}

/** Cluster ids as scipy gives them: by rising distance, meetings at equal distance in the order in which they were found. */
function treeOf(size: number, meetings: readonly Meeting[]): LinkageTree {
  const parents = Int32Array.from({ length: 2 * size }, (_, index) => index)
  const sizes = new Int32Array(2 * size).fill(1)
  const sorted = [...meetings].sort((one, other) => one.distance - other.distance)
  const merges = sorted.map(({ first, second, distance }, step): Merge => {
    const [one, other] = [rootOf(parents, first), rootOf(parents, second)]
    const made = size + step
    parents[one] = made
    parents[other] = made
    sizes[made] = sizes[one] + sizes[other]
    return { left: Math.min(one, other), right: Math.max(one, other), distance, size: sizes[made] }
  })
  return { size, merges }
}

function rootOf(parents: Int32Array, index: number): number {
  let root = index
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]]
    root = parents[root]
  }
  return root
}

/** Labels after the first `steps` merges, numbered in the order in which they first appear. */
function labelsAfter({ size, merges }: LinkageTree, steps: number): number[] {
  const parents = Int32Array.from({ length: 2 * size }, (_, index) => index)
  for (const [step, { left, right }] of merges.slice(0, steps).entries()) {
    parents[left] = size + step
    parents[right] = size + step
  }
  const labels = new Map<number, number>()
  return Array.from({ length: size }, (_, index) => {
    const root = rootOf(parents, index)
    const label = labels.get(root) ?? labels.size
    labels.set(root, label)
    return label
  })
}

/** A label for every item: exactly `clusters` of them, 0 ... clusters - 1, numbered in the order of their first items. Throws RangeError unless 1 <= clusters <= m. */
export function cutInto(tree: LinkageTree, clusters: number): number[] {
  if (!(Number.isInteger(clusters) && clusters >= 1 && clusters <= tree.size)) throw new RangeError(`can not cut ${tree.size} items into ${clusters} clusters`)
  return labelsAfter(tree, tree.size - clusters)
}

/** A label for every item: clusters that meet at `distance` or below are one. Numbered in the order of their first items. */
export function cutAt(tree: LinkageTree, distance: number): number[] {
  return labelsAfter(tree, tree.merges.filter((merge) => merge.distance <= distance).length)
}

/** The readable twin of `agglomerate`, from the definition and in O(m^3) pairs of clusters: of all pairs the nearest meet, until one cluster is left. */
export function plainAgglomerate({ size, entries }: DistanceMatrix, linkage: Linkage): LinkageTree {
  const between = (left: readonly number[], right: readonly number[]): number => {
    const all = left.flatMap((i) => right.map((j) => entries[i * size + j]))
    if (linkage === 'single') return Math.min(...all)
    if (linkage === 'complete') return Math.max(...all)
    return all.reduce((sum, distance) => sum + distance, 0) / all.length
  }
  let clusters = Array.from({ length: size }, (_, id) => ({ id, items: [id] }))
  const merges: Merge[] = []
  while (clusters.length > 1) {
    const pairs = clusters.flatMap((left, position) =>
      clusters.slice(position + 1).map((right) => ({ left, right, distance: between(left.items, right.items) })),
    )
    const { left, right, distance } = pairs.reduce((nearest, pair) => (pair.distance < nearest.distance ? pair : nearest))
    const items = [...left.items, ...right.items]
    merges.push({ left: Math.min(left.id, right.id), right: Math.max(left.id, right.id), distance, size: items.length })
    clusters = [...clusters.filter((cluster) => cluster !== left && cluster !== right), { id: size + merges.length - 1, items }]
  }
  return { size, merges }
}
