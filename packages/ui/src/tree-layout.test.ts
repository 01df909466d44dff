import { expect, test } from 'vitest'
import { layOutTree, neighbourOf, pathTo, type TreeEntry } from './tree-layout.ts'

const entry = (id: number, parent: number | null): TreeEntry => ({ id, parent })
/** 0 over 1 and 2; 1 over 3 and 4. */
const TREE = [entry(0, null), entry(1, 0), entry(2, 0), entry(3, 1), entry(4, 1)]

test('no two nodes lie on one another, children lie below their parent, and all of it is inside', () => {
  const wide = [entry(0, null), ...Array.from({ length: 60 }, (_, index) => entry(index + 1, index % 7))]
  const { nodes, width, height } = layOutTree(wide)
  expect(nodes).toHaveLength(61)
  for (const node of nodes) {
    expect(node.x > 0 && node.x < width && node.y > 0 && node.y < height).toBe(true)
    const parent = nodes.find(({ entry: { id } }) => id === node.entry.parent)
    if (parent !== undefined) expect(node.y).toBeGreaterThan(parent.y)
    for (const other of nodes) if (other !== node && other.y === node.y) expect(Math.abs(other.x - node.x)).toBeGreaterThanOrEqual(132)
  }
})

test('what is no tree is not drawn', () => {
  expect(layOutTree([]).nodes).toEqual([])
  expect(layOutTree([entry(0, null), entry(1, 7)]).nodes).toEqual([])
  expect(layOutTree([entry(0, null), entry(1, null)]).nodes).toEqual([])
})

test('arrow keys walk the tree and stop at its ends', () => {
  const layout = layOutTree(TREE)
  const from = (id: number) => (['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home'] as const).map((key) => neighbourOf(layout, id, key))
  expect(from(0)).toEqual([0, 1, 0, 0, 0])
  expect(from(1)).toEqual([0, 3, 1, 2, 0])
  expect(from(4)).toEqual([1, 4, 3, 4, 0])
  expect(neighbourOf(layout, 99, 'ArrowUp')).toBe(0)
})

test('a path begins with the most general', () => {
  expect(pathTo(TREE, 4).map(({ id }) => id)).toEqual([0, 1, 4])
  expect(pathTo(TREE, 0).map(({ id }) => id)).toEqual([0])
  expect(pathTo(TREE, 9)).toEqual([])
  expect(pathTo([entry(1, 2), entry(2, 1)], 1).length).toBeLessThanOrEqual(3)
})
