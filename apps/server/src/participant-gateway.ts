import type { Clock } from '@shoal/coordinator'
import { fromBase64, type Sodium, verifyIdentity } from '@shoal/privacy'
import {
  CLIENT_EVENTS,
  type ClientId,
  type ErrorCode,
  type FederationId,
  failed,
  isErrorCode,
  type Join,
  type Joined,
  joinSchema,
  MAX_CLIENTS_PER_FEDERATION,
  PROTOCOL_VERSION,
  type Result,
  type SessionToken,
  type Standing,
  succeeded,
} from '@shoal/protocol'
import type { Namespace, Socket } from 'socket.io'
import { type AttemptLimit, createAttemptLimit } from './attempt-limit.ts'
import type { FederationRegistry, ServedFederation } from './federation-registry.ts'
import type { GuessLimit } from './guess-limit.ts'
import type { InviteStore } from './invite-store.ts'
import type { ServerLimits } from './limits.ts'
import type { RefusalCounts } from './refusal-counts.ts'
import { createSecretToken } from './secret-token.ts'
import type { SessionStore } from './session-store.ts'
import type { SocketAudience } from './socket-audience.ts'
import { replyTo } from './socket-replies.ts'

/** Pause before a departure that could not be written down is tried again. */
const STORE_RETRY_MS = 1000

export interface GatewayOptions {
  readonly namespace: Namespace
  readonly sodium: Sodium
  readonly registry: FederationRegistry
  readonly audience: SocketAudience
  readonly sessions: SessionStore
  readonly invites: InviteStore
  readonly guesses: GuessLimit
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly refusals: RefusalCounts
  readonly onError: (error: unknown) => void
  /** A server that stops lets its sockets go without calling their clients gone: they come back to the next one. */
  readonly isClosing: () => boolean
}

interface Joiner {
  readonly federation: ServedFederation
  readonly client: ClientId
  /** Ed25519, 32 bytes, proven. */
  readonly identityKey: Uint8Array
}

/** The control plane of volunteers: a challenge, a join that answers it, and then small typed messages, each acknowledged with a value or a coded refusal. */
export function createParticipantGateway(options: GatewayOptions): void {
  const joins = createAttemptLimit(options.limits.joinsPerInvite)
  options.namespace.on('connection', (socket) => welcome(socket, { ...options, joins }))
}

interface WelcomeOptions extends GatewayOptions {
  /** By invite. */
  readonly joins: AttemptLimit
}

const GUESSES: ReadonlySet<ErrorCode> = new Set(['SHOAL_ERR_INVITE_INVALID', 'SHOAL_ERR_SESSION_INVALID', 'SHOAL_ERR_IDENTITY_UNPROVEN'])

function welcome(socket: Socket, options: WelcomeOptions): void {
  const { audience, guesses, clock, limits, refusals, onError, isClosing } = options
  const nonce = createSecretToken()
  let joiner: Joiner | null = null
  let isJoining = false
  const startPatience = (): NodeJS.Timeout => setTimeout(() => socket.disconnect(true), limits.joinTimeoutMs).unref()
  let patience = startPatience()

  /** Ends the tie between socket and client; true if it was still tied. */
  function release(): boolean {
    if (joiner === null) return false
    const { federation, client } = joiner
    joiner = null
    return audience.unbind(federation.host.id, client, socket)
  }

  /** Who is gone is gone, whether or not that can be written down now: it is tried again until it can, or the client is back. */
  async function leave({ host }: ServedFederation, client: ClientId): Promise<void> {
    if (!release()) return
    for (;;) {
      const left = await host.dispatch({ type: 'client-left', at: clock.now(), client })
      if (left.ok) return
      onError(left.failure)
      if (left.failure.code !== 'SHOAL_ERR_STORE_FAILED') return
      await new Promise<void>((resume) => clock.at(clock.now() + STORE_RETRY_MS, resume))
      if (audience.isHere(host.id, client) || isClosing()) return
    }
  }

  async function join(body: unknown): Promise<Result<Joined>> {
    if (joiner !== null || isJoining) return failed('SHOAL_ERR_MALFORMED', 'joined already')
    isJoining = true
    try {
      if (guesses.isOver(socket.request)) return failed('SHOAL_ERR_RATE_LIMITED')
      const admitted = await admit(body, nonce, options)
      if (!admitted.ok) {
        if (GUESSES.has(admitted.failure.code)) guesses.wrong(socket.request)
        return admitted
      }
      const { federation, client, identityKey, session } = admitted.value
      if (!socket.connected) return failed('SHOAL_ERR_CLIENT_GONE')
      const previous = audience.bind(federation.host.id, client, socket)
      joiner = { federation, client, identityKey }
      previous?.emit('superseded', {})
      previous?.disconnect(true)
      const joined = await federation.host.dispatch({ type: 'client-joined', at: clock.now(), client })
      if (!joined.ok) {
        release()
        return joined
      }
      clearTimeout(patience)
      return succeeded({ session, standing: standingOf(federation, client) })
    } finally {
      isJoining = false
    }
  }

  async function handle(name: string, body: unknown): Promise<Result<unknown>> {
    if (!Object.hasOwn(CLIENT_EVENTS, name)) return failed('SHOAL_ERR_MALFORMED', 'there is no such message')
    if (name === 'join') return join(body)
    if (joiner === null) return failed('SHOAL_ERR_NOT_JOINED')
    const { federation, client, identityKey } = joiner
    if (!audience.isBound(federation.host.id, client, socket)) return failed('SHOAL_ERR_SESSION_SUPERSEDED')
    const at = clock.now()
    switch (name) {
      case 'where':
        return CLIENT_EVENTS.where.safeParse(body).success ? succeeded(standingOf(federation, client)) : failed('SHOAL_ERR_MALFORMED')
      case 'ready': {
        const parsed = CLIENT_EVENTS.ready.safeParse(body)
        return parsed.success ? federation.host.dispatch({ type: 'client-readied', at, client, ready: parsed.data.ready }) : failed('SHOAL_ERR_MALFORMED')
      }
      case 'sit-out': {
        const parsed = CLIENT_EVENTS['sit-out'].safeParse(body)
        if (!parsed.success) return failed('SHOAL_ERR_MALFORMED')
        const { ask, code } = parsed.data
        return federation.host.dispatch({ type: 'client-sat-out', at, client, ask, code: isErrorCode(code) ? code : 'SHOAL_ERR_PROCEDURE_FAILED' })
      }
      case 'placed': {
        const parsed = CLIENT_EVENTS.placed.safeParse(body)
        return parsed.success ? federation.host.dispatch({ type: 'client-placed', at, client, ...parsed.data }) : failed('SHOAL_ERR_MALFORMED')
      }
      case 'enter-sum': {
        const parsed = CLIENT_EVENTS['enter-sum'].safeParse(body)
        if (!parsed.success) return failed('SHOAL_ERR_MALFORMED')
        await federation.host.opened(parsed.data.ask)
        return federation.host.enterSum(client, identityKey, parsed.data.ask, parsed.data)
      }
      case 'sum-frame': {
        const parsed = CLIENT_EVENTS['sum-frame'].safeParse(body)
        return parsed.success ? federation.host.takeSumFrame(client, parsed.data.ask, parsed.data.frame) : failed('SHOAL_ERR_MALFORMED')
      }
      case 'leave': {
        if (!CLIENT_EVENTS.leave.safeParse(body).success) return failed('SHOAL_ERR_MALFORMED')
        await leave(federation, client)
        patience = startPatience()
        return succeeded(null)
      }
      default:
        return failed('SHOAL_ERR_MALFORMED', 'there is no such message')
    }
  }

  replyTo(socket, handle, {
    messagesPerSocket: limits.messagesPerSocket,
    onError,
    onRefused: (code) => refusals.count(code, joiner?.federation.host.id ?? null),
  })
  socket.on('disconnect', () => {
    clearTimeout(patience)
    if (joiner !== null && !isClosing()) leave(joiner.federation, joiner.client).catch(onError)
  })
  socket.emit('challenge', { nonce })
}

/** Checks a join from the outside in: form, version, federation, token, identity, policy, room. Makes a session where the client has none. */
async function admit(body: unknown, nonce: string, options: WelcomeOptions): Promise<Result<Joiner & { session: SessionToken }>> {
  const { sodium, registry, audience, sessions, joins, clock } = options
  if (typeof body === 'object' && body !== null && 'protocol' in body && typeof body.protocol === 'number' && body.protocol !== PROTOCOL_VERSION) {
    return failed('SHOAL_ERR_PROTOCOL_VERSION', `this server speaks version ${PROTOCOL_VERSION}`)
  }
  const parsed = joinSchema.safeParse(body)
  if (!parsed.success) return failed('SHOAL_ERR_MALFORMED', 'join')
  const { data } = parsed
  const federation = registry.find(data.federation)
  if (federation === undefined) return failed('SHOAL_ERR_UNKNOWN_FEDERATION')
  const permitted = await permissionOf(data, options)
  if (!permitted.ok) return permitted
  const identified = verifyIdentity(sodium, data, { federation: data.federation, nonce })
  if (!identified.ok) return identified
  const client = identified.value
  const identityKey = fromBase64(sodium, data.identity, sodium.crypto_sign_PUBLICKEYBYTES)
  if (identityKey === null) return failed('SHOAL_ERR_IDENTITY_UNPROVEN')
  if (permitted.value !== null && permitted.value.client !== client) return failed('SHOAL_ERR_SESSION_INVALID', 'it belongs to another identity')
  if (data.policyHash !== federation.policyHash) return failed('SHOAL_ERR_POLICY_MISMATCH')
  if (!audience.isHere(data.federation, client) && audience.count(data.federation) >= MAX_CLIENTS_PER_FEDERATION) return failed('SHOAL_ERR_FEDERATION_FULL')
  if (permitted.value !== null) return succeeded({ federation, client, identityKey, session: permitted.value.token })
  if (data.invite !== null && !joins.take(data.invite, clock.now())) return failed('SHOAL_ERR_RATE_LIMITED')
  const session = await sessions.create({ federation: data.federation, client }, clock.now(), data.invite)
  return session.ok ? succeeded({ federation, client, identityKey, session: session.value }) : session
}

/** The session that a join comes with, or null where it comes with a good invite. A session that is no longer known is no obstacle to an invite. */
async function permissionOf(
  { federation, session, invite }: Join,
  { sessions, invites, clock }: GatewayOptions,
): Promise<Result<{ client: ClientId; token: SessionToken } | null>> {
  const known = session === null ? null : sessions.find(session)
  if (session !== null && known !== null)
    return known.federation === federation ? succeeded({ client: known.client, token: session }) : failed('SHOAL_ERR_WRONG_FEDERATION')
  if (invite === null) return failed('SHOAL_ERR_SESSION_INVALID')
  return isInvitedTo(federation, await invites.findValid(invite, clock.now())) ? succeeded(null) : failed('SHOAL_ERR_INVITE_INVALID')
}

const isInvitedTo = (federation: FederationId, invite: { federation: FederationId } | null): boolean => invite?.federation === federation

function standingOf({ host, aggregatorKey }: ServedFederation, client: ClientId): Standing {
  const standing = host.standingOf(client)
  return { client, view: host.view(), aggregatorKey, ...standing, models: [...standing.models] }
}
