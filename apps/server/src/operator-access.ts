import type { Clock } from '@shoal/coordinator'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { refuse } from './http-replies.ts'
import type { OperatorSessions } from './operator-sessions.ts'
import { bearerOf } from './request-session.ts'

export const OPERATOR_COOKIE = 'shoal_operator'

const loginSchema = z.strictObject({ token: z.string().max(200) })

export interface OperatorAccessOptions {
  readonly operators: OperatorSessions
  readonly clock: Clock
  readonly isSecure: boolean
  readonly loginsPerAddress: number
}

/** `POST /api/operator/login`: the one-time token against a cookie that scripts can not read and other sites can not send. */
export function registerOperatorLogin(app: FastifyInstance, { operators, clock, isSecure, loginsPerAddress }: OperatorAccessOptions): void {
  app.post('/api/operator/login', { config: { rateLimit: { max: loginsPerAddress, timeWindow: 60_000 } } }, async (request, reply) => {
    const parsed = loginSchema.safeParse(request.body)
    if (!parsed.success) return refuse(reply, { code: 'SHOAL_ERR_MALFORMED', detail: 'token' })
    const session = await operators.login(parsed.data.token, clock.now())
    if (!session.ok) return refuse(reply, session.failure)
    if (session.value === null)
      return refuse(reply, { code: 'SHOAL_ERR_UNAUTHORISED', detail: 'the token is not the one that the server printed last, or was used before' })
    return reply
      .setCookie(OPERATOR_COOKIE, session.value, { httpOnly: true, sameSite: 'strict', secure: isSecure, path: '/', maxAge: 30 * 24 * 3600 })
      .send({ ok: true })
  })
}

/** Lets only operators into the routes of `scope`. */
export function requireOperator(scope: FastifyInstance, operators: OperatorSessions, clock: Clock): void {
  scope.addHook('onRequest', async (request, reply) => {
    if (!isOperator(request, operators, clock)) return refuse(reply, { code: 'SHOAL_ERR_UNAUTHORISED' })
  })
}

const isOperator = (request: FastifyRequest, operators: OperatorSessions, clock: Clock): boolean =>
  operators.isValid({ session: request.cookies[OPERATOR_COOKIE] ?? null, bearer: bearerOf(request) }, clock.now())
