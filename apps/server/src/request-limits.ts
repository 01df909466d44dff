import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ClientAddresses } from './client-address.ts'
import type { ServerLimits } from './limits.ts'

const WINDOW_MS = 60_000

/** What operators bring and take along in files, as the audit log names it. */
const isAboutFiles = ({ routeOptions }: FastifyRequest): boolean => /^(export|upload)-/.test(routeOptions.config.deed ?? '')

/** Counts every request, by its session or its address; those that move files by their kind as well, for they cost more than others. */
export async function installRequestLimits(app: FastifyInstance, limits: ServerLimits, addresses: ClientAddresses): Promise<void> {
  await app.register(fastifyRateLimit, {
    timeWindow: WINDOW_MS,
    max(request) {
      if (isAboutFiles(request)) return limits.filesPerAddress
      return request.session === null ? limits.requestsPerAddress : limits.requestsPerSession
    },
    keyGenerator(request) {
      const { session, raw, routeOptions } = request
      if (isAboutFiles(request)) return `${addresses.of(raw)} ${routeOptions.config.deed}`
      return session === null ? addresses.of(raw) : `${session.federation}/${session.client}`
    },
  })
}
