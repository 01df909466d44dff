import type { Clock } from '@shoal/coordinator'
import { failed } from '@shoal/protocol'
import type { Namespace, Socket } from 'socket.io'
import type { FederationRegistry } from './federation-registry.ts'
import type { GuessLimit } from './guess-limit.ts'
import type { Credentials, OperatorAccess } from './operator-access.ts'
import { OPERATOR_COOKIE } from './operator-guard.ts'
import { replyTo } from './socket-replies.ts'

/** Node's timers do not wait for longer than 24 days. */
const LONGEST_WAIT_MS = 24 * 3600 * 1000

export interface OperatorGatewayOptions {
  readonly namespace: Namespace
  readonly access: OperatorAccess
  readonly guesses: GuessLimit
  readonly registry: FederationRegistry
  readonly clock: Clock
  readonly messagesPerSocket: number
  readonly onError: (error: unknown) => void
}

/** The operator's live picture, for every role: each federation's view on connection, then each change. Commands go by HTTP. What lets a socket in closes it when it ends. */
export function createOperatorGateway({ namespace, access, guesses, registry, clock, messagesPerSocket, onError }: OperatorGatewayOptions): void {
  namespace.use((socket, next) => {
    if (guesses.isOver(socket.request)) return next(new Error('SHOAL_ERR_RATE_LIMITED'))
    if (access.identify(credentialsOf(socket), clock.now()) !== null) return next()
    guesses.wrong(socket.request)
    next(new Error('SHOAL_ERR_UNAUTHORISED'))
  })
  const stillThere = (socket: Socket): boolean => {
    const isKnown = access.identify(credentialsOf(socket), clock.now()) !== null
    if (!isKnown) socket.disconnect(true)
    return isKnown
  }
  access.onChanged(() => {
    for (const socket of namespace.sockets.values()) stillThere(socket)
  })

  function watchExpiry(socket: Socket): void {
    const expiresAt = access.identify(credentialsOf(socket), clock.now())?.expiresAt ?? null
    if (expiresAt === null) return
    const watch = clock.at(Math.min(expiresAt, clock.now() + LONGEST_WAIT_MS), () => {
      socket.off('disconnect', watch.cancel)
      if (stillThere(socket)) watchExpiry(socket)
    })
    socket.on('disconnect', watch.cancel)
  }

  namespace.on('connection', (socket) => {
    // It may have ended while the socket was being let in.
    if (!stillThere(socket)) return
    watchExpiry(socket)
    replyTo(socket, async () => failed('SHOAL_ERR_MALFORMED', 'commands go by HTTP'), { messagesPerSocket, onError })
    for (const { host } of registry.all()) socket.emit('view', host.view())
  })
}

function credentialsOf({ handshake }: Socket): Credentials {
  const cookies = (handshake.headers.cookie ?? '').split(';').map((cookie) => cookie.trim().split('='))
  const session = cookies.find(([name]) => name === OPERATOR_COOKIE)?.[1] ?? null
  const bearer: unknown = handshake.auth.token
  return { session, bearer: typeof bearer === 'string' ? bearer : null }
}
