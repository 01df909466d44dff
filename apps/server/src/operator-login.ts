import type { IncomingMessage } from 'node:http'
import type { Clock } from '@shoal/coordinator'
import { loginSchema } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { AuditLog } from './audit-log.ts'
import { refuse } from './http-replies.ts'
import type { OperatorAccess } from './operator-access.ts'
import { OPERATOR_COOKIE } from './operator-guard.ts'
import { documented } from './route-documentation.ts'

export interface OperatorLoginOptions {
  readonly access: OperatorAccess
  readonly audit: AuditLog
  readonly clock: Clock
  /** Whether a request came by https: then its cookie goes by nothing else. */
  readonly isSecure: (request: IncomingMessage) => boolean
  readonly loginsPerAddress: number
}

/** `POST /api/operator/login`: the one-time token, or a name and a password, against a cookie that scripts can not read and other sites can not send. */
export function registerOperatorLogin(app: FastifyInstance, { access, audit, clock, isSecure, loginsPerAddress }: OperatorLoginOptions): void {
  const { config, ...options } = documented({
    role: null,
    summary: 'Sign in with the link of the start, or with a name and a password. Sets the cookie.',
    body: loginSchema,
    response: z.strictObject({ ok: z.literal(true) }),
  })
  const rateLimit = { max: loginsPerAddress, timeWindow: 60_000 }
  app.post('/api/operator/login', { ...options, config: { ...config, rateLimit } }, async (request, reply) => {
    const parsed = loginSchema.safeParse(request.body)
    if (!parsed.success) return refuse(reply, { code: 'SHOAL_ERR_MALFORMED', detail: 'a token, or a name and a password' })
    const at = clock.now()
    const session = await access.login(parsed.data, at)
    const refusal = session.ok ? null : session.failure.code
    // A name that nobody has is not written down: people type passwords into the wrong field.
    const name = 'name' in parsed.data ? (access.knows(parsed.data.name) ? parsed.data.name : 'nobody') : 'link'
    await audit.record({ at, who: session.ok ? session.value.person : name, what: 'login', target: name, refusal })
    if (!session.ok) return refuse(reply, session.failure)
    return reply
      .setCookie(OPERATOR_COOKIE, session.value.session, {
        httpOnly: true,
        sameSite: 'strict',
        secure: isSecure(request.raw),
        path: '/',
        maxAge: 30 * 24 * 3600,
      })
      .send({ ok: true })
  })
}
