import type { FederationView } from '@shoal/protocol'
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { useClientList } from './client-list.ts'
import { GroupsPanel } from './groups-panel.tsx'
import { type Gauge, gaugeOf } from './signal-history.ts'

/** Whose data belong together, and why. */
export function ClustersPanel({ view }: { view: FederationView }): VNode {
  const gauge = gaugeOf(view.strategy)
  if (gauge === null && view.models.length < 2) return <p class="quiet">This federation keeps everybody together in one cluster.</p>
  return <Groups view={view} gauge={gauge} />
}

/** Drawn when a round has ended or who is here has changed, not with every view. */
function Groups({ view, gauge }: { view: FederationView; gauge: Gauge | null }): VNode {
  const clients = useClientList(view)
  return useMemo(() => <GroupsPanel rounds={view.rounds} gauge={gauge} clients={clients} />, [view.rounds, gauge, clients])
}
