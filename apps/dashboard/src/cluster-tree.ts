import type { TreeNode } from '@shoal/protocol'
import { type ChartTable, formatCount, formatPercent, type ParameterTreeNode } from '@shoal/ui'
import { groupTitle } from './learning-history.ts'
import { inPlainWords } from './plain-words.ts'

/** What a node is called: a group of today, the model that all began with, or one that was split. */
export function nodeTitle({ cluster, parent, splitInRound }: TreeNode): string {
  if (cluster !== null) return groupTitle(cluster)
  return parent === null ? 'Everybody' : `Until round ${splitInRound ?? '?'}`
}

/** The tree as it is drawn. */
export const drawnTree = (tree: readonly TreeNode[]): ParameterTreeNode[] =>
  tree.map((node) => ({
    id: node.node,
    parent: node.parent,
    cluster: node.cluster,
    title: nodeTitle(node),
    detail: formatCount(node.members, 'member'),
    label: nodeInWords(node),
  }))

/** A node in a sentence or two. */
export function nodeInWords(node: TreeNode): string {
  const { bornInRound, splitInRound, members, metrics } = node
  const since = splitInRound === null ? `since round ${bornInRound}` : `from round ${bornInRound} to ${splitInRound}, then split`
  const measured = metrics.accuracy === null ? 'accuracy not measured' : `accuracy ${formatPercent(metrics.accuracy)}`
  // What is written on the node comes first, as it is written there: voice control finds it by that.
  return `${nodeTitle(node)} ${formatCount(members, 'member')}, ${since}, ${measured}.`
}

/** Why a node came to be what it is. */
export function whyInWords({ why, splitInRound, cluster }: TreeNode): string {
  if (splitInRound !== null) return why === '' ? `Split in round ${splitInRound}.` : `Split in round ${splitInRound}: ${inPlainWords(why)}`
  return cluster === null ? '' : 'A group of today; it has not been split.'
}

/** Every node as a row. */
export const treeTable = (tree: readonly TreeNode[]): ChartTable => ({
  columns: ['Node', 'Name', 'Parent', 'Members', 'From round', 'Split in round', 'Why', 'Accuracy', 'Loss', 'Model'],
  rows: tree.map((node) => [
    node.node,
    nodeTitle(node),
    node.parent,
    node.members,
    node.bornInRound,
    node.splitInRound,
    inPlainWords(node.why),
    node.metrics.accuracy,
    node.metrics.loss,
    node.model,
  ]),
})

/** The same nodes with the name `id`, as paths are found by it. */
export const asEntries = (tree: readonly TreeNode[]): (TreeNode & { readonly id: number })[] => tree.map((node) => ({ ...node, id: node.node }))

/** The leaf that is shown for a node: itself, or the largest group that came out of it. */
export function leafBelow(tree: readonly TreeNode[], id: number): TreeNode | null {
  const start = tree.find(({ node }) => node === id)
  if (start === undefined) return null
  let found: TreeNode | null = null
  const open = [start]
  // No node is its own ancestor in what the server sends; if it were, each is still looked at once.
  const seen = new Set<number>()
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node.node)) continue
    seen.add(node.node)
    const { node: here, cluster, members } = node
    if (cluster !== null && (found === null || members > found.members)) found = node
    open.push(...tree.filter(({ parent }) => parent === here))
  }
  return found
}
