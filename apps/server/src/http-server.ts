import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { ERRORS, type ErrorCode, MAX_COMMAND_BYTES } from '@shoal/protocol'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerFactory, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { ClientAddresses } from './client-address.ts'
import { limitConnections } from './connection-limit.ts'
import { failureOf, RETRY_AFTER_S, refuse } from './http-replies.ts'
import type { ServerLimits } from './limits.ts'
import type { tlsCertificateOf } from './tls-certificate.ts'

/** How often connections are looked through for those whose time is up. */
const LOOK_MS = 5000
/** Of all headers of a request together, and its first line. */
const MAX_HEADER_BYTES = 16_384
const MAX_HEADERS = 100
/** How long open requests, and peers that do not hear that they should close, are waited for when the server stops. */
const DRAIN_MS = 2000

export interface HttpApp {
  readonly app: FastifyInstance
  /** Whether a request came by a connection that is one too many. */
  isSurplus(request: IncomingMessage): boolean
  /** Closes when everything has been answered, or after a while without. */
  close(): Promise<void>
}

export interface HttpOptions {
  readonly log: Logger
  readonly certificate: Awaited<ReturnType<typeof tlsCertificateOf>>
  readonly limits: ServerLimits
  readonly addresses: ClientAddresses
}

/** Fastify over http or https, without a route yet. */
export function createHttpApp({ log, certificate, limits, addresses }: HttpOptions): HttpApp {
  const { headersTimeoutMs, requestTimeoutMs } = limits
  const serverFactory: FastifyServerFactory = (handler) => {
    const settings = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_MS, headersTimeoutMs / 2),
      keepAliveTimeout: 72_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    }
    const server =
      certificate === null
        ? createHttpServer(settings, handler)
        : (createHttpsServer({ ...settings, handshakeTimeout: headersTimeoutMs, ...certificate }, handler) as unknown as HttpServer)
    // Those beyond are thrown away by Node.
    server.maxHeadersCount = MAX_HEADERS
    return server
  }
  const app = Fastify({
    serverFactory,
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_COMMAND_BYTES,
    return503OnClosing: false,
    clientErrorHandler: closeBadConnection,
    frameworkErrors: (error, _request, reply) => void refuse(reply as unknown as FastifyReply, failureOf(error)),
  }) as unknown as FastifyInstance
  const { open, isSurplus } = limitConnections(app.server, limits, addresses)
  return {
    app,
    isSurplus,
    async close() {
      const impatience = setTimeout(() => {
        for (const connection of open) connection.destroy()
      }, DRAIN_MS).unref()
      await app.close()
      clearTimeout(impatience)
    },
  }
}

/** What Node says of a connection whose bytes are no request. */
const BAD_REQUESTS: Readonly<Record<string, { readonly status: string; readonly code: ErrorCode }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'SHOAL_ERR_MALFORMED' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'SHOAL_ERR_BODY_INCOMPLETE' },
}
const NO_REQUEST: (typeof BAD_REQUESTS)[string] = { status: '400 Bad Request', code: 'SHOAL_ERR_MALFORMED' }

/** Bytes that are no HTTP, or come too slowly, get a short answer in HTTP and no more attention. */
function closeBadConnection(error: Error & { code?: string }, socket: { writable: boolean; end(text: string): unknown; destroy(): unknown }): void {
  const { status, code } = BAD_REQUESTS[error.code ?? ''] ?? NO_REQUEST
  if (socket.writable) socket.end(rawRefusal(status, code))
  else socket.destroy()
}

/** A refusal of what never became a request of Fastify's. */
export function rawRefusal(status: string, code: ErrorCode): string {
  const { message, retryable } = ERRORS[code]
  const body = JSON.stringify({ code, message, retryable })
  const wait = code === 'SHOAL_ERR_RATE_LIMITED' ? `Retry-After: ${RETRY_AFTER_S}\r\n` : ''
  return `HTTP/1.1 ${status}\r\nConnection: close\r\n${wait}Content-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
