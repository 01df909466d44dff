import type { FederationView } from '@shoal/protocol'
import { formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { command } from './dashboard.ts'
import { Lifecycle } from './federation-list.tsx'
import { InviteLinks } from './invite-links.tsx'
import { ClustersPanel, LearningPanel, LivePanel, PrivacyPanel } from './loaded-panels.tsx'
import { accuracyOf, COMMANDS, type CommandButton } from './picture.ts'
import { levelInWords } from './privacy-choice.ts'
import { addressOf, FEDERATION_TABS, type FederationTab } from './route.ts'
import { strategyInWords } from './strategy-choice.ts'

const TAB_TITLES: Record<FederationTab, string> = {
  live: 'Live',
  learning: 'Learning',
  clusters: 'Clusters',
  privacy: 'Privacy',
  invites: 'Invites',
  export: 'Export',
}

/** One federation as the server tells of it, one part at a time. */
export function FederationDetail({ view, tab }: { view: FederationView; tab: FederationTab }): VNode {
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
      <nav aria-label="Parts of this federation">
        <ul class="tabs">
          {FEDERATION_TABS.map((name) => (
            <li key={name}>
              <a href={addressOf({ page: 'federation', id: view.id, tab: name })} aria-current={name === tab ? 'page' : undefined}>
                {TAB_TITLES[name]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Part view={view} tab={tab} />
    </section>
  )
}

function Part({ view, tab }: { view: FederationView; tab: FederationTab }): VNode {
  switch (tab) {
    case 'live':
      return <LivePanel view={view} />
    case 'learning':
      return <LearningPanel view={view} />
    case 'clusters':
      return <ClustersPanel view={view} />
    case 'privacy':
      return <PrivacyPanel view={view} />
    case 'invites':
      return <InviteLinks view={view} />
    case 'export':
      return <p class="quiet">Nothing can be taken along yet.</p>
  }
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
