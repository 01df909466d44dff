import { Brand, FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { AccountPage } from './account-page.tsx'
import { AuditPage } from './audit-page.tsx'
import { CreatePage } from './create-page.tsx'
import { access, isLive, may, news, picture, refusal, self, shown, signOut } from './dashboard.ts'
import { FederationDetail } from './federation-detail.tsx'
import { FederationList } from './federation-list.tsx'
import { PageHeading, useNavigation } from './page-heading.tsx'
import { PasswordPrompt } from './password-form.tsx'
import { PeoplePage } from './people-page.tsx'
import { roleInWords } from './role-words.ts'
import { addressOf, type Route, route, titleOf } from './route.ts'
import { SignIn } from './sign-in.tsx'

export function App(): VNode {
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <Brand />
        {access.value.kind === 'in' && <Menu />}
        {self.value !== null && <WhoAmI />}
      </header>
      <main id="content" tabIndex={-1}>
        {access.value.kind === 'unknown' && <progress aria-label="Asking the server" />}
        {access.value.kind === 'out' && <SignIn failure={access.value.failure} />}
        {access.value.kind === 'in' && <Page />}
      </main>
    </>
  )
}

function Page(): VNode {
  const now = route.value
  useNavigation(now, shown.value?.name ?? null)
  return (
    <>
      <p class="hidden-text" role="status" aria-live="polite">
        {news.value}
      </p>
      {self.value?.hasPassword === false && now.page !== 'account' && <PasswordPrompt />}
      {refusal.value !== null && <FailureNote title="The server refused." failure={refusal.value} />}
      <Body now={now} />
    </>
  )
}

function Body({ now }: { now: Route }): VNode {
  if (now.page === 'federation') {
    const view = shown.value
    return view === null ? <NoSuchFederation /> : <FederationDetail view={view} tab={now.tab} key={view.id} />
  }
  return (
    <>
      <PageHeading level={1}>{titleOf(now, null)}</PageHeading>
      <PlainPage page={now.page} />
    </>
  )
}

function PlainPage({ page }: { page: Exclude<Route['page'], 'federation'> }): VNode {
  switch (page) {
    case 'federations':
      return <FederationList views={[...picture.value.values()]} />
    case 'create':
      return may('operator') ? <CreatePage /> : <NotYours what="Creating federations" />
    case 'people':
      return may('admin') ? <PeoplePage /> : <NotYours what="Letting people and programs in" />
    case 'audit':
      return may('admin') ? <AuditPage /> : <NotYours what="Reading who did what" />
    case 'account':
      return <AccountPage />
  }
}

const NoSuchFederation = (): VNode => (
  <section class="panel">
    <PageHeading level={1}>There is no such federation</PageHeading>
    <p>
      It may have been on another server. <a href={addressOf({ page: 'federations' })}>All federations of this one</a>
    </p>
  </section>
)

const NotYours = ({ what }: { what: string }): VNode => (
  <section class="panel">
    <p>
      {what} is not part of your role: you are signed in as {self.value === null ? 'nobody' : roleInWords(self.value.role)}. Whoever is admin here can change
      that.
    </p>
  </section>
)

const MENU: readonly { readonly route: Route; readonly title: string; readonly role: 'viewer' | 'operator' | 'admin' }[] = [
  { route: { page: 'federations' }, title: 'Federations', role: 'viewer' },
  { route: { page: 'create' }, title: 'Create', role: 'operator' },
  { route: { page: 'people' }, title: 'People', role: 'admin' },
  { route: { page: 'audit' }, title: 'Audit log', role: 'admin' },
]

const Menu = (): VNode => (
  <nav aria-label="Dashboard">
    <ul class="tabs">
      {MENU.filter(({ role }) => may(role)).map(({ route: to, title }) => (
        <li key={title}>
          <a href={addressOf(to)} aria-current={isHere(to) ? 'page' : undefined}>
            {title}
          </a>
        </li>
      ))}
    </ul>
  </nav>
)

const isHere = ({ page }: Route): boolean => route.value.page === page || (page === 'federations' && route.value.page === 'federation')

function WhoAmI(): VNode {
  const { name = '', role = 'viewer' } = self.value ?? {}
  return (
    <div class="who">
      <span class="quiet">{isLive.value ? 'live' : 'looking every few seconds'}</span>
      <a href={addressOf({ page: 'account' })} aria-current={route.value.page === 'account' ? 'page' : undefined}>
        {name} ({roleInWords(role)})
      </a>
      <button type="button" class="link" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  )
}
