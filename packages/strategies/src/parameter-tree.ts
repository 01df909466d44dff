/**
 * The parameter tree of CFL (Sattler et al. 2019, section on varying client populations): how the clusters came about, so that newcomers can be led to theirs.
 * Leaves are the clusters; an inner node is a cluster that was split.
 */
export interface TreeNode {
  /** theta_c as its clients started from when it was split: the vector that the branches' directions were measured from. */
  readonly model: Float32Array
  /**
   * Mean unit sketches of the two children's clients: the evidence of the split. Difference from the paper: it keeps all pre-split updates on the edges; the two
   * means are all that privacy allows, and all that a newcomer's device has to be sent.
   */
  readonly branches: readonly [Float32Array, Float32Array]
  /** Numbers of nodes, or -1 - cluster for a leaf. */
  readonly children: readonly [number, number]
  readonly round: number
  readonly meanNorm: number
  readonly maxNorm: number
}

/** The root comes first. Empty while there is one cluster. */
export type ParameterTree = readonly TreeNode[]

/** What became of `cluster`: it keeps its number for the first branch, and the second is the new cluster `added`. */
export interface TreeSplit extends Omit<TreeNode, 'children'> {
  readonly cluster: number
  readonly added: number
}

/** A split turns a leaf into an inner node with two leaves. */
export function withSplit(tree: ParameterTree, { cluster, added, ...node }: TreeSplit): ParameterTree {
  const leaf = -1 - cluster
  const replaced = (child: number): number => (child === leaf ? tree.length : child)
  const above = tree.map(({ children, ...parent }): TreeNode => ({ ...parent, children: [replaced(children[0]), replaced(children[1])] }))
  return [...above, { ...node, children: [leaf, -1 - added] }]
}
