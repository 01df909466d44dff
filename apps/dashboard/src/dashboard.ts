import { computed, effect, signal } from '@preact/signals'
import {
  type Failure,
  type FederationView,
  federationViewSchema,
  type Login,
  type OperatorCommand,
  type OperatorSelf,
  type Result,
  type Role,
} from '@shoal/protocol'
import { io } from 'socket.io-client'
import { accessApi } from './access-api.ts'
import type { FederationRequest } from './federation-request.ts'
import { operatorApi } from './operator-api.ts'
import { type Picture, withView } from './picture.ts'
import { isAllowed } from './role-words.ts'
import { followAddress, goTo, route } from './route.ts'

/** How often the page asks while the server does not tell by itself. */
const POLL_MS = 3000

/** Whether this browser may see anything. `failure`: why the last attempt to sign in did not work. */
export type Access =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in'; readonly self: OperatorSelf }
  | { readonly kind: 'out'; readonly failure: Failure | null }

export const access = signal<Access>({ kind: 'unknown' })
export const picture = signal<Picture>(new Map())
export const isLive = signal(false)
/** What the server last refused, until the next command. */
export const refusal = signal<Failure | null>(null)
/** What was just done, to be read out. */
export const news = signal('')

/** Who is signed in; null for nobody. */
export const self = computed<OperatorSelf | null>(() => (access.value.kind === 'in' ? access.value.self : null))
/** What a role may not do is not offered. The server checks it all the same. */
export const may = (role: Role): boolean => self.value !== null && isAllowed(self.value.role, role)

/** The federation that the address names; null where it names none that is known. */
export const shown = computed<FederationView | null>(() => (route.value.page === 'federation' ? (picture.value.get(route.value.id) ?? null) : null))

/** A federation that is looked at is fetched whole: announcements carry but its latest rounds. */
effect(() => {
  const now = route.value
  refusal.value = null
  if (access.value.kind !== 'in' || now.page !== 'federation') return
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
    return signIn({ token })
  }
  await look(null)
}

export async function signIn(login: Login): Promise<void> {
  const signedIn = await accessApi.login(login)
  // A token that was used before does no harm to who is signed in already.
  await look(signedIn.ok ? null : signedIn.failure)
}

/** The whole page is thrown away: nothing of what was seen stays in it. */
export async function signOut(): Promise<void> {
  if ((await perform(accessApi.logout(), 'Signed out.')) !== null) location.replace(location.pathname)
}

/** What is known of who is signed in has changed. */
export async function lookAtSelf(): Promise<void> {
  const answered = await accessApi.self()
  if (answered.ok) access.value = { kind: 'in', self: answered.value }
}

async function look(failure: Failure | null): Promise<void> {
  const [who, answered] = await Promise.all([accessApi.self(), operatorApi.federations()])
  const refused = who.ok ? (answered.ok ? null : answered.failure) : who.failure
  if (refused !== null || !who.ok || !answered.ok) {
    access.value = { kind: 'out', failure: failure ?? (refused?.code === 'SHOAL_ERR_UNAUTHORISED' ? null : refused) }
    return
  }
  for (const view of answered.value) take(view)
  followAddress()
  access.value = { kind: 'in', self: who.value }
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

/** Runs one command; what comes of it is told by the server to everybody, and shown then. Null where it was refused. */
export async function perform<T>(asked: Promise<Result<T>>, done: string): Promise<{ readonly answer: T } | null> {
  refusal.value = null
  news.value = ''
  const answered = await asked
  if (!answered.ok) {
    refusal.value = answered.failure
    return null
  }
  news.value = done
  return { answer: answered.value }
}

export async function command(view: FederationView, wanted: OperatorCommand['command'], done: string): Promise<void> {
  await perform(operatorApi.command(view.id, wanted), done)
}

/** Why it was not created, for the form to say where it stands; null where it was. */
export async function createFederation(request: FederationRequest): Promise<Failure | null> {
  news.value = ''
  const answered = await operatorApi.createFederation(request)
  if (!answered.ok) return answered.failure
  take(answered.value)
  refusal.value = null
  goTo({ page: 'federation', id: answered.value.id, tab: 'invites' })
  news.value = `“${request.name}” has been created.`
  return null
}

/** Whatever a federation's shares of chance come from, if nobody says otherwise. */
export const randomSeed = (): string => [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(36)).join('-')
