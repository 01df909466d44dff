import type { Clock } from '@shoal/coordinator'
import { type InviteView, inviteListSchema, inviteViewSchema, listedInviteSchema, newInviteSchema } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import type * as z from 'zod'
import type { FederationRegistry, ServedFederation } from './federation-registry.ts'
import { findFederation } from './federation-routes.ts'
import type { GuessLimit } from './guess-limit.ts'
import { refuse } from './http-replies.ts'
import type { Invite, InviteStore } from './invite-store.ts'
import { documented } from './route-documentation.ts'
import type { SampleShards } from './sample-shards.ts'

export interface InviteRoutesOptions {
  readonly registry: FederationRegistry
  readonly invites: InviteStore
  readonly guesses: GuessLimit
  readonly clock: Clock
  readonly samples: SampleShards
  readonly publicUrl: () => string
}

const FEDERATION = { id: 'The id of the federation.' }

/** What a volunteer opens. The federation's key stands in the fragment, which browsers never send: the page checks against it what this server says. */
export const inviteUrlOf = (publicUrl: string, { policy }: ServedFederation, token: string): string => `${publicUrl}/join/${token}#${policy.federationKey}`

/** The operator's routes for the invites of a federation. */
export function registerInviteRoutes(scope: FastifyInstance, { registry, invites, clock, publicUrl }: InviteRoutesOptions): void {
  const listed = (federation: ServedFederation, { federation: _federation, ...invite }: Invite): z.infer<typeof listedInviteSchema> => ({
    ...invite,
    url: inviteUrlOf(publicUrl(), federation, invite.token),
  })

  const create = documented({
    role: 'operator',
    deed: 'create-invite',
    summary: 'Make an invite, without an end or until a time, for any number of volunteers or so many.',
    params: FEDERATION,
    body: newInviteSchema,
    response: listedInviteSchema,
    status: 201,
  })
  scope.post<{ Params: { id: string } }>('/api/federations/:id/invites', create, async ({ params, body }, reply) => {
    const federation = findFederation(registry, params.id)
    if (!federation.ok) return refuse(reply, federation.failure)
    const request = newInviteSchema.safeParse(body ?? {})
    if (!request.success)
      return refuse(reply, {
        code: 'SHOAL_ERR_MALFORMED',
        detail: 'expiresAt is a time in milliseconds, or null; maxUses is a number from 1 to 1,000,000, or null',
      })
    const { expiresAt = null, maxUses = null } = request.data
    const invite = await invites.create({ federation: federation.value.host.id, expiresAt, maxUses }, clock.now())
    return invite.ok ? reply.code(201).send(listed(federation.value, invite.value)) : refuse(reply, invite.failure)
  })

  const list = documented({ role: 'viewer', summary: 'Every invite there ever was, oldest first.', params: FEDERATION, response: inviteListSchema })
  scope.get<{ Params: { id: string } }>('/api/federations/:id/invites', list, async ({ params }, reply) => {
    const federation = findFederation(registry, params.id)
    if (!federation.ok) return refuse(reply, federation.failure)
    return (await invites.list(federation.value.host.id)).map((invite) => listed(federation.value, invite))
  })

  const revoke = documented({
    role: 'operator',
    deed: 'revoke-invite',
    summary: 'End an invite. Who came in by it stays.',
    params: { ...FEDERATION, token: 'The token of the invite.' },
    response: null,
    status: 204,
  })
  scope.delete<{ Params: { id: string; token: string } }>('/api/federations/:id/invites/:token', revoke, async (request, reply) => {
    const { params } = request
    // As much of the token as tells one invite from another, and too little to join by.
    request.deed = { target: `${params.id} ${params.token.slice(0, 6)}` }
    const federation = findFederation(registry, params.id)
    if (!federation.ok) return refuse(reply, federation.failure)
    const revoked = await invites.revoke(federation.value.host.id, params.token, clock.now())
    if (!revoked.ok) return refuse(reply, revoked.failure)
    return revoked.value ? reply.code(204).send() : refuse(reply, { code: 'SHOAL_ERR_INVITE_INVALID' })
  })
}

/** What a volunteer's page reads before consent: the federation's signed policy. */
export function registerInviteView(app: FastifyInstance, { registry, invites, guesses, clock, samples }: InviteRoutesOptions): void {
  const view = documented({
    role: null,
    summary: 'What a volunteer is invited to: the signed policy.',
    params: { token: 'The token of the invite.' },
    response: inviteViewSchema,
  })
  app.get<{ Params: { token: string } }>('/api/invites/:token', view, async ({ params, raw }, reply) => {
    if (guesses.isOver(raw)) return refuse(reply, { code: 'SHOAL_ERR_RATE_LIMITED' })
    const invite = await invites.findValid(params.token, clock.now())
    const federation = invite === null ? undefined : registry.find(invite.federation)
    if (federation === undefined) {
      guesses.wrong(raw)
      return refuse(reply, { code: 'SHOAL_ERR_INVITE_INVALID' })
    }
    const view: InviteView = { federation: federation.host.id, policy: federation.policy, hasSamples: samples.suit(federation.host.state().config.data) }
    return reply.header('cache-control', 'no-store').send(view)
  })
}
