import type { FederationView, RoundSummary } from '@shoal/protocol'
import { AccuracyChart, type Column, DataTable, formatDuration, formatPercent, Progress } from '@shoal/ui'
import type { VNode } from 'preact'
import { useMemo, useRef } from 'preact/hooks'
import { useClientList } from './client-list.ts'
import { command } from './dashboard.ts'
import { Lifecycle } from './federation-list.tsx'
import { GroupsPanel } from './groups-panel.tsx'
import { InviteLinks } from './invite-links.tsx'
import { accuracyOf, COMMANDS, type CommandButton } from './picture.ts'
import { levelInWords } from './privacy-choice.ts'
import { type Gauge, gaugeOf } from './signal-history.ts'
import { strategyInWords } from './strategy-choice.ts'

const ROUND_COLUMNS: readonly Column<RoundSummary>[] = [
  { title: 'Round', cell: ({ round }) => round, isNumber: true },
  { title: 'Accuracy', cell: ({ metrics }) => formatPercent(metrics.accuracy), isNumber: true },
  { title: 'Loss', cell: ({ metrics }) => metrics.loss?.toFixed(3) ?? '-', isNumber: true },
  { title: 'Volunteers', cell: ({ clients }) => clients, isNumber: true },
  { title: 'Took', cell: ({ startedAt, endedAt }) => formatDuration(endedAt - startedAt), isNumber: true },
  { title: 'Outcome', cell: ({ outcome, reason }) => (reason === null ? outcome : `${outcome}: ${reason}`) },
]

/** One federation as the server tells of it. */
export function FederationDetail({ view }: { view: FederationView }): VNode {
  const gauge = gaugeOf(view.strategy)
  return (
    <section class="panel" aria-labelledby="detail-title">
      <h2 id="detail-title">
        {view.name} <Lifecycle of={view.lifecycle} />
      </h2>
      <p role="status">{view.reason}</p>
      <Commands view={view} />
      <dl class="facts">
        <div>
          <dt>Round</dt>
          <dd>{view.round}</dd>
        </div>
        <div>
          <dt>Volunteers here</dt>
          <dd>
            {view.clientsHere} <span class="quiet">of {view.clientsNeeded} needed</span>
          </dd>
        </div>
        <div>
          <dt>Accuracy</dt>
          <dd>{formatPercent(accuracyOf(view))}</dd>
        </div>
        <div>
          <dt>How</dt>
          <dd>
            {strategyInWords(view.strategy)}; {levelInWords(view.privacy).toLowerCase()}
          </dd>
        </div>
      </dl>
      <OpenAsk ask={view.openAsk} />
      <AccuracyChart rounds={view.rounds} />
      {(gauge !== null || view.models.length > 1) && <Groups view={view} gauge={gauge} />}
      <h3>Rounds</h3>
      <DataTable
        caption="Rounds, newest first"
        columns={ROUND_COLUMNS}
        rows={[...view.rounds].reverse()}
        keyOf={({ round }) => round}
        empty="No round has ended yet."
      />
      <h3>Invite volunteers</h3>
      <InviteLinks view={view} />
    </section>
  )
}

/** Drawn when a round has ended or who is here has changed, not with every view. */
function Groups({ view, gauge }: { view: FederationView; gauge: Gauge | null }): VNode {
  const clients = useClientList(view)
  return useMemo(() => <GroupsPanel rounds={view.rounds} gauge={gauge} clients={clients} />, [view.rounds, gauge, clients])
}

function OpenAsk({ ask }: { ask: FederationView['openAsk'] }): VNode {
  if (ask === null) return <Progress label="Nobody is asked for anything at the moment" share={0} />
  const { procedure, asked, answered, gone, deadlineAt } = ask
  const detail = `${answered} of ${asked} answered${gone > 0 ? `, ${gone} gone` : ''}; closes by ${new Date(deadlineAt).toLocaleTimeString([], { hour12: false })}`
  return <Progress label={`Asked for: ${procedure}`} share={asked === 0 ? 0 : answered / asked} detail={detail} />
}

function Commands({ view }: { view: FederationView }): VNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const give = ({ command: wanted, label }: CommandButton): void => void command(view, wanted, `${label}: done.`)
  return (
    <div class="actions commands">
      {COMMANDS[view.lifecycle].map((button) => (
        <button
          key={button.command}
          type="button"
          class={button.command === 'finish-federation' ? 'secondary outline' : undefined}
          onClick={() => (button.command === 'finish-federation' ? dialog.current?.showModal() : give(button))}
        >
          {button.label}
        </button>
      ))}
      <dialog ref={dialog} aria-labelledby="finish-title">
        <article>
          <h2 id="finish-title">Finish “{view.name}”?</h2>
          <p>A finished federation can not be started again. Its models stay.</p>
          <form method="dialog" class="actions">
            <button type="submit" onClick={() => give({ command: 'finish-federation', label: 'Finish' })}>
              Finish for good
            </button>
            <button type="submit" class="secondary outline">
              Go on
            </button>
          </form>
        </article>
      </dialog>
    </div>
  )
}
