import { Brand, FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { CreateForm } from './create-form.tsx'
import { access, isLive, news, picture, refusal, shown } from './dashboard.ts'
import { FederationDetail } from './federation-detail.tsx'
import { FederationList } from './federation-list.tsx'
import { addressOf, type Route, route } from './route.ts'
import { SignIn } from './sign-in.tsx'

export function App(): VNode {
  return (
    <>
      <header class="top">
        <Brand />
        {access.value.kind === 'in' && <Menu />}
        {access.value.kind === 'in' && <span class="quiet">{isLive.value ? 'live' : 'looking every few seconds'}</span>}
      </header>
      <main>
        {access.value.kind === 'unknown' && <progress aria-label="Asking the server" />}
        {access.value.kind === 'out' && <SignIn failure={access.value.failure} />}
        {access.value.kind === 'in' && <Page />}
      </main>
    </>
  )
}

function Page(): VNode {
  return (
    <>
      <p class="hidden-text" role="status" aria-live="polite">
        {news.value}
      </p>
      {refusal.value !== null && <FailureNote title="The server refused." failure={refusal.value} />}
      <Body />
    </>
  )
}

function Body(): VNode {
  const now = route.value
  switch (now.page) {
    case 'federations':
      return (
        <>
          <h1>Federations</h1>
          <FederationList views={[...picture.value.values()]} />
        </>
      )
    case 'create':
      return (
        <>
          <h1>Create a federation</h1>
          <CreateForm />
        </>
      )
    case 'federation': {
      const view = shown.value
      return view === null ? <p class="quiet">There is no such federation.</p> : <FederationDetail view={view} tab={now.tab} key={view.id} />
    }
    case 'people':
      return <h1>People</h1>
    case 'audit':
      return <h1>Audit log</h1>
  }
}

const MENU: readonly { readonly route: Route; readonly title: string }[] = [
  { route: { page: 'federations' }, title: 'Federations' },
  { route: { page: 'create' }, title: 'Create' },
  { route: { page: 'people' }, title: 'People' },
  { route: { page: 'audit' }, title: 'Audit log' },
]

const Menu = (): VNode => (
  <nav aria-label="Dashboard">
    <ul class="tabs">
      {MENU.map(({ route: to, title }) => (
        <li key={title}>
          <a href={addressOf(to)} aria-current={route.value.page === to.page ? 'page' : undefined}>
            {title}
          </a>
        </li>
      ))}
    </ul>
  </nav>
)
