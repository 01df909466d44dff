import type { SigningKeyPair } from '@shoal/privacy'
import type { FederationId, Result, SignedPolicy } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'

/** What makes a federation the same one after a restart: the key that signs for it, and the policy exactly as it was signed at creation. */
export interface FederationSecrets {
  readonly keyPair: SigningKeyPair
  readonly policy: SignedPolicy
}

export interface FederationSecretStore {
  find(federation: FederationId): Promise<FederationSecrets | null>
  save(federation: FederationId, secrets: FederationSecrets): Promise<Result<unknown>>
}

export function createFederationSecretStore({ db }: Database): FederationSecretStore {
  return {
    async find(federation) {
      const row = await db.selectFrom('federation_secrets').selectAll().where('federation', '=', federation).executeTakeFirst()
      if (row === undefined) return null
      const keyPair = { publicKey: row.public_key, privateKey: new Uint8Array(row.private_key) }
      return { keyPair, policy: { text: row.policy_text, federationKey: row.public_key, signature: row.policy_signature } }
    },
    save: (federation, { keyPair, policy }) =>
      attempted(() =>
        db
          .insertInto('federation_secrets')
          .values({
            federation,
            public_key: keyPair.publicKey,
            private_key: Buffer.from(keyPair.privateKey),
            policy_text: policy.text,
            policy_signature: policy.signature,
          })
          .execute(),
      ),
  }
}
