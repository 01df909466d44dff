import type { Clock } from '@shoal/coordinator'
import type { InviteView } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { FederationRegistry, ServedFederation } from './federation-registry.ts'
import { findFederation } from './federation-routes.ts'
import { refuse } from './http-replies.ts'
import type { Invite, InviteStore } from './invite-store.ts'
import type { SampleShards } from './sample-shards.ts'

export interface InviteRoutesOptions {
  readonly registry: FederationRegistry
  readonly invites: InviteStore
  readonly clock: Clock
  readonly samples: SampleShards
  readonly publicUrl: () => string
}

const inviteRequestSchema = z.strictObject({ expiresAt: z.int().min(0).nullable() }).partial()

/** What a volunteer opens. The federation's key stands in the fragment, which browsers never send: the page checks against it what this server says. */
export const inviteUrlOf = (publicUrl: string, { policy }: ServedFederation, token: string): string => `${publicUrl}/join/${token}#${policy.federationKey}`

/** The operator's routes for the invites of a federation. */
export function registerInviteRoutes(scope: FastifyInstance, { registry, invites, clock, publicUrl }: InviteRoutesOptions): void {
  const listed = (federation: ServedFederation, invite: Invite): Invite & { url: string } => ({
    ...invite,
    url: inviteUrlOf(publicUrl(), federation, invite.token),
  })

  scope.post<{ Params: { id: string } }>('/api/federations/:id/invites', async ({ params, body }, reply) => {
    const federation = findFederation(registry, params.id)
    if (!federation.ok) return refuse(reply, federation.failure)
    const request = inviteRequestSchema.safeParse(body ?? {})
    if (!request.success) return refuse(reply, { code: 'SHOAL_ERR_MALFORMED', detail: 'expiresAt is a time in milliseconds, or null' })
    const invite = await invites.create({ federation: federation.value.host.id, expiresAt: request.data.expiresAt ?? null }, clock.now())
    return invite.ok ? reply.code(201).send(listed(federation.value, invite.value)) : refuse(reply, invite.failure)
  })

  scope.get<{ Params: { id: string } }>('/api/federations/:id/invites', async ({ params }, reply) => {
    const federation = findFederation(registry, params.id)
    if (!federation.ok) return refuse(reply, federation.failure)
    return (await invites.list(federation.value.host.id)).map((invite) => listed(federation.value, invite))
  })

  scope.delete<{ Params: { id: string; token: string } }>('/api/federations/:id/invites/:token', async ({ params }, reply) => {
    const federation = findFederation(registry, params.id)
    if (!federation.ok) return refuse(reply, federation.failure)
    const revoked = await invites.revoke(federation.value.host.id, params.token, clock.now())
    if (!revoked.ok) return refuse(reply, revoked.failure)
    return revoked.value ? reply.code(204).send() : refuse(reply, { code: 'SHOAL_ERR_INVITE_INVALID' })
  })
}

/** What a volunteer's page reads before consent: the federation's signed policy. */
export function registerInviteView(app: FastifyInstance, { registry, invites, clock, samples }: InviteRoutesOptions): void {
  app.get<{ Params: { token: string } }>('/api/invites/:token', async ({ params }, reply) => {
    const invite = await invites.findValid(params.token, clock.now())
    const federation = invite === null ? undefined : registry.find(invite.federation)
    if (federation === undefined) return refuse(reply, { code: 'SHOAL_ERR_INVITE_INVALID' })
    const view: InviteView = { federation: federation.host.id, policy: federation.policy, hasSamples: samples.count > 0 }
    return reply.header('cache-control', 'no-store').send(view)
  })
}
