import type { FederationView } from '@shoal/protocol'
import { type Column, DataTable, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { accuracyOf } from './picture.ts'
import { addressOf } from './route.ts'

export function FederationList({ views }: { views: readonly FederationView[] }): VNode {
  const columns: readonly Column<FederationView>[] = [
    {
      title: 'Federation',
      cell: (view) => <a href={addressOf({ page: 'federation', id: view.id, tab: 'live' })}>{view.name}</a>,
    },
    { title: 'State', cell: ({ lifecycle }) => <Lifecycle of={lifecycle} /> },
    { title: 'Why', cell: ({ reason }) => reason },
    { title: 'Round', cell: ({ round }) => round, isNumber: true },
    { title: 'Here', cell: ({ clientsHere }) => clientsHere, isNumber: true },
    { title: 'Accuracy', cell: (view) => formatPercent(accuracyOf(view)), isNumber: true },
  ]
  return <DataTable caption="All federations" columns={columns} rows={views} keyOf={({ id }) => id} empty="There is no federation yet. Create the first one." />
}

export const Lifecycle = ({ of: lifecycle }: { of: FederationView['lifecycle'] }): VNode => (
  <span class="badge" data-lifecycle={lifecycle}>
    {lifecycle}
  </span>
)
