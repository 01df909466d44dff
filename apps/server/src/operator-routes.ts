import type { Clock } from '@shoal/coordinator'
import {
  apiTokenListSchema,
  auditListSchema,
  createdApiTokenSchema,
  newApiTokenSchema,
  newPersonSchema,
  type OperatorSelf,
  operatorSelfSchema,
  passwordChangeSchema,
  personListSchema,
  roleChangeSchema,
} from '@shoal/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import * as z from 'zod'
import type { AuditLog } from './audit-log.ts'
import { refuse } from './http-replies.ts'
import type { OperatorAccess } from './operator-access.ts'
import { credentialsOf, OPERATOR_COOKIE } from './operator-guard.ts'
import { documented } from './route-documentation.ts'

export interface OperatorRoutesOptions {
  readonly access: OperatorAccess
  readonly audit: AuditLog
  readonly clock: Clock
}

const PERSON = { name: 'The name of the person.' }

const auditQuerySchema = z.strictObject({ before: z.coerce.number().int().min(0).optional() })

const malformed = (reply: FastifyReply, { issues }: { readonly issues: readonly z.core.$ZodIssue[] }): FastifyReply =>
  refuse(reply, { code: 'SHOAL_ERR_MALFORMED', detail: issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ') })

/** Routes of whoever is signed in, of the people and programs that are let in, and of the audit log. The scope they are registered in has checked who calls. */
export function registerOperatorRoutes(scope: FastifyInstance, options: OperatorRoutesOptions): void {
  registerSelf(scope, options)
  registerPeople(scope, options)
  registerTokens(scope, options)
  const { audit } = options
  const listed = documented({
    role: 'viewer',
    summary: 'Who did what, newest first, 200 at a time; `before` is the id to go on from.',
    query: auditQuerySchema,
    response: auditListSchema,
  })
  scope.get('/api/operator/audit', listed, async (request, reply) => {
    const query = auditQuerySchema.safeParse(request.query)
    return query.success ? audit.list(query.data.before ?? null) : malformed(reply, query.error)
  })
}

function registerSelf(scope: FastifyInstance, { access, clock }: OperatorRoutesOptions): void {
  const self = documented({ role: 'viewer', summary: 'Who is signed in.', response: operatorSelfSchema })
  scope.get('/api/operator/me', self, async ({ operator }, reply) => {
    if (operator === null) return refuse(reply, { code: 'SHOAL_ERR_UNAUTHORISED' })
    const answer: OperatorSelf = { name: operator.who, role: operator.role, hasPassword: operator.person?.hasPassword ?? false }
    return answer
  })

  scope.post(
    '/api/operator/logout',
    documented({ role: 'viewer', deed: 'logout', summary: 'End this session.', response: null, status: 204 }),
    async (request, reply) => {
      const { session } = credentialsOf(request)
      if (session !== null) {
        const ended = await access.logout(session)
        if (!ended.ok) return refuse(reply, ended.failure)
      }
      return reply.clearCookie(OPERATOR_COOKIE, { path: '/' }).code(204).send()
    },
  )

  const password = documented({
    role: 'viewer',
    deed: 'set-password',
    summary: 'Set one’s own password. Ends one’s other sessions.',
    body: passwordChangeSchema,
    response: null,
    status: 204,
  })
  scope.put('/api/operator/password', password, async (request, reply) => {
    const person = request.operator?.person ?? null
    if (person === null) return refuse(reply, { code: 'SHOAL_ERR_FORBIDDEN', detail: 'a program has no password' })
    request.deed = { target: person.name }
    const parsed = passwordChangeSchema.safeParse(request.body)
    if (!parsed.success) return malformed(reply, parsed.error)
    const set = await access.changePassword({ name: person.name, session: credentialsOf(request).session, ...parsed.data }, clock.now())
    return set.ok ? reply.code(204).send() : refuse(reply, set.failure)
  })
}

function registerPeople(scope: FastifyInstance, { access, clock }: OperatorRoutesOptions): void {
  scope.get('/api/operator/people', documented({ role: 'admin', summary: 'Everybody who may sign in.', response: personListSchema }), async () =>
    access.people(),
  )

  const add = documented({ role: 'admin', deed: 'add-person', summary: 'Let somebody in.', body: newPersonSchema, response: null, status: 204 })
  scope.post('/api/operator/people', add, async (request, reply) => {
    const parsed = newPersonSchema.safeParse(request.body)
    if (!parsed.success) return malformed(reply, parsed.error)
    request.deed = { target: parsed.data.name }
    const added = await access.addPerson(parsed.data, clock.now())
    return added.ok ? reply.code(204).send() : refuse(reply, added.failure)
  })

  const role = documented({
    role: 'admin',
    deed: 'set-role',
    summary: 'Give somebody another role, at once.',
    params: PERSON,
    body: roleChangeSchema,
    response: null,
    status: 204,
  })
  scope.put<{ Params: { name: string } }>('/api/operator/people/:name/role', role, async ({ params, body }, reply) => {
    const parsed = roleChangeSchema.safeParse(body)
    if (!parsed.success) return malformed(reply, parsed.error)
    const set = await access.setRole(params.name, parsed.data.role)
    return set.ok ? reply.code(204).send() : refuse(reply, set.failure)
  })

  const remove = documented({
    role: 'admin',
    deed: 'remove-person',
    summary: 'Remove somebody and end their sessions.',
    params: PERSON,
    response: null,
    status: 204,
  })
  scope.delete<{ Params: { name: string } }>('/api/operator/people/:name', remove, async ({ params }, reply) => {
    const removed = await access.removePerson(params.name)
    return removed.ok ? reply.code(204).send() : refuse(reply, removed.failure)
  })
}

function registerTokens(scope: FastifyInstance, { access, clock }: OperatorRoutesOptions): void {
  const list = documented({ role: 'admin', summary: 'The tokens of programs, without their secrets.', response: apiTokenListSchema })
  scope.get('/api/operator/tokens', list, async () => access.tokens.list())

  const create = documented({
    role: 'admin',
    deed: 'create-token',
    summary: 'Let a program in. The secret is in this answer alone.',
    body: newApiTokenSchema,
    response: createdApiTokenSchema,
    status: 201,
  })
  scope.post('/api/operator/tokens', create, async (request, reply) => {
    const parsed = newApiTokenSchema.safeParse(request.body)
    if (!parsed.success) return malformed(reply, parsed.error)
    const created = await access.tokens.create(parsed.data, clock.now())
    if (!created.ok) return refuse(reply, created.failure)
    request.deed = { target: created.value.id }
    return reply.code(201).header('cache-control', 'no-store').send(created.value)
  })

  const revoke = documented({
    role: 'admin',
    deed: 'revoke-token',
    summary: 'End a program’s token.',
    params: { id: 'The id of the token.' },
    response: null,
    status: 204,
  })
  scope.delete<{ Params: { id: string } }>('/api/operator/tokens/:id', revoke, async ({ params }, reply) => {
    const revoked = await access.tokens.revoke(params.id)
    if (!revoked.ok) return refuse(reply, revoked.failure)
    return revoked.value ? reply.code(204).send() : refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND' })
  })
}
