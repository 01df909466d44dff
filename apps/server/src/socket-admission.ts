import type { IncomingMessage } from 'node:http'
import type { Clock } from '@shoal/coordinator'
import { ERRORS, type ErrorCode } from '@shoal/protocol'
import { createAttemptLimit } from './attempt-limit.ts'
import type { ClientAddresses } from './client-address.ts'
import { type HttpApp, rawRefusal } from './http-server.ts'
import type { ServerLimits } from './limits.ts'
import { isSameOrigin } from './same-origin.ts'

const STATUS_WORDS: Readonly<Record<number, string>> = { 403: 'Forbidden', 429: 'Too Many Requests', 503: 'Service Unavailable' }

export interface SocketAdmissionOptions {
  readonly limits: ServerLimits
  readonly addresses: ClientAddresses
  readonly clock: Clock
  readonly isSurplus: HttpApp['isSurplus']
  readonly isClosing: () => boolean
  readonly publicUrl: () => string
}

/** How long a web socket that was told to close may go on without closing. */
const CLOSE_MS = 2000

/** As much of engine.io's socket as is looked at here. */
export interface OpenSocket {
  readonly request: IncomingMessage
  once(event: 'close', listener: () => void): unknown
}

/** Decides on each web socket before its handshake: from a page of ours, and as often and as many as one address may. */
export interface SocketAdmission {
  readonly allowRequest: (request: IncomingMessage, decide: (error: string | null, isAllowed: boolean) => void) => void
  /** Counts a socket until it is closed, which its peer may not put off. */
  readonly opened: (socket: OpenSocket) => void
}

export function createSocketAdmission({ limits, addresses, clock, isSurplus, isClosing, publicUrl }: SocketAdmissionOptions): SocketAdmission {
  const attempts = createAttemptLimit(limits.socketsPerAddress)
  const counts = new Map<string, number>()

  function refusalOf(request: IncomingMessage): ErrorCode | null {
    if (isClosing()) return 'SHOAL_ERR_SHUTTING_DOWN'
    if (!isSameOrigin(request.headers, publicUrl())) return 'SHOAL_ERR_CROSS_ORIGIN'
    const address = addresses.of(request)
    const isTooMany = isSurplus(request) || (counts.get(address) ?? 0) >= limits.connectionsPerAddress || !attempts.take(address, clock.now())
    return isTooMany ? 'SHOAL_ERR_RATE_LIMITED' : null
  }

  return {
    allowRequest(request, decide) {
      const code = refusalOf(request)
      // Said here: the socket library's own refusal has no status and no time to wait.
      if (code !== null) request.socket.end(rawRefusal(`${ERRORS[code].status} ${STATUS_WORDS[ERRORS[code].status] ?? ''}`, code))
      decide(code, code === null)
    },
    opened(socket) {
      const address = addresses.of(socket.request)
      counts.set(address, (counts.get(address) ?? 0) + 1)
      socket.once('close', () => {
        // The socket library waits half a minute for whoever does not answer its farewell.
        setTimeout(() => socket.request.socket.destroy(), CLOSE_MS).unref()
        const left = (counts.get(address) ?? 1) - 1
        if (left > 0) counts.set(address, left)
        else counts.delete(address)
      })
    },
  }
}
