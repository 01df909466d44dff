import type { Clock } from '@shoal/coordinator'
import { failed } from '@shoal/protocol'
import type { Namespace, Socket } from 'socket.io'
import type { FederationRegistry } from './federation-registry.ts'
import { OPERATOR_COOKIE } from './operator-access.ts'
import type { OperatorSessions } from './operator-sessions.ts'
import { replyTo } from './socket-replies.ts'

export interface OperatorGatewayOptions {
  readonly namespace: Namespace
  readonly operators: OperatorSessions
  readonly registry: FederationRegistry
  readonly clock: Clock
  readonly messagesPerSocket: number
  readonly onError: (error: unknown) => void
}

/** The operator's live picture: every federation's view on connection, then each change. Commands go by HTTP. */
export function createOperatorGateway({ namespace, operators, registry, clock, messagesPerSocket, onError }: OperatorGatewayOptions): void {
  namespace.use((socket, next) => {
    if (operators.isValid(credentialsOf(socket), clock.now())) next()
    else next(new Error('SHOAL_ERR_UNAUTHORISED'))
  })
  namespace.on('connection', (socket) => {
    replyTo(socket, async () => failed('SHOAL_ERR_MALFORMED', 'commands go by HTTP'), { messagesPerSocket, onError })
    for (const { host } of registry.all()) socket.emit('view', host.view())
  })
}

function credentialsOf({ handshake }: Socket): { session: string | null; bearer: string | null } {
  const cookies = (handshake.headers.cookie ?? '').split(';').map((cookie) => cookie.trim().split('='))
  const session = cookies.find(([name]) => name === OPERATOR_COOKIE)?.[1] ?? null
  const bearer: unknown = handshake.auth.token
  return { session, bearer: typeof bearer === 'string' ? bearer : null }
}
