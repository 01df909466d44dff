import {
  createSodiumSealer,
  createVolunteerSession,
  type DeviceStorage,
  type Procedures,
  type Sealer,
  type Sodium,
  type Transport,
  type VolunteerSession,
} from '@shoal/client'
import { loadSodium, verifyPolicy } from '@shoal/privacy'
import { type FederationId, type InviteToken, inviteViewSchema, type Policy, ShoalError, type SignedPolicy } from '@shoal/protocol'

/** What an invite link tells, checked as a page checks it. */
export interface Invitation {
  readonly origin: string
  readonly invite: InviteToken
  readonly federation: FederationId
  /** URL-safe base64, from the link. */
  readonly federationKey: string
  readonly signed: SignedPolicy
  readonly policy: Policy
}

/** Reads an invite link. Rejects with ShoalError: SHOAL_ERR_UNREACHABLE, SHOAL_ERR_INVITE_INVALID, SHOAL_ERR_POLICY_UNVERIFIED. */
export async function readInvitation(link: string): Promise<Invitation> {
  const { origin, pathname, hash } = new URL(link)
  const invite = pathname.split('/').at(-1) as InviteToken
  const response = await fetch(`${origin}/api/invites/${invite}`).catch((error: unknown) => {
    throw new ShoalError({ code: 'SHOAL_ERR_UNREACHABLE', detail: `${origin}: ${String(error)}` })
  })
  const view = inviteViewSchema.safeParse(await response.json().catch(() => null))
  if (!view.success) throw new ShoalError({ code: 'SHOAL_ERR_INVITE_INVALID' })
  const federationKey = hash.slice(1)
  const verified = verifyPolicy(await loadSodium(), view.data.policy, federationKey)
  if (!verified.ok) throw new ShoalError(verified.failure)
  return { origin, invite, federation: view.data.federation, federationKey, signed: view.data.policy, policy: verified.value.policy }
}

export interface ProtocolClientOptions {
  readonly sodium: Sodium
  readonly invitation: Invitation
  readonly transport: Transport
  /** Who it is and what it remembers: a client that comes back with the storage of an earlier one is the same person. */
  readonly storage: DeviceStorage
  readonly procedures: (sealer: Sealer) => Procedures
}

const timers = {
  now: () => performance.now(),
  after(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** A volunteer's real session in Node, not started: keys, envelopes and masks are those of a tab. What it computes is given. */
export async function createProtocolClient({ sodium, invitation, transport, storage, procedures }: ProtocolClientOptions): Promise<VolunteerSession> {
  const { federation, invite, federationKey, signed } = invitation
  const sealer = await createSodiumSealer({ sodium, subtle: crypto.subtle, storage, federation })
  return createVolunteerSession({ transport, storage, timers, sealer, procedures: procedures(sealer) }, { federation, invite, federationKey, policy: signed })
}
