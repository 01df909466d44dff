import { agglomerate, cutInto } from './linkage.ts'
import { cosine, cosineDistances, directionless, forEachRowOfCosines, type Points } from './similarity.ts'

export interface Bipartition {
  /** One per row. Side 0 has the first row that has a direction; rows without one are on the larger side, on side 0 if both are equally large. */
  readonly sides: readonly (0 | 1)[]
  /** The largest cosine of two rows on different sides: alpha-cross, `max_{i in c1, j in c2} alpha_ij`. */
  readonly crossCosine: number
  /** Rows too short to have a direction; they take no part in `crossCosine`. */
  readonly directionless: readonly number[]
}

/** A link of a maximum spanning tree: rows `from` and `to` belong together from similarity `cosine` downwards. */
interface Link {
  readonly from: number
  readonly to: number
  readonly cosine: number
}

/**
 * Splits rows in two so that the largest cosine across is as small as possible (Sattler et al. 2019, Algorithm 1), in O(m^2 length) time and O(m length) memory. Algorithm 1 is
 * Kruskal's maximum spanning tree stopped one link early, that is single linkage cut at two. Ties: see `plainBipartition`, to which this is equal.
 * `complete` replays the authors' published demo instead, which does not minimise the largest cosine across; it takes an m x m matrix.
 * Null where fewer than two rows have a direction. Throws RangeError for a row that is not finite, LengthMismatchError for rows of different lengths.
 */
export function bipartition(rows: Points, linkage: 'single' | 'complete' = 'single'): Bipartition | null {
  const without = directionless(rows)
  const kept = keptOf(rows, without)
  if (kept.length < 2) return null
  const points = kept.map((index) => rows[index])
  const [labels, crossCosine] = linkage === 'complete' ? completeCut(points) : singleCut(points)
  return { sides: sidesOf(rows.length, kept, labels), crossCosine, directionless: without }
}

/**
 * The readable twin of `bipartition`: Prim's algorithm, a row of similarities at a time. Of the rows most similar to the tree the smallest index joins;
 * of the weakest links the one added last is cut.
 */
export function plainBipartition(rows: Points): Bipartition | null {
  const without = directionless(rows)
  const kept = keptOf(rows, without)
  if (kept.length < 2) return null
  const points = kept.map((index) => rows[index])
  const [labels, crossCosine] = cutAtWeakest(primLinks(points))
  return { sides: sidesOf(rows.length, kept, labels), crossCosine, directionless: without }
}

function keptOf(rows: Points, without: readonly number[]): number[] {
  const left = new Set(without)
  return [...rows.keys()].filter((index) => !left.has(index))
}

function primLinks(points: Points): Link[] {
  const waiting = new Set([...points.keys()].slice(1))
  const nearest = points.map((point, index) => ({ from: 0, to: index, cosine: index === 0 ? 1 : cosine(points[0], point) }))
  const links: Link[] = []
  while (waiting.size > 0) {
    let next = -1
    for (const index of waiting) if (next < 0 || nearest[index].cosine > nearest[next].cosine) next = index
    waiting.delete(next)
    links.push(nearest[next])
    for (const index of waiting) {
      const similarity = cosine(points[next], points[index])
      if (similarity > nearest[index].cosine) nearest[index] = { from: next, to: index, cosine: similarity }
    }
  }
  return links
}

/**
 * The same components at every threshold as Prim's links, by SLINK (Sibson 1973, "SLINK: an optimally efficient algorithm for the single-link cluster method"), whose order of
 * questions suits blocks of rows: Prim has to read all rows again for every row that joins, which is three times the traffic between memory and processor.
 */
function singleLinks(points: Points): Link[] {
  const target = new Int32Array(points.length)
  const height = new Float64Array(points.length)
  forEachRowOfCosines(points, (row, similarity) => {
    target[row] = row
    height[row] = Number.NEGATIVE_INFINITY
    for (let j = 0; j < row; j += 1) {
      const link = target[j]
      const passedOn = Math.min(similarity[j], height[j])
      if (similarity[j] >= height[j]) {
        height[j] = similarity[j]
        target[j] = row
      }
      if (passedOn > similarity[link]) similarity[link] = passedOn
    }
    for (let j = 0; j < row; j += 1) if (height[j] <= height[target[j]]) target[j] = row
  })
  return Array.from({ length: points.length - 1 }, (_, from) => ({ from, to: target[from], cosine: height[from] }))
}

const weakestOf = (links: readonly Link[]): number => links.reduce((weakest, link) => Math.min(weakest, link.cosine), 1)

/** Which rows hang together without the weakest link, and that link's cosine. Of several equally weak ones the last is cut. */
function cutAtWeakest(links: readonly Link[]): [labels: number[], crossCosine: number] {
  const weakest = weakestOf(links)
  const cut = links.findLastIndex((link) => link.cosine === weakest)
  const parents = Array.from({ length: links.length + 1 }, (_, index) => index)
  const rootOf = (index: number): number => {
    let root = index
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]]
      root = parents[root]
    }
    return root
  }
  for (const [index, { from, to }] of links.entries()) if (index !== cut) parents[rootOf(from)] = rootOf(to)
  return [parents.map((_, index) => rootOf(index)), weakest]
}

function singleCut(points: Points): [labels: number[], crossCosine: number] {
  const links = singleLinks(points)
  const weakest = weakestOf(links)
  // Among equally weak links the order of Prim's decides, which SLINK does not know.
  return cutAtWeakest(links.filter((link) => link.cosine === weakest).length > 1 ? primLinks(points) : links)
}

function completeCut(points: Points): [labels: number[], crossCosine: number] {
  const distances = cosineDistances(points)
  const labels = cutInto(agglomerate(distances, 'complete'), 2)
  let crossCosine = -1
  for (let i = 0; i < distances.size; i += 1)
    for (let j = 0; j < i; j += 1) if (labels[i] !== labels[j]) crossCosine = Math.max(crossCosine, 1 - distances.entries[i * distances.size + j])
  return [labels, crossCosine]
}

/** Sides of all `size` rows from the labels of the `kept` ones. */
function sidesOf(size: number, kept: readonly number[], labels: readonly number[]): (0 | 1)[] {
  const ofKept = labels.map((label): 0 | 1 => (label === labels[0] ? 0 : 1))
  const onSideOne = ofKept.filter((side) => side === 1).length
  const larger = onSideOne > kept.length - onSideOne ? 1 : 0
  const sides = Array.from({ length: size }, (): 0 | 1 => larger)
  for (const [position, index] of kept.entries()) sides[index] = ofKept[position]
  return sides
}
