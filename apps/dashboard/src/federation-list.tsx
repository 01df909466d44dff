import type { FederationView } from '@shoal/protocol'
import { type Column, DataTable, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { choose } from './dashboard.ts'
import { accuracyOf } from './picture.ts'

export function FederationList({ views, shown }: { views: readonly FederationView[]; shown: FederationView['id'] | null }): VNode {
  const columns: readonly Column<FederationView>[] = [
    {
      title: 'Federation',
      cell: (view) => (
        <button type="button" class="link" aria-current={view.id === shown ? 'true' : undefined} onClick={() => choose(view.id)}>
          {view.name}
        </button>
      ),
    },
    { title: 'State', cell: ({ lifecycle }) => <Lifecycle of={lifecycle} /> },
    { title: 'Why', cell: ({ reason }) => reason },
    { title: 'Round', cell: ({ round }) => round, isNumber: true },
    { title: 'Here', cell: ({ clientsHere }) => clientsHere, isNumber: true },
    { title: 'Accuracy', cell: (view) => formatPercent(accuracyOf(view)), isNumber: true },
  ]
  return (
    <DataTable
      caption="All federations"
      columns={columns}
      rows={views}
      keyOf={({ id }) => id}
      empty="There is no federation yet. Create the first one below."
    />
  )
}

export const Lifecycle = ({ of: lifecycle }: { of: FederationView['lifecycle'] }): VNode => (
  <span class="badge" data-lifecycle={lifecycle}>
    {lifecycle}
  </span>
)
