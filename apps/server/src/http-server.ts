import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { MAX_COMMAND_BYTES } from '@shoal/protocol'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerFactory, LogController } from 'fastify'
import type { Logger } from 'pino'
import { failureOf, refuse } from './http-replies.ts'
import type { tlsCertificateOf } from './tls-certificate.ts'

/** A whole request may take this long, however steadily it trickles. */
const REQUEST_TIMEOUT_MS = 300_000
/** How long open requests, and peers that do not hear that they should close, are waited for when the server stops. */
const DRAIN_MS = 2000

export interface HttpApp {
  readonly app: FastifyInstance
  /** Closes when everything has been answered, or after a while without. */
  close(): Promise<void>
}

/** Fastify over http or https, without a route yet. */
export function createHttpApp(log: Logger, certificate: Awaited<ReturnType<typeof tlsCertificateOf>>): HttpApp {
  const serverFactory: FastifyServerFactory = (handler) => {
    const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 72_000 }
    return certificate === null ? createHttpServer(timeouts, handler) : (createHttpsServer({ ...timeouts, ...certificate }, handler) as unknown as HttpServer)
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
  const connections = new Set<Socket>()
  app.server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.on('close', () => connections.delete(connection))
  })
  return {
    app,
    async close() {
      const impatience = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, DRAIN_MS).unref()
      await app.close()
      clearTimeout(impatience)
    },
  }
}

/** Bytes that are no HTTP get a short answer in HTTP and no more attention. */
function closeBadConnection(_error: Error, socket: { writable: boolean; end(text: string): unknown; destroy(): unknown }): void {
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  else socket.destroy()
}
