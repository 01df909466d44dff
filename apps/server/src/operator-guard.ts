import type { Clock } from '@shoal/coordinator'
import { type Role, roleSchema } from '@shoal/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuditLog } from './audit-log.ts'
import type { GuessLimit } from './guess-limit.ts'
import { refuse } from './http-replies.ts'
import type { Credentials, Operator, OperatorAccess } from './operator-access.ts'
import { bearerOf } from './request-session.ts'

export const OPERATOR_COOKIE = 'shoal_operator'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls a route of the operator's scope; null outside of it. */
    operator: Operator | null
    /** What the audit log is to say where the route and its address do not tell it. */
    deed: { readonly what?: string; readonly target?: string } | null
  }
}

const allows = (held: Role, needed: Role): boolean => roleSchema.options.indexOf(held) >= roleSchema.options.indexOf(needed)

export const credentialsOf = (request: FastifyRequest): Credentials => ({ session: request.cookies[OPERATOR_COOKIE] ?? null, bearer: bearerOf(request) })

export interface GuardOptions {
  readonly access: OperatorAccess
  readonly audit: AuditLog
  readonly guesses: GuessLimit
  readonly clock: Clock
}

/** Lets into the routes of `scope` those whose role each of them names, and writes down what they do there. A route that names none is for admins. */
export function guardOperatorScope(scope: FastifyInstance, { access, audit, guesses, clock }: GuardOptions): void {
  scope.decorateRequest('operator', null)
  scope.decorateRequest('deed', null)
  scope.addHook('onRequest', async (request, reply) => {
    if (guesses.isOver(request.raw)) return refuse(reply, { code: 'SHOAL_ERR_RATE_LIMITED' })
    reply.header('cache-control', 'no-store')
    const credentials = credentialsOf(request)
    request.operator = access.identify(credentials, clock.now())
    if (request.operator === null) {
      if (credentials.session !== null || credentials.bearer !== null) guesses.wrong(request.raw)
      return refuse(reply, { code: 'SHOAL_ERR_UNAUTHORISED' })
    }
    const needed = request.routeOptions.config.role ?? 'admin'
    if (!allows(request.operator.role, needed)) return refuse(reply, { code: 'SHOAL_ERR_FORBIDDEN', detail: `it takes the role ${needed}` })
  })
  // Before the answer leaves: whoever hears that something was done finds it in the log.
  scope.addHook('onSend', async (request, reply) => {
    const { operator, deed, params } = request
    const { deed: named } = request.routeOptions.config
    if (operator === null || named === undefined) return
    const { id, name } = params as { readonly id?: string; readonly name?: string }
    const { what = named, target = id ?? name ?? '' } = deed ?? {}
    await audit.record({ at: clock.now(), who: operator.who, what, target: target.slice(0, 200), refusal: reply.refusal })
  })
}
