import { Brand, FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { CreateForm } from './create-form.tsx'
import { access, isLive, news, picture, refusal, shown } from './dashboard.ts'
import { FederationDetail } from './federation-detail.tsx'
import { FederationList } from './federation-list.tsx'
import { SignIn } from './sign-in.tsx'

export function App(): VNode {
  return (
    <>
      <header class="top">
        <Brand />
        {access.value.kind === 'in' && <span class="quiet">{isLive.value ? 'live' : 'looking every few seconds'}</span>}
      </header>
      <main>
        <h1>Federations</h1>
        {access.value.kind === 'unknown' && <progress aria-label="Asking the server" />}
        {access.value.kind === 'out' && <SignIn failure={access.value.failure} />}
        {access.value.kind === 'in' && <Overview />}
      </main>
    </>
  )
}

function Overview(): VNode {
  const view = shown.value
  return (
    <>
      <p class="hidden-text" role="status" aria-live="polite">
        {news.value}
      </p>
      <FederationList views={[...picture.value.values()]} shown={view?.id ?? null} />
      {refusal.value !== null && <FailureNote title="The server refused." failure={refusal.value} />}
      {view !== null && <FederationDetail view={view} key={view.id} />}
      <CreateForm isOpen={view === null} />
    </>
  )
}
