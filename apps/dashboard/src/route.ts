import { signal } from '@preact/signals'
import type { FederationView } from '@shoal/protocol'

export const FEDERATION_TABS = ['live', 'learning', 'clusters', 'privacy', 'invites', 'export'] as const
export type FederationTab = (typeof FEDERATION_TABS)[number]

const PLAIN_PAGES = ['federations', 'create', 'people', 'audit', 'account'] as const

/** Which part of the dashboard is shown; it stands in the address, so that reloads and links come back to it. */
export type Route =
  | { readonly page: (typeof PLAIN_PAGES)[number] }
  | { readonly page: 'federation'; readonly id: FederationView['id']; readonly tab: FederationTab }

export const addressOf = (route: Route): string => (route.page === 'federation' ? `#/federations/${route.id}/${route.tab}` : `#/${route.page}`)

/** The route that an address names; the list of federations where it names none. */
export function routeOf(hash: string): Route {
  const [, page = '', id = '', tab = ''] = hash.replace(/^#/, '').split('/')
  if (page === 'federations' && id !== '') {
    return { page: 'federation', id: id as FederationView['id'], tab: FEDERATION_TABS.find((known) => known === tab) ?? 'live' }
  }
  return { page: PLAIN_PAGES.find((known) => known === page) ?? 'federations' }
}

export const route = signal<Route>({ page: 'federations' })

/** From now on the page follows its address. Called once the token of a first link has left it. */
export function followAddress(): void {
  const read = (): void => {
    // The skip link has moved the focus; the address goes on naming the page.
    if (location.hash === SKIP_ADDRESS) history.replaceState(null, '', addressOf(route.value))
    else route.value = routeOf(location.hash)
  }
  read()
  addEventListener('hashchange', read)
}

/** Where the skip link leads: a place on the page, and no page of its own. */
const SKIP_ADDRESS = '#content'

export function goTo(next: Route): void {
  location.hash = addressOf(next)
}

const PAGE_TITLES: Readonly<Record<(typeof PLAIN_PAGES)[number], string>> = {
  federations: 'Federations',
  create: 'Create a federation',
  people: 'People and programs',
  audit: 'Audit log',
  account: 'Your account',
}

export const TAB_TITLES: Readonly<Record<FederationTab, string>> = {
  live: 'Live',
  learning: 'Learning',
  clusters: 'Clusters',
  privacy: 'Privacy',
  invites: 'Invites',
  export: 'Export',
}

/** What a page is called; `name` is that of the federation that is looked at. */
export const titleOf = (now: Route, name: string | null): string =>
  now.page === 'federation' ? `${TAB_TITLES[now.tab]} · ${name ?? 'Federation'}` : PAGE_TITLES[now.page]
