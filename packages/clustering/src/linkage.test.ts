import { createRng } from '@shoal/numeric'
import { expect, test } from 'vitest'
import fixtures from './fixtures/linkage.json' with { type: 'json' }
import { agglomerate, cutAt, cutInto, type Linkage, plainAgglomerate } from './linkage.ts'
import { cosineDistances, type DistanceMatrix } from './similarity.ts'

const LINKAGES: Linkage[] = ['single', 'complete', 'average']

function randomDistances(size: number, seed: string): DistanceMatrix {
  const rng = createRng(seed)
  return cosineDistances(Array.from({ length: size }, () => Float64Array.from({ length: 5 }, () => rng.normal())))
}

for (const { name, size, distances, trees } of fixtures.cases)
  for (const linkage of LINKAGES)
    test(`${linkage} linkage is that of scipy ${fixtures.scipy}: ${name}`, () => {
      const tree = agglomerate({ size, entries: Float64Array.from(distances) }, linkage)
      const { merges, into, at } = trees[linkage]
      expect(tree.size).toBe(size)
      expect(tree.merges).toEqual(merges.map(([left, right, distance, items]) => ({ left, right, distance: expect.closeTo(distance, 8), size: items })))
      for (const [clusters, labels] of Object.entries(into)) expect(cutInto(tree, Number(clusters))).toEqual(labels)
      expect(cutAt(tree, at.distance)).toEqual(at.labels)
    })

for (const linkage of LINKAGES)
  test(`${linkage} linkage equals its plain twin, 2 to 31 items, seeds 2 to 31`, () => {
    for (let size = 2; size <= 31; size += 1) {
      const distances = randomDistances(size, `twin ${size}`)
      const plain = plainAgglomerate(distances, linkage)
      const merges = plain.merges.map((merge) => ({ ...merge, distance: expect.closeTo(merge.distance, 12) }))
      expect(agglomerate(distances, linkage)).toEqual({ size, merges })
    }
  })

for (const linkage of LINKAGES)
  test(`${linkage} linkage: distances never fall, cuts are nested, and the matrix is left alone`, () => {
    const distances = randomDistances(40, 'nested')
    const before = distances.entries.slice()
    const tree = agglomerate(distances, linkage)
    expect(distances.entries).toEqual(before)
    expect(tree.merges.map(({ distance }) => distance)).toEqual(tree.merges.map(({ distance }) => distance).sort((a, b) => a - b))
    expect(tree.merges.at(-1)?.size).toBe(40)
    for (let clusters = 2; clusters <= 40; clusters += 1) {
      const [fine, coarse] = [cutInto(tree, clusters), cutInto(tree, clusters - 1)]
      expect([...new Set(fine)]).toEqual(Array.from({ length: clusters }, (_, label) => label)) // in the order of first appearance
      const parents = new Map<number, number>()
      for (const [index, label] of fine.entries()) {
        expect(parents.get(label) ?? coarse[index]).toBe(coarse[index])
        parents.set(label, coarse[index])
      }
    }
  })

test('cutAt takes merges at the very distance along', () => {
  const line = { size: 3, entries: Float64Array.of(0, 1, 3, 1, 0, 2, 3, 2, 0) }
  const tree = agglomerate(line, 'single')
  expect(cutAt(tree, 0.999)).toEqual([0, 1, 2])
  expect(cutAt(tree, 1)).toEqual([0, 0, 1])
  expect(cutAt(tree, 2)).toEqual([0, 0, 0])
})

for (const linkage of LINKAGES)
  test(`${linkage} linkage of equal distances ends, with every merge at that distance`, () => {
    const size = 7
    const equal = { size, entries: Float32Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 0 : 0.5)) }
    expect(agglomerate(equal, linkage).merges.map(({ distance }) => distance)).toEqual(Array(size - 1).fill(0.5))
    const zero = { size, entries: new Float64Array(size * size) }
    expect(cutAt(agglomerate(zero, linkage), 0)).toEqual(Array(size).fill(0))
  })

test('one item and none', () => {
  for (const linkage of LINKAGES) {
    expect(agglomerate({ size: 0, entries: new Float64Array(0) }, linkage)).toEqual({ size: 0, merges: [] })
    const one = agglomerate({ size: 1, entries: new Float64Array(1) }, linkage)
    expect(one).toEqual({ size: 1, merges: [] })
    expect(cutInto(one, 1)).toEqual([0])
    expect(cutAt(one, 5)).toEqual([0])
  }
})

test('a cut into no clusters, into more than there are items or into a part is refused', () => {
  const tree = agglomerate(randomDistances(4, 'cut'), 'average')
  for (const clusters of [0, 5, 1.5, Number.NaN]) expect(() => cutInto(tree, clusters)).toThrow(RangeError)
})
