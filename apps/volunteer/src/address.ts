import { type Failure, failed, type InviteToken, inviteTokenSchema, type Result, succeeded } from '@shoal/protocol'

/** What an invite link says: `/join/<invite>?backend=<name>#<federation's public key>`. */
export interface Address {
  readonly invite: InviteToken
  /** URL-safe base64. From the fragment, which no browser sends to a server: what the server says is checked against it. */
  readonly federationKey: string
  /** A compute backend by name, or `auto`. */
  readonly backend: string
}

const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/

const incomplete = (detail: string): { ok: false; failure: Failure } => failed('SHOAL_ERR_INVITE_INVALID', detail)

export function parseAddress(href: string): Result<Address> {
  const { pathname, searchParams, hash } = new URL(href)
  const invite = inviteTokenSchema.safeParse(/^\/join\/([^/]+)\/?$/.exec(pathname)?.[1])
  if (!invite.success) return incomplete('the link holds no invite; copy all of it')
  const federationKey = hash.slice(1)
  if (!PUBLIC_KEY.test(federationKey)) return incomplete('the link has lost its key, the part after #; copy all of it')
  return succeeded({ invite: invite.data, federationKey, backend: searchParams.get('backend') ?? 'auto' })
}
