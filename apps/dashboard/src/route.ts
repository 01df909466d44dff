import { signal } from '@preact/signals'
import type { FederationView } from '@shoal/protocol'

export const FEDERATION_TABS = ['live', 'learning', 'clusters', 'privacy', 'invites', 'export'] as const
export type FederationTab = (typeof FEDERATION_TABS)[number]

/** Which part of the dashboard is shown; it stands in the address, so that reloads and links come back to it. */
export type Route =
  | { readonly page: 'federations' }
  | { readonly page: 'create' }
  | { readonly page: 'federation'; readonly id: FederationView['id']; readonly tab: FederationTab }
  | { readonly page: 'people' }
  | { readonly page: 'audit' }

export const addressOf = (route: Route): string => (route.page === 'federation' ? `#/federations/${route.id}/${route.tab}` : `#/${route.page}`)

/** The route that an address names; the list of federations where it names none. */
export function routeOf(hash: string): Route {
  const [, page = '', id = '', tab = ''] = hash.replace(/^#/, '').split('/')
  if (page === 'federations' && id !== '') {
    return { page: 'federation', id: id as FederationView['id'], tab: FEDERATION_TABS.find((known) => known === tab) ?? 'live' }
  }
  return page === 'create' || page === 'people' || page === 'audit' ? { page } : { page: 'federations' }
}

export const route = signal<Route>({ page: 'federations' })

/** From now on the page follows its address. Called once the token of a first link has left it. */
export function followAddress(): void {
  const read = (): void => {
    route.value = routeOf(location.hash)
  }
  read()
  addEventListener('hashchange', read)
}

export function goTo(next: Route): void {
  location.hash = addressOf(next)
}
