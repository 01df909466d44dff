import type { IncomingMessage } from 'node:http'
import { type AskId, askIdSchema, type ClientId, type Digest, digestSchema, type Failure, failed, type Result, succeeded } from '@shoal/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BodyPool } from './body-pool.ts'
import { cutOff, readBody } from './contribution-body.ts'
import type { FederationRegistry, ServedFederation } from './federation-registry.ts'
import { refuse } from './http-replies.ts'
import type { TrafficLedger } from './traffic.ts'

export interface ContributionRouteOptions {
  readonly registry: FederationRegistry
  readonly pool: BodyPool
  readonly traffic: TrafficLedger
  readonly idleTimeoutMs: number
}

/** What a request says about its body, checked as far as that can be done without reading it. */
interface Announced {
  readonly federation: ServedFederation
  readonly client: ClientId
  readonly ask: AskId
  readonly digest: Digest
  readonly length: number
}

/**
 * `PUT /contributions/<ask>`: the one place where bytes of a volunteer enter. Session, federation, ask, cohort, length, then the body into a pooled buffer, its
 * digest, and only then the envelope. Headers: `authorization: Bearer <session>`, `x-shoal-digest: <sha256 of the body>`, `content-length`, and, for callers that
 * take part in several federations, `x-shoal-federation`.
 */
export function registerContributionRoute(app: FastifyInstance, options: ContributionRouteOptions): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, parsed) => parsed(null, body))
    scope.put<{ Params: { ask: string } }>('/contributions/:ask', (request, reply) => contribute(request, reply, options))
    done()
  })
}

async function contribute(
  request: FastifyRequest<{ Params: { ask: string } }>,
  reply: FastifyReply,
  { registry, pool, traffic, idleTimeoutMs }: ContributionRouteOptions,
): Promise<FastifyReply> {
  const announced = await announcedBy(request, registry)
  if (!announced.ok) return turnAway(request.raw, reply, announced.failure)
  const { federation, client, ask, digest, length } = announced.value
  const { buffer, giveBack } = await pool.take(length, `${federation.host.id}/${client}`)
  try {
    const read = await readBody(request.raw, buffer, length, idleTimeoutMs)
    traffic.up(federation.host.id, ask, length)
    if (!read.ok) return turnAway(request.raw, reply, read.failure)
    if (read.value !== digest) return refuse(reply, { code: 'SHOAL_ERR_DIGEST_MISMATCH' })
    const received = await federation.host.receive(client, ask, buffer.subarray(0, length), digest)
    return received.ok ? reply.send({ received: received.value }) : refuse(reply, received.failure)
  } finally {
    giveBack()
  }
}

function turnAway(body: IncomingMessage, reply: FastifyReply, failure: Failure): FastifyReply {
  cutOff(body)
  return refuse(reply, failure)
}

async function announcedBy(
  { session, headers, params }: FastifyRequest<{ Params: { ask: string } }>,
  registry: FederationRegistry,
): Promise<Result<Announced>> {
  if (session === null) return failed('SHOAL_ERR_SESSION_INVALID')
  const named = headers['x-shoal-federation']
  if (named !== undefined && named !== session.federation) return failed('SHOAL_ERR_WRONG_FEDERATION')
  const federation = registry.find(session.federation)
  if (federation === undefined) return failed('SHOAL_ERR_UNKNOWN_FEDERATION')
  const ask = askIdSchema.safeParse(params.ask)
  if (!ask.success) return failed('SHOAL_ERR_ASK_UNKNOWN')
  const digest = digestSchema.safeParse(headers['x-shoal-digest'])
  if (!digest.success) return failed('SHOAL_ERR_MALFORMED', 'x-shoal-digest must be the sha256 of the body, in hex')
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (!Number.isSafeInteger(length)) return failed('SHOAL_ERR_LENGTH_REQUIRED')
  await federation.host.opened(ask.data)
  const expected = federation.host.expects(session.client, ask.data)
  if (!expected.ok) return expected
  if (length > expected.value.maxBytes) return failed('SHOAL_ERR_BODY_TOO_LARGE', `${length} bytes; the ask takes ${expected.value.maxBytes}`)
  return succeeded({ federation, client: session.client, ask: ask.data, digest: digest.data, length })
}
