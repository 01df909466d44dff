import { expect, test } from 'vitest'
import { type GroupingArgs, grouping } from './grouping.ts'

/** Points on a line; all count unless said otherwise. */
function grouped(places: readonly number[], found: GroupingArgs['found'], options: Partial<Omit<GroupingArgs, 'points' | 'found'>> = {}) {
  return grouping({
    points: places.map((place) => Float32Array.of(place)),
    found,
    counts: found.map((label) => label !== null),
    entries: 1,
    leastMembers: 1,
    maxClusters: 100,
    ...options,
  })
}
const places = (centroids: readonly Float32Array[]) => centroids.map(([place]) => place)

test('centroids are means, radii reach the furthest member, and the largest cluster is named', () => {
  const { labels, centroids, radii, largest } = grouped([0, 2, 10, 11, 15], [0, 0, 1, 1, 1])
  expect(labels.map((label) => places(centroids)[label])).toEqual([1, 1, 12, 12, 12])
  expect(labels.map((label) => radii[label])).toEqual([1, 1, 3, 3, 3])
  expect(labels[4]).toBe(largest)
})

test('who has no cluster joins the nearest and moves neither its centroid nor its radius', () => {
  const { labels, centroids, radii } = grouped([0, 2, 10, 4, 900], [0, 0, 1, null, null])
  expect(labels.map((label) => places(centroids)[label])).toEqual([1, 1, 10, 1, 10])
  expect(labels.map((label) => radii[label])).toEqual([1, 1, 0, 1, 0])
})

test('guard: leastMembers, members of a smaller cluster join the nearest that remains', () => {
  const { labels, centroids } = grouped([0, 2, 10, 12, 3, 20], [0, 0, 1, 1, 2, 3], { leastMembers: 2 })
  expect(labels.map((label) => places(centroids)[label])).toEqual([5 / 3, 5 / 3, 14, 14, 5 / 3, 14].map(Math.fround))
})

test('guard: leastMembers, one cluster where none is large enough', () => {
  const { labels, centroids, radii } = grouped([0, 6, 9], [0, 1, 2], { leastMembers: 2 })
  expect(labels).toEqual([0, 0, 0])
  expect(places(centroids)).toEqual([5])
  expect(radii).toEqual([5])
})

test('guard: maxClusters, the smallest overflow to the nearest', () => {
  const { labels, centroids } = grouped([0, 1, 2, 10, 12, 9, 3], [0, 0, 0, 1, 1, 2, 3], { maxClusters: 2 })
  expect(centroids).toHaveLength(2)
  expect(labels).toEqual([0, 0, 0, 1, 1, 1, 0])
})

test('a cluster of points that do not count is where they are', () => {
  const { centroids, radii } = grouped([0, 2, 100, 104], [0, 0, 1, 1], { counts: [true, true, false, false] })
  expect(places(centroids)).toEqual([1, 102])
  expect(radii).toEqual([1, 2])
})

test('nobody found: one cluster of all; no points: one of zeros', () => {
  expect(grouped([1, 3], [null, null])).toMatchObject({ labels: [0, 0], centroids: [Float32Array.of(2)], radii: [1] })
  expect(grouped([], [])).toMatchObject({ labels: [], centroids: [Float32Array.of(0)], radii: [0], largest: 0 })
})
