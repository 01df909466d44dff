import { digestSchema } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import { byteRangeOf } from './byte-range.ts'
import type { FederationRegistry } from './federation-registry.ts'
import { refuse } from './http-replies.ts'
import type { ModelCache } from './model-cache.ts'
import type { TrafficLedger } from './traffic.ts'

/** `GET /models/<sha256>`: a published model's bytes. They never change, so caches may keep them for good; parts can be asked for. */
export function registerModelRoute(
  app: FastifyInstance,
  options: { readonly registry: FederationRegistry; readonly cache: ModelCache; readonly traffic: TrafficLedger },
): void {
  const { registry, cache, traffic } = options
  app.get<{ Params: { digest: string } }>('/models/:digest', async (request, reply) => {
    const digest = digestSchema.safeParse(request.params.digest)
    const federation = digest.success ? registry.serving(digest.data) : undefined
    if (!digest.success || federation === undefined) return refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND' })
    const etag = `"${digest.data}"`
    reply.headers({ etag, 'cache-control': 'public, max-age=31536000, immutable', 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    const model = await cache.get(digest.data, federation.blobs)
    if (!model.ok) return refuse(reply, model.failure)
    const bytes = Buffer.from(model.value.buffer, model.value.byteOffset, model.value.length)
    const { 'if-range': condition } = request.headers
    const range = condition === undefined || condition === etag ? byteRangeOf(request.headers.range, bytes.length) : ({ kind: 'all' } as const)
    if (range.kind === 'unsatisfiable')
      return reply
        .code(416)
        .headers({ 'content-range': `bytes */${bytes.length}`, 'cache-control': 'no-store' })
        .send()
    const body = range.kind === 'all' ? bytes : bytes.subarray(range.start, range.end + 1)
    if (range.kind === 'part') reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${bytes.length}`)
    if (request.method === 'GET') traffic.down(federation.host.id, federation.host.state().round, body.length)
    return reply.send(body)
  })
}
