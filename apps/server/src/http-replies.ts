import { ERRORS, type ErrorCode, type Failure, ShoalError } from '@shoal/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'

declare module 'fastify' {
  interface FastifyReply {
    /** What the request was refused with; null where it was not. */
    refusal: ErrorCode | null
  }
}

/** Windows of limits are a minute long. */
export const RETRY_AFTER_S = 60

/** Every refusal of the HTTP side has this form. What failed inside says its code and nothing more. */
export function refuse(reply: FastifyReply, failure: Failure): FastifyReply {
  const { status, retryable, message } = ERRORS[failure.code]
  reply.refusal = failure.code
  if (status === 500) reply.log.error({ failure }, 'a request failed')
  if (failure.code === 'SHOAL_ERR_RATE_LIMITED' && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S)
  const detail = status === 500 || failure.detail === undefined ? {} : { detail: failure.detail }
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .send({ code: failure.code, message, ...detail, retryable })
}

/** Answers whatever is thrown below, and every address where there is nothing, in the one form. Requests for nothing are counted with the others. */
export function installRefusals(app: FastifyInstance): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (_request, reply) => refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND' }))
  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error)
    if (failure.code === 'SHOAL_ERR_INTERNAL') request.log.error({ err: error, route: request.routeOptions.url }, 'a handler threw')
    return refuse(reply, failure)
  })
}

/** What an exception of Fastify or of ours means in the table of errors. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ShoalError) return error.failure
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { code: 'SHOAL_ERR_BODY_TOO_LARGE' }
  if (statusCode === 429) return { code: 'SHOAL_ERR_RATE_LIMITED' }
  if (statusCode === 404) return { code: 'SHOAL_ERR_NOT_FOUND' }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? { code: 'SHOAL_ERR_MALFORMED' } : { code: 'SHOAL_ERR_INTERNAL' }
}
