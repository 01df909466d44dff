import * as z from 'zod/mini'

/** Branded ids: a plain string can not be passed where one of these is asked for, nor one kind for another. */
export const federationIdSchema = z
  .string()
  .check(z.regex(/^fed-[a-z0-9]{8,32}$/))
  .brand<'FederationId'>()
export type FederationId = z.infer<typeof federationIdSchema>

/** Derived from the client's identity key: the same browser profile is the same client, whatever its connection. */
export const clientIdSchema = z
  .string()
  .check(z.regex(/^cl-[a-z0-9]{8,64}$/))
  .brand<'ClientId'>()
export type ClientId = z.infer<typeof clientIdSchema>

/** `<round>.<number of the ask within its round>`, unique within a federation. */
export const askIdSchema = z
  .string()
  .check(z.regex(/^\d{1,9}\.\d{1,4}$/))
  .brand<'AskId'>()
export type AskId = z.infer<typeof askIdSchema>

/** SHA-256 of a blob's bytes, lower-case hex. A model is named by it everywhere. */
export const digestSchema = z
  .string()
  .check(z.regex(/^[0-9a-f]{64}$/))
  .brand<'Digest'>()
export type Digest = z.infer<typeof digestSchema>

/** Bearer secret of one client's session; survives reloads and server restarts. */
export const sessionTokenSchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{43}$/))
  .brand<'SessionToken'>()
export type SessionToken = z.infer<typeof sessionTokenSchema>

export const inviteTokenSchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{16,64}$/))
  .brand<'InviteToken'>()
export type InviteToken = z.infer<typeof inviteTokenSchema>

/** A block of a sum: a cluster, or a (restart, model) pair. Small integers from 0. */
export const blockIdSchema = z.int().check(z.minimum(0), z.maximum(4095))
export type BlockId = number

export const askIdOf = (round: number, index: number): AskId => askIdSchema.parse(`${round}.${index}`)
