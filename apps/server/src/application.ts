import { join } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import type { FederationHost } from '@shoal/coordinator'
import { loadSodium } from '@shoal/privacy'
import { type FederationId, MAX_SOCKET_MESSAGE_BYTES } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { Server as SocketServer } from 'socket.io'
import { registerApiDocument } from './api-document.ts'
import { createAuditLog } from './audit-log.ts'
import { openBlobStore } from './blob-store.ts'
import { createBodyPool } from './body-pool.ts'
import { createClientAddresses } from './client-address.ts'
import { createComputeThread } from './compute-jobs.ts'
import { type Configuration, DEFAULT_CONFIGURATION, publicUrlOf } from './configuration.ts'
import { foundConfigured } from './configured-federations.ts'
import { registerContributionRoute } from './contribution-route.ts'
import { type Database, openDatabase } from './database.ts'
import { createDistillations } from './distillations.ts'
import { createEventStore } from './event-store.ts'
import { createFederationJobs } from './federation-jobs.ts'
import { createFederationRegistry, type FederationRegistry } from './federation-registry.ts'
import { createFederationSecretStore } from './federation-secrets.ts'
import { createGuessLimit } from './guess-limit.ts'
import { registerHealth } from './health-routes.ts'
import { installRefusals, refuse } from './http-replies.ts'
import { createHttpApp } from './http-server.ts'
import { createInsightComputing } from './insight-computing.ts'
import { type InviteRoutesOptions, inviteUrlOf, registerInviteView } from './invite-routes.ts'
import { isExhausted, openInviteStore } from './invite-store.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { createMaskThreads } from './mask-threads.ts'
import { createMetrics } from './metrics.ts'
import { createModelCache } from './model-cache.ts'
import { registerModelRoute } from './model-route.ts'
import { openOperatorAccess } from './operator-access.ts'
import { createOperatorGateway } from './operator-gateway.ts'
import { registerOperatorPlane } from './operator-plane.ts'
import { registerPages } from './pages.ts'
import { createParticipantGateway } from './participant-gateway.ts'
import { countRefusals, createRefusalCounts } from './refusal-counts.ts'
import { installRequestLimits } from './request-limits.ts'
import { installSessions } from './request-session.ts'
import { isSameOrigin } from './same-origin.ts'
import { registerSampleRoute } from './sample-route.ts'
import { openSampleShards } from './sample-shards.ts'
import { installSecurityHeaders } from './security-headers.ts'
import { openSessionStore } from './session-store.ts'
import { createSocketAdmission } from './socket-admission.ts'
import { createSocketAudience } from './socket-audience.ts'
import { countStart } from './start-counter.ts'
import { createSystemClock } from './system-clock.ts'
import { tlsCertificateOf } from './tls-certificate.ts'
import { openTrafficLedger } from './traffic.ts'

const MODEL_CACHE_BYTES = 128 * 1024 * 1024
const BODIES_ABREAST = 8
const BODY_ABREAST_MS = 250
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** A killed server forgets the bytes of this long. */
const TRAFFIC_FLUSH_MS = 5000

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
  const { dataDirectory } = configuration
  const clock = createSystemClock()
  const samples = openSampleShards(configuration.samples)
  const certificate = await tlsCertificateOf(configuration)
  const log = pino({ level: configuration.logLevel, base: null }, pino.destination(2))
  const onError = (error: unknown): void => log.error({ err: error }, 'a message could not be handled')

  let isClosing = false
  let address = publicUrlOf(configuration, configuration.port)
  const sessions = await openSessionStore(database)
  const invites = await openInviteStore(database)
  const access = await openOperatorAccess(database, {
    operatorToken: configuration.operatorToken,
    loginsPerName: limits.loginsPerName,
    passwordCost: limits.passwordCost,
  })
  const audit = createAuditLog(database, onError)
  const testSets = await openBlobStore(join(dataDirectory, 'test-sets'))
  const uploads = await openBlobStore(join(dataDirectory, 'uploaded-models'))
  const traffic = await openTrafficLedger(database)
  const trafficTimer = setInterval(() => void traffic.flush(), TRAFFIC_FLUSH_MS).unref()
  const thread = createComputeThread()
  const refusals = createRefusalCounts()
  const insight = createInsightComputing((id) => registry.find(id)?.host.state().round ?? 0)
  const masks = createMaskThreads()
  const distillations = createDistillations()
  const jobs = createFederationJobs({
    thread,
    distillations,
    testSets,
    uploads,
    configOf: (id) => registry.find(id)?.host.state().config,
    onGrouped: insight.grouped,
  })

  const addresses = createClientAddresses(configuration.trustProxy)
  const guesses = createGuessLimit(limits.guessesPerAddress, addresses, clock)
  const { app, isSurplus, close: closeHttp } = createHttpApp({ log, certificate, limits, addresses })
  const admission = createSocketAdmission({ limits, addresses, clock, isSurplus, isClosing: () => isClosing, publicUrl: () => address })
  const io = new SocketServer(app.server, {
    serveClient: false,
    transports: ['websocket'],
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: MAX_SOCKET_MESSAGE_BYTES,
    pingInterval: limits.pingIntervalMs,
    pingTimeout: limits.pingTimeoutMs,
    connectTimeout: limits.joinTimeoutMs,
    allowRequest: admission.allowRequest,
  })
  io.engine.on('connection', admission.opened)
  const audience = createSocketAudience(io.of('/'), io.of('/operator'))
  const sodium = await loadSodium()
  const metrics = createMetrics({
    federations: () => registry.all(),
    traffic,
    clock,
    sockets: () => ({ volunteers: io.of('/').sockets.size, operators: io.of('/operator').sockets.size }),
  })
  const store = createEventStore(database)
  const startedAt = (id: FederationId): number | null => {
    const stage = registry.find(id)?.host.state().stage
    return stage?.kind === 'open' ? stage.startedAt : null
  }
  const registry: FederationRegistry = createFederationRegistry({
    dataDirectory,
    sodium,
    store: metrics.watch(store, startedAt),
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
  const lost = (await store.federations()).length - registry.all().length
  await foundConfigured(configuration.federations, { registry, jobs, invites, clock })

  const inviteOptions: InviteRoutesOptions = { registry, invites, guesses, clock, samples, publicUrl: () => address }
  createParticipantGateway({
    namespace: io.of('/'),
    sodium,
    registry,
    audience,
    sessions,
    invites,
    guesses,
    clock,
    limits,
    refusals,
    onError,
    isClosing: () => isClosing,
  })
  createOperatorGateway({ namespace: io.of('/operator'), access, guesses, registry, clock, messagesPerSocket: limits.messagesPerSocket, onError })

  countRefusals(app, refusals)
  app.decorateReply('refusal', null)
  app.addHook('onRequest', async (request, reply) => {
    if (isSurplus(request.raw)) return refuse(reply.header('connection', 'close'), { code: 'SHOAL_ERR_RATE_LIMITED', detail: 'too many connections' })
    if (isClosing) return refuse(reply.header('connection', 'close'), { code: 'SHOAL_ERR_SHUTTING_DOWN' })
    if (!SAFE_METHODS.has(request.method) && !isSameOrigin(request.headers, address)) return refuse(reply, { code: 'SHOAL_ERR_CROSS_ORIGIN' })
  })
  installSessions(app, sessions)
  await installSecurityHeaders(app, addresses)
  await app.register(fastifyCookie)
  await installRequestLimits(app, limits, addresses)
  installRefusals(app)
  app.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, not its URL: an invite's token stands in the path.
    request.log.debug({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
    done()
  })
  metrics.countRequests(app)
  await registerApiDocument(app)
  registerHealth(app, { database, dataDirectory, served: () => registry.all().length, lost: () => lost })
  registerContributionRoute(app, {
    registry,
    pool: createBodyPool({ budgetBytes: limits.bodyBudgetBytes, abreast: BODIES_ABREAST, abreastMs: BODY_ABREAST_MS }),
    traffic,
    idleTimeoutMs: limits.bodyIdleTimeoutMs,
  })
  registerModelRoute(app, { registry, cache: createModelCache(MODEL_CACHE_BYTES), traffic })
  registerInviteView(app, inviteOptions)
  registerSampleRoute(app, { invites, guesses, samples, clock })
  await registerOperatorPlane(app, {
    ...inviteOptions,
    jobs,
    testSets,
    uploads,
    store,
    insight,
    refusals,
    sodium,
    traffic,
    access,
    audit,
    metrics,
    areMetricsOpen: configuration.metrics === 'open',
    isSecure: (request) => addresses.isSecure(request),
    loginsPerAddress: limits.loginsPerAddress,
  })
  await registerPages(app)
  await app.ready()

  return {
    app,
    federation: (id) => registry.find(id)?.host,
    operatorLink: () => `${address}/dashboard#${access.issueOneTimeToken()}`,
    async inviteLinks() {
      const links = await Promise.all(
        registry.all().map(async (federation) => {
          const valid = (await invites.list(federation.host.id)).filter(
            (invite) => invite.revokedAt === null && (invite.expiresAt === null || invite.expiresAt > clock.now()) && !isExhausted(invite),
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
      clearInterval(trafficTimer)
      io.disconnectSockets(true)
      io.engine.close()
      await closeHttp()
      audience.close()
      const hosts = registry.all().map(({ host }) => host)
      await registry.close()
      await Promise.all([thread.close(), distillations.close(), insight.close(), masks.close()])
      // What was under way inside has ended before the directory belongs to somebody else.
      await Promise.all(hosts.map((host) => host.settled()))
      await traffic.flush()
      await database.close()
    },
  }
}
