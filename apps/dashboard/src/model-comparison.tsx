import type { FederationView, ModelComparison, TreeNode } from '@shoal/protocol'
import { type Column, DataTable, FailureNote, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { nodeTitle } from './cluster-tree.ts'
import { useComparison } from './federation-insight.ts'

type Layer = ModelComparison['layers'][number]

const COLUMNS: readonly Column<Layer>[] = [
  { title: 'Layer', cell: ({ name }) => name },
  { title: 'Entries', cell: ({ entries }) => entries.toLocaleString('en'), isNumber: true },
  { title: 'Cosine', cell: ({ cosine }) => cosine.toFixed(3), isNumber: true },
  { title: 'Distance', cell: ({ relativeDistance }) => formatPercent(relativeDistance), isNumber: true },
]

/** Two models beside each other, layer by layer. */
export function ModelComparisonView({ id, one, other }: { id: FederationView['id']; one: TreeNode; other: TreeNode }): VNode {
  const { value, failure } = useComparison(id, one.model, other.model)
  if (failure !== null) return <FailureNote title="They could not be compared." failure={failure} />
  if (value === null) return <progress aria-label="The server compares the models" />
  return (
    <>
      <p role="status">
        The cosine between the two is {value.cosine.toFixed(3)}; they lie {formatPercent(value.relativeDistance)} of the length of {nodeTitle(one)}’s model
        apart.
      </p>
      <DataTable
        caption={`${nodeTitle(one)} beside ${nodeTitle(other)}, layer by layer`}
        columns={COLUMNS}
        rows={value.layers}
        keyOf={({ name }) => name}
        empty="The models have no layers."
      />
    </>
  )
}
