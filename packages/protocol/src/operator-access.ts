import * as z from 'zod/mini'
import { inviteTokenSchema } from './ids.ts'

/** Who may do what on the operator's side; each role may do what those before it may. `viewer` looks, `operator` commands federations, `admin` lets people in. */
export const roleSchema = z.enum(['viewer', 'operator', 'admin'])
export type Role = z.infer<typeof roleSchema>

export const personNameSchema = z.string().check(z.regex(/^[\w.@-]{1,60}$/))
export const LEAST_PASSWORD_LENGTH = 12
export const passwordSchema = z.string().check(z.minLength(LEAST_PASSWORD_LENGTH), z.maxLength(200))

/** POST /api/operator/login: the link of the first start, or a name and a password. */
export const loginSchema = z.union([
  z.strictObject({ token: z.string().check(z.maxLength(200)) }),
  z.strictObject({ name: personNameSchema, password: z.string().check(z.maxLength(200)) }),
])
export type Login = z.infer<typeof loginSchema>

/** GET /api/operator/me. `hasPassword` is false after a first visit by link, and for API tokens. */
export const operatorSelfSchema = z.strictObject({ name: z.string(), role: roleSchema, hasPassword: z.boolean() })
export type OperatorSelf = z.infer<typeof operatorSelfSchema>

/** PUT /api/operator/password. `current` is null for who has none yet. */
export const passwordChangeSchema = z.strictObject({ current: z.nullable(z.string().check(z.maxLength(200))), password: passwordSchema })

/** POST /api/operator/people (admin). */
export const newPersonSchema = z.strictObject({ name: personNameSchema, role: roleSchema, password: passwordSchema })
/** GET /api/operator/people (admin). */
export const personListSchema = z.array(z.strictObject({ name: z.string(), role: roleSchema, createdAt: z.number() }))
export type PersonList = z.infer<typeof personListSchema>

/** PUT /api/operator/people/<name>/role (admin). */
export const roleChangeSchema = z.strictObject({ role: roleSchema })

/** POST /api/operator/tokens (admin): an API token. */
export const newApiTokenSchema = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(60)),
  role: roleSchema,
  expiresAt: z.nullable(z.number()),
})
/** GET /api/operator/tokens (admin). The secret itself is in the answer to its creation alone, as `secret`. */
const apiTokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  createdAt: z.number(),
  expiresAt: z.nullable(z.number()),
  lastUsedAt: z.nullable(z.number()),
})
export const apiTokenListSchema = z.array(apiTokenSchema)
export type ApiTokenList = z.infer<typeof apiTokenListSchema>
/** What the creation of an API token answers, once. */
export const createdApiTokenSchema = z.extend(apiTokenSchema, { secret: z.string() })

/** GET /api/operator/audit?before=<id>: who did what, newest first, at most 200 at a time. */
export const auditListSchema = z.array(
  z.strictObject({
    id: z.int(),
    at: z.number(),
    /** A person's name, `token <name>`, or `configuration`. */
    who: z.string(),
    /** `start-federation`, `create-invite` ... */
    what: z.string(),
    /** The federation, invite or person that it was done to; never a secret. */
    target: z.string(),
    /** Null where it was done; else the code of the refusal. */
    refusal: z.nullable(z.string()),
  }),
)
export type AuditList = z.infer<typeof auditListSchema>

/** POST /api/federations/<id>/invites. */
export const newInviteSchema = z.strictObject({
  /** Milliseconds since the epoch; null or left out for an invite without an end. */
  expiresAt: z.optional(z.nullable(z.number().check(z.minimum(0)))),
  /** First visits that it lets in; null or left out for any number. */
  maxUses: z.optional(z.nullable(z.int().check(z.minimum(1), z.maximum(1_000_000)))),
})
/** GET /api/federations/<id>/invites. */
export const listedInviteSchema = z.strictObject({
  token: inviteTokenSchema,
  url: z.string(),
  createdAt: z.number(),
  expiresAt: z.nullable(z.number()),
  revokedAt: z.nullable(z.number()),
  maxUses: z.nullable(z.int()),
  uses: z.int(),
})
export const inviteListSchema = z.array(listedInviteSchema)
export type InviteList = z.infer<typeof inviteListSchema>
