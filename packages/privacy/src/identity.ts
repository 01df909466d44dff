import { type ClientId, clientIdSchema, type FederationId, failed, type Result, succeeded, transcriptOf } from '@shoal/protocol'
import { createSigningKeyPair, isSignedBy, type SigningKeyPair, signatureOf } from './signing-key.ts'
import type { Sodium } from './sodium.ts'

const CLIENT_ID_BYTES = 16

/** Who a volunteer's browser profile is within one federation. A profile makes one per federation, so that federations can not link it. */
export const createIdentity = (sodium: Sodium): SigningKeyPair => createSigningKeyPair(sodium)

/** What the server's challenge asks for: `nonce` is the challenge's text as it arrived. */
export interface Challenge {
  readonly federation: FederationId
  readonly nonce: string
}

/** `proof` of a join message: a signature over the federation and this connection's nonce, worthless on any other connection. */
export const proveIdentity = (sodium: Sodium, identity: SigningKeyPair, challenge: Challenge): string =>
  signatureOf(sodium, identity, joinTranscriptOf(challenge))

/** The client that proved itself, or SHOAL_ERR_IDENTITY_UNPROVEN. `identity` and `proof` are as the join message brought them; `challenge` is the server's own. */
export function verifyIdentity(sodium: Sodium, claim: { readonly identity: string; readonly proof: string }, challenge: Challenge): Result<ClientId> {
  if (!isSignedBy(sodium, claim.identity, joinTranscriptOf(challenge), claim.proof)) return failed('SHOAL_ERR_IDENTITY_UNPROVEN')
  return succeeded(clientIdOf(sodium, claim.identity, challenge.federation))
}

/** The same browser profile is the same client, whatever its connection. Base64 of a verified key is canonical, so its text may be hashed as it is. */
export function clientIdOf(sodium: Sodium, identityPublicKey: string, federation: FederationId): ClientId {
  const hash = sodium.crypto_generichash(32, transcriptOf('clientId', [federation, identityPublicKey]), null)
  return clientIdSchema.parse(`cl-${sodium.to_hex(hash.subarray(0, CLIENT_ID_BYTES))}`)
}

const joinTranscriptOf = ({ federation, nonce }: Challenge): Uint8Array => transcriptOf('join', [federation, nonce])
