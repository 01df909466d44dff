import { type HierarchyPointNode, stratify, tree } from 'd3-hierarchy'

export interface TreeEntry {
  readonly id: number
  /** Null for the root, of which there is one. */
  readonly parent: number | null
}

export interface PlacedNode<Entry extends TreeEntry> {
  readonly entry: Entry
  readonly x: number
  readonly y: number
}

export interface TreeLayout<Entry extends TreeEntry> {
  readonly nodes: readonly PlacedNode<Entry>[]
  readonly width: number
  readonly height: number
}

const STEP_X = 132
const STEP_Y = 104
const MARGIN_X = 68
const MARGIN_Y = 34

/** Where the nodes lie, root on top; no node lies on another. Nothing where there is no root or a parent is missing. */
export function layOutTree<Entry extends TreeEntry>(entries: readonly Entry[]): TreeLayout<Entry> {
  const known = new Set(entries.map(({ id }) => id))
  const roots = entries.filter(({ parent }) => parent === null)
  if (roots.length !== 1 || entries.some(({ parent }) => parent !== null && !known.has(parent))) return { nodes: [], width: 0, height: 0 }
  const root = stratify<Entry>()
    .id(({ id }) => String(id))
    .parentId(({ parent }) => (parent === null ? null : String(parent)))([...entries])
  const placed: HierarchyPointNode<Entry>[] = tree<Entry>().nodeSize([STEP_X, STEP_Y])(root).descendants()
  const left = Math.min(...placed.map(({ x }) => x))
  const right = Math.max(...placed.map(({ x }) => x))
  const bottom = Math.max(...placed.map(({ y }) => y))
  const nodes = placed.map(({ data, x, y }) => ({ entry: data, x: x - left + MARGIN_X, y: y + MARGIN_Y }))
  return { nodes, width: right - left + 2 * MARGIN_X, height: bottom + 2 * MARGIN_Y }
}

export type TreeKey = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home'

/** Where a key leads from a node: up to the parent, down to the first child, to the side on the same level, Home to the root. The node itself where there is nothing. */
export function neighbourOf<Entry extends TreeEntry>({ nodes }: TreeLayout<Entry>, id: number, key: TreeKey): number {
  const here = nodes.find(({ entry }) => entry.id === id)
  if (here === undefined) return nodes[0]?.entry.id ?? id
  switch (key) {
    case 'Home':
      return nodes[0]?.entry.id ?? id
    case 'ArrowUp':
      return here.entry.parent ?? id
    case 'ArrowDown':
      return nodes.find(({ entry }) => entry.parent === id)?.entry.id ?? id
    case 'ArrowLeft':
    case 'ArrowRight': {
      const level = nodes.filter(({ y }) => y === here.y).sort((one, other) => one.x - other.x)
      return level[level.indexOf(here) + (key === 'ArrowLeft' ? -1 : 1)]?.entry.id ?? id
    }
  }
}

/** The nodes from the root to one of them, the most general first. */
export function pathTo<Entry extends TreeEntry>(entries: readonly Entry[], id: number): readonly Entry[] {
  const path: Entry[] = []
  let next = entries.find((entry) => entry.id === id)
  while (next !== undefined && path.length <= entries.length) {
    const { parent } = next
    path.unshift(next)
    next = parent === null ? undefined : entries.find((entry) => entry.id === parent)
  }
  return path
}
