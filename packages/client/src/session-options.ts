import type { FederationId, InviteToken, SignedPolicy } from '@shoal/protocol'

export interface SessionOptions {
  readonly federation: FederationId
  readonly invite: InviteToken
  /** Public key of the federation, URL-safe base64: from the link, never from the server. */
  readonly federationKey: string
  /** The text that the volunteer agreed to. */
  readonly policy: SignedPolicy
  /** This device's examples have no labels: it takes no part in rounds, finds on its own which group's model is for it, and tells nobody. */
  readonly isGuest?: boolean
}
