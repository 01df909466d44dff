import { readFile } from 'node:fs/promises'
import type { Clock } from '@shoal/coordinator'
import type { FastifyInstance } from 'fastify'
import type { GuessLimit } from './guess-limit.ts'
import { refuse } from './http-replies.ts'
import type { InviteStore } from './invite-store.ts'
import type { SampleShards } from './sample-shards.ts'

/**
 * `GET /api/samples/<invite or federation>`: one shard of sample data, `encodeFrame({train, test, shape}, ...)` of two encoded sets. With an invite shards go out in turn;
 * with a session's bearer token and its federation a client always gets its own.
 */
export function registerSampleRoute(
  app: FastifyInstance,
  options: { readonly invites: InviteStore; readonly guesses: GuessLimit; readonly samples: SampleShards; readonly clock: Clock },
): void {
  const { invites, guesses, samples, clock } = options
  app.get<{ Params: { key: string } }>('/api/samples/:key', async ({ params, session, raw }, reply) => {
    const holder = session !== null && session.federation === params.key ? `${session.federation}/${session.client}` : null
    if (holder === null) {
      if (guesses.isOver(raw)) return refuse(reply, { code: 'SHOAL_ERR_RATE_LIMITED' })
      if ((await invites.findValid(params.key, clock.now())) === null) {
        guesses.wrong(raw)
        return refuse(reply, { code: 'SHOAL_ERR_INVITE_INVALID' })
      }
    }
    const file = samples.next(holder)
    if (file === null) return refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND' })
    return reply.headers({ 'content-type': 'application/octet-stream', 'cache-control': 'no-store' }).send(await readFile(file))
  })
}
