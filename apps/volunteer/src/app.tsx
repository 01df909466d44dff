import { Brand } from '@shoal/ui'
import type { VNode } from 'preact'
import { ConsentPanel } from './consent-panel.tsx'
import { describeActivity, failureStatus, type Status, statusOf } from './status.ts'
import { StatusPanel } from './status-panel.tsx'
import { agree, decline, openInvitation, reconsider, type Visit, visit } from './visit.ts'

export function App(): VNode {
  const now = visit.value
  const status = describeVisit(now)
  const participation = now.kind === 'agreed' ? now.participation : null
  return (
    <>
      <header>
        <Brand />
      </header>
      <main>
        <h1>{now.kind === 'opening' || now.kind === 'closed' ? 'You are invited' : now.offer.policy.name}</h1>
        <StatusPanel
          status={status}
          round={status.round ?? participation?.view.value?.round ?? null}
          cluster={participation?.cluster.value ?? null}
          clusters={participation?.view.value?.models.length ?? 1}
          backend={participation?.backend.value ?? null}
          hasSteps={now.kind === 'agreed' || now.kind === 'verifying'}
        />
        <Body visit={now} />
      </main>
      <footer>
        <p class="quiet">
          <small>Shoal trains one model on many devices. The data stay where they are.</small>
        </p>
      </footer>
    </>
  )
}

function describeVisit(now: Visit): Status {
  switch (now.kind) {
    case 'opening':
      return statusOf('opening', 'Opening the invitation.')
    case 'closed':
      return failureStatus('closed', 'This invitation could not be opened.', now.failure)
    case 'asking':
      return statusOf('asking', 'Nothing happens on this device before you agree.')
    case 'declined':
      return statusOf('declined', 'You do not take part. You can close this page.')
    case 'verifying':
      return statusOf('verifying', 'Checking the signature of what you agreed to.', { step: { text: 'Loading the encryption', share: null } })
    case 'unverified':
      return failureStatus('unverified', 'This invitation could not be verified.', now.failure)
    case 'agreed': {
      const { activity, data } = now.participation
      return describeActivity(activity.value, data.value.kind === 'chosen')
    }
  }
}

function Body({ visit: now }: { visit: Visit }): VNode | null {
  switch (now.kind) {
    case 'opening':
    case 'verifying':
      return null
    case 'closed':
      return (
        <section class="panel">
          <div class="actions">
            <button type="button" onClick={() => void openInvitation(location.href)}>
              Try again
            </button>
          </div>
        </section>
      )
    case 'asking':
      return <ConsentPanel offer={now.offer} onAgree={() => void agree(now.offer)} onDecline={() => decline(now.offer)} />
    case 'declined':
      return (
        <section class="panel">
          <p>Nothing was computed here, and nothing was sent but the request for this page.</p>
          <div class="actions">
            <button type="button" class="outline" onClick={() => reconsider(now.offer)}>
              Back to the invitation
            </button>
          </div>
        </section>
      )
    case 'unverified':
      return (
        <section class="panel">
          <p>
            What you were shown is not signed by the key in your link, so this page has stopped: no data were read and no key was made. Ask whoever invited you
            for a new link, and tell them about it.
          </p>
        </section>
      )
    case 'agreed': {
      const { participation, offer, Panels } = now
      return <Panels participation={participation} offer={offer} />
    }
  }
}
