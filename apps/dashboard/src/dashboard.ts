import { computed, effect, signal } from '@preact/signals'
import { type Failure, type FederationView, federationViewSchema, type OperatorCommand, type Result } from '@shoal/protocol'
import { io } from 'socket.io-client'
import { type FederationForm, requestOf } from './federation-request.ts'
import { operatorApi } from './operator-api.ts'
import { type Picture, withView } from './picture.ts'
import { followAddress, goTo, route } from './route.ts'

/** How often the page asks while the server does not tell by itself. */
const POLL_MS = 3000

/** Whether this browser may see anything. `failure`: why the last attempt to sign in did not work. */
export type Access = { readonly kind: 'unknown' } | { readonly kind: 'in' } | { readonly kind: 'out'; readonly failure: Failure | null }

export const access = signal<Access>({ kind: 'unknown' })
export const picture = signal<Picture>(new Map())
export const isLive = signal(false)
/** What the server last refused, until the next command. */
export const refusal = signal<Failure | null>(null)
/** What was just done, to be read out. */
export const news = signal('')

/** The federation that the address names; null where it names none that is known. */
export const shown = computed<FederationView | null>(() => (route.value.page === 'federation' ? (picture.value.get(route.value.id) ?? null) : null))

/** A federation that is looked at is fetched whole: announcements carry but its latest rounds. */
effect(() => {
  const now = route.value
  if (access.value.kind !== 'in' || now.page !== 'federation') return
  refusal.value = null
  void operatorApi.federation(now.id).then((answered) => answered.ok && take(answered.value))
})

const take = (view: FederationView): void => {
  picture.value = withView(picture.value, view)
}

/** Signs in with the link's one-time token, which leaves the address bar at once, or with the cookie of an earlier visit. */
export async function openDashboard(): Promise<void> {
  const [, token] = /^#(?:token=)?([\w-]+)$/.exec(location.hash) ?? []
  if (token !== undefined) {
    history.replaceState(null, '', location.pathname)
    return signIn(token)
  }
  await look(null)
}

export async function signIn(token: string): Promise<void> {
  const signedIn = await operatorApi.login(token)
  // A token that was used before does no harm to who is signed in already.
  await look(signedIn.ok ? null : signedIn.failure)
}

async function look(failure: Failure | null): Promise<void> {
  const answered = await operatorApi.federations()
  if (!answered.ok) {
    access.value = { kind: 'out', failure: failure ?? (answered.failure.code === 'SHOAL_ERR_UNAUTHORISED' ? null : answered.failure) }
    return
  }
  for (const view of answered.value) take(view)
  followAddress()
  access.value = { kind: 'in' }
  watch()
}

/** Views as they come; where the socket is down, the whole list from time to time. */
function watch(): void {
  const socket = io('/operator', { transports: ['websocket'] })
  socket.on('connect', () => {
    isLive.value = true
  })
  socket.on('disconnect', () => {
    isLive.value = false
  })
  socket.on('view', (body: unknown) => {
    const view = federationViewSchema.safeParse(body)
    if (view.success) take(view.data)
  })
  setInterval(() => {
    if (!socket.connected) void poll()
  }, POLL_MS)
}

async function poll(): Promise<void> {
  const answered = await operatorApi.federations()
  if (answered.ok) for (const view of answered.value) take(view)
  else if (answered.failure.code === 'SHOAL_ERR_UNAUTHORISED') location.reload()
}

/** Runs one command; what comes of it is told by the server to everybody, and shown then. */
async function perform<T>(asked: Promise<Result<T>>, done: string): Promise<T | null> {
  refusal.value = null
  news.value = ''
  const answered = await asked
  if (!answered.ok) {
    refusal.value = answered.failure
    return null
  }
  news.value = done
  return answered.value
}

export async function command(view: FederationView, wanted: OperatorCommand['command'], done: string): Promise<void> {
  await perform(operatorApi.command(view.id, wanted), done)
}

export const createInvite = (view: FederationView): Promise<string | null> => perform(operatorApi.createInvite(view.id), 'A new invite link is ready.')

/** Why it was not created, for the form to say where it stands; null where it was. */
export async function createFederation(form: FederationForm): Promise<Failure | null> {
  news.value = ''
  const seed = [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(36)).join('-')
  const answered = await operatorApi.createFederation(requestOf(form, seed))
  if (!answered.ok) return answered.failure
  take(answered.value)
  refusal.value = null
  goTo({ page: 'federation', id: answered.value.id, tab: 'invites' })
  news.value = `“${form.name}” has been created.`
  return null
}
