import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FederationHost } from '@shoal/coordinator'
import { loadSodium } from '@shoal/privacy'
import { type FederationId, MAX_COMMAND_BYTES, MAX_SOCKET_MESSAGE_BYTES } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerFactory, LogController } from 'fastify'
import { pino } from 'pino'
import { Server as SocketServer } from 'socket.io'
import { openBlobStore } from './blob-store.ts'
import { createBodyPool } from './body-pool.ts'
import { createComputeThread } from './compute-jobs.ts'
import { type Configuration, DEFAULT_CONFIGURATION, publicUrlOf } from './configuration.ts'
import { foundConfigured } from './configured-federations.ts'
import { registerContributionRoute } from './contribution-route.ts'
import { type Database, openDatabase } from './database.ts'
import { createEventStore } from './event-store.ts'
import { createFederationJobs } from './federation-jobs.ts'
import { createFederationRegistry, type FederationRegistry } from './federation-registry.ts'
import { registerFederationRoutes } from './federation-routes.ts'
import { createFederationSecretStore } from './federation-secrets.ts'
import { failureOf, installRefusals, refuse } from './http-replies.ts'
import { type InviteRoutesOptions, inviteUrlOf, registerInviteRoutes, registerInviteView } from './invite-routes.ts'
import { createInviteStore } from './invite-store.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { createMaskThreads } from './mask-threads.ts'
import { createModelCache } from './model-cache.ts'
import { registerModelRoute } from './model-route.ts'
import { registerOperatorLogin, requireOperator } from './operator-access.ts'
import { createOperatorGateway } from './operator-gateway.ts'
import { openOperatorSessions } from './operator-sessions.ts'
import { registerPages } from './pages.ts'
import { createParticipantGateway } from './participant-gateway.ts'
import { installSessions } from './request-session.ts'
import { isSameOrigin } from './same-origin.ts'
import { registerSampleRoute } from './sample-route.ts'
import { openSampleShards } from './sample-shards.ts'
import { installSecurityHeaders } from './security-headers.ts'
import { openSessionStore } from './session-store.ts'
import { createSocketAudience } from './socket-audience.ts'
import { countStart } from './start-counter.ts'
import { systemClock } from './system-clock.ts'
import { tlsCertificateOf } from './tls-certificate.ts'
import { createTrafficLedger } from './traffic.ts'

const MODEL_CACHE_BYTES = 128 * 1024 * 1024
const BODIES_ABREAST = 8
const BODY_ABREAST_MS = 250
/** A whole request may take this long, however steadily it trickles. */
const REQUEST_TIMEOUT_MS = 300_000
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** How long open requests, and peers that do not hear that they should close, are waited for when the server stops. */
const DRAIN_MS = 2000

export interface ServerOptions extends Partial<Configuration> {
  readonly limits?: Partial<ServerLimits>
}

/** The server, built and recovered, not yet listening. */
export interface ShoalServer {
  /** For tests that need no port: `app.inject`. */
  readonly app: FastifyInstance
  /** Starts to listen; the URL under which volunteers reach it. */
  listen(): Promise<{ readonly port: number; readonly publicUrl: string }>
  /** Drains: what was folded becomes durable, sockets close, the data directory is free again. */
  close(): Promise<void>
  federation(id: FederationId): FederationHost | undefined
  /** A link to the operator's page that works once; a new one ends the one before. */
  operatorLink(): string
  /** Per federation a link of each invite that still works. */
  inviteLinks(): Promise<readonly { readonly name: string; readonly url: string }[]>
}

/** Builds the server over its data directory: opens the stores, recovers every federation, and wires both planes. Throws ShoalError SHOAL_ERR_CONFIG where it can not run. */
export async function buildServer(options: ServerOptions = {}): Promise<ShoalServer> {
  const { limits: givenLimits, ...given } = options
  const configuration: Configuration = { ...DEFAULT_CONFIGURATION, ...given }
  const limits: ServerLimits = { ...DEFAULT_LIMITS, ...givenLimits }
  const database = await openDatabase(configuration.dataDirectory, limits.maxDatabasePages === undefined ? {} : { maxPages: limits.maxDatabasePages })
  try {
    return await assemble(configuration, limits, database)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function assemble(configuration: Configuration, limits: ServerLimits, database: Database): Promise<ShoalServer> {
  const { dataDirectory, operatorToken } = configuration
  const clock = systemClock
  const samples = openSampleShards(configuration.samples)
  const certificate = await tlsCertificateOf(configuration)
  const log = pino({ level: configuration.logLevel, base: null }, pino.destination(2))
  const onError = (error: unknown): void => log.error({ err: error }, 'a message could not be handled')

  let isClosing = false
  let address = publicUrlOf(configuration, configuration.port)
  const sessions = await openSessionStore(database)
  const invites = createInviteStore(database)
  const operators = await openOperatorSessions(database, operatorToken)
  const testSets = await openBlobStore(join(dataDirectory, 'test-sets'))
  const traffic = createTrafficLedger()
  const thread = createComputeThread()
  const masks = createMaskThreads()
  const jobs = createFederationJobs({ thread, testSets, configOf: (id) => registry.find(id)?.host.state().config })

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
  const io = new SocketServer(app.server, {
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: MAX_SOCKET_MESSAGE_BYTES,
    pingInterval: limits.pingIntervalMs,
    pingTimeout: limits.pingTimeoutMs,
    connectTimeout: limits.joinTimeoutMs,
    allowRequest: (request, decide) => decide(null, !isClosing && isSameOrigin(request.headers, address)),
  })
  const audience = createSocketAudience(io.of('/'), io.of('/operator'))
  const registry: FederationRegistry = createFederationRegistry({
    dataDirectory,
    sodium: await loadSodium(),
    store: createEventStore(database),
    secrets: createFederationSecretStore(database),
    clock,
    audience,
    jobs,
    masks,
    report: (federation, what, failure) => log.warn({ federation, failure }, what),
    strategies: STRATEGIES,
    epoch: await countStart(database),
  })
  await registry.recoverAll()
  await foundConfigured(configuration.federations, { registry, jobs, invites, clock })

  const inviteOptions: InviteRoutesOptions = { registry, invites, clock, samples, publicUrl: () => address }
  createParticipantGateway({
    namespace: io.of('/'),
    sodium: await loadSodium(),
    registry,
    audience,
    sessions,
    invites,
    clock,
    limits,
    onError,
    isClosing: () => isClosing,
  })
  createOperatorGateway({ namespace: io.of('/operator'), operators, registry, clock, messagesPerSocket: limits.messagesPerSocket, onError })

  installRefusals(app)
  app.addHook('onRequest', async (request, reply) => {
    if (isClosing) return refuse(reply.header('connection', 'close'), { code: 'SHOAL_ERR_SHUTTING_DOWN' })
    if (!SAFE_METHODS.has(request.method) && !isSameOrigin(request.headers, address)) return refuse(reply, { code: 'SHOAL_ERR_CROSS_ORIGIN' })
  })
  installSessions(app, sessions)
  await installSecurityHeaders(app, certificate !== null)
  await app.register(fastifyCookie)
  await app.register(fastifyRateLimit, {
    timeWindow: 60_000,
    max: (request) => (request.session === null ? limits.requestsPerAddress : limits.requestsPerSession),
    keyGenerator: ({ session, ip }) => (session === null ? ip : `${session.federation}/${session.client}`),
  })
  app.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, not its URL: an invite's token stands in the path.
    request.log.debug({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
    done()
  })
  app.get('/healthz', async () => ({ ok: true }))
  app.get('/readyz', async () => ({ ok: true, federations: registry.all().length }))
  registerContributionRoute(app, {
    registry,
    pool: createBodyPool({ budgetBytes: limits.bodyBudgetBytes, abreast: BODIES_ABREAST, abreastMs: BODY_ABREAST_MS }),
    traffic,
    idleTimeoutMs: limits.bodyIdleTimeoutMs,
  })
  registerModelRoute(app, { registry, cache: createModelCache(MODEL_CACHE_BYTES), traffic })
  registerInviteView(app, inviteOptions)
  registerSampleRoute(app, { invites, samples, clock })
  registerOperatorLogin(app, { operators, clock, isSecure: certificate !== null, loginsPerAddress: limits.loginsPerAddress })
  await app.register((scope, _options, done) => {
    requireOperator(scope, operators, clock)
    registerFederationRoutes(scope, { registry, jobs, testSets, traffic, clock })
    registerInviteRoutes(scope, inviteOptions)
    done()
  })
  await registerPages(app)
  await app.ready()

  return {
    app,
    federation: (id) => registry.find(id)?.host,
    operatorLink: () => `${address}/dashboard#${operators.issueOneTimeToken()}`,
    async inviteLinks() {
      const links = await Promise.all(
        registry.all().map(async (federation) => {
          const valid = (await invites.list(federation.host.id)).filter(
            ({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt === null || expiresAt > clock.now()),
          )
          return valid.map(({ token }) => ({ name: federation.host.view().name, url: inviteUrlOf(address, federation, token) }))
        }),
      )
      return links.flat()
    },
    async listen() {
      await app.listen({ host: configuration.host === 'localhost' ? '127.0.0.1' : configuration.host, port: configuration.port })
      const bound = app.server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : configuration.port
      address = publicUrlOf(configuration, port)
      return { port, publicUrl: address }
    },
    async close() {
      if (isClosing) return
      isClosing = true
      const impatience = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, DRAIN_MS).unref()
      io.disconnectSockets(true)
      io.engine.close()
      await app.close()
      clearTimeout(impatience)
      audience.close()
      const hosts = registry.all().map(({ host }) => host)
      await registry.close()
      await Promise.all([thread.close(), masks.close()])
      // What was under way inside has ended before the directory belongs to somebody else.
      await Promise.all(hosts.map((host) => host.settled()))
      await database.close()
    },
  }
}

/** Bytes that are no HTTP get a short answer in HTTP and no more attention. */
function closeBadConnection(_error: Error, socket: { writable: boolean; end(text: string): unknown; destroy(): unknown }): void {
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  else socket.destroy()
}
