import type { FederationView } from '@shoal/protocol'
import { type Column, DataTable, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { may } from './dashboard.ts'
import { found, SEARCHED_ABOVE } from './federation-search.ts'
import { InputField } from './form-field.tsx'
import { accuracyOf } from './picture.ts'
import { addressOf, goTo } from './route.ts'
import { Sparkline } from './sparkline.tsx'

const COLUMNS: readonly Column<FederationView>[] = [
  {
    title: 'Federation',
    cell: (view) => (
      <>
        <a href={addressOf({ page: 'federation', id: view.id, tab: 'live' })}>{view.name}</a>
        <span class="why quiet">{view.reason}</span>
      </>
    ),
  },
  { title: 'State', cell: ({ lifecycle }) => <Lifecycle of={lifecycle} /> },
  { title: 'Round', cell: ({ round }) => round, isNumber: true },
  { title: 'Here', cell: ({ clientsHere, clientsNeeded }) => `${clientsHere} of ${clientsNeeded}`, isNumber: true },
  {
    title: 'Accuracy',
    cell: (view) => (
      <>
        <Sparkline values={view.rounds.flatMap(({ metrics }) => metrics.accuracy ?? [])} /> {formatPercent(accuracyOf(view))}
      </>
    ),
    isNumber: true,
  },
]

export function FederationList({ views }: { views: readonly FederationView[] }): VNode {
  const [query, setQuery] = useState('')
  if (views.length === 0) return <NoFederation />
  const rows = found(views, query)
  return (
    <section class="panel" aria-label="List">
      {views.length > SEARCHED_ABOVE && (
        <InputField
          label="Search"
          type="search"
          name="search"
          value={query}
          hint={query === '' ? `${views.length} federations: by name, state or kind.` : `${rows.length} of ${views.length} federations.`}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        />
      )}
      <div class="tall">
        <DataTable caption="All federations" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} empty="None has all these words." />
      </div>
    </section>
  )
}

const NoFederation = (): VNode => (
  <section class="panel" aria-labelledby="none-title">
    <h2 id="none-title">There is no federation yet</h2>
    <p>A federation is one model that volunteers train together, each in a browser tab, on data that never leave it. It takes four steps:</p>
    <ol>
      <li>
        <strong>Create it</strong>: what is to be learnt, from which kind of data, and who may see what.
      </li>
      <li>
        <strong>Invite volunteers</strong>: a link, or a code to scan. They read what you signed, and agree.
      </li>
      <li>
        <strong>Start it</strong>: once enough are here the first round begins, and you watch it learn.
      </li>
      <li>
        <strong>Take the model along</strong>: files for TensorFlow.js, the figures, and a report.
      </li>
    </ol>
    {may('operator') ? (
      <div class="actions">
        <button type="button" onClick={() => goTo({ page: 'create' })}>
          Create the first one
        </button>
      </div>
    ) : (
      <p class="quiet">Creating one takes the role of an operator.</p>
    )}
  </section>
)

export const Lifecycle = ({ of: lifecycle }: { of: FederationView['lifecycle'] }): VNode => (
  <span class="badge" data-lifecycle={lifecycle}>
    {lifecycle}
  </span>
)
