import { purposeNumber, SUM_FEDERATION_BYTES, type SumSlot, transcriptOf } from '@shoal/protocol'
import type { SecretCheck } from './secret-shares.ts'
import type { Sodium } from './sodium.ts'

const SEED_BYTES = 32
const IDENTITY_BYTES = 32

/** The sum that a client's own mask belongs to, and whose it is. privacy.md has the client's id here, which nobody knows yet when commitments are made: it is a place in the roster. */
export interface SeedPlace extends SumSlot {
  /** The client's Ed25519 key, 32 bytes. */
  readonly identityKey: Uint8Array
}

/** b of privacy.md 3.2 step 2: the seed of a client's own mask, under which its words stay hidden when the masks of its pairs had to be opened. */
export const createMaskSeed = (sodium: Sodium): Uint8Array => sodium.randombytes_buf(SEED_BYTES)

/** What is advertised of a seed before anybody has a share of it, 32 bytes; it binds the seed to this place and hides it. @throws RangeError unless federation, identity and seed have their lengths */
export function seedCommitmentOf(sodium: Sodium, { federation, epoch, round, cohort, purpose, identityKey }: SeedPlace, seed: Uint8Array): Uint8Array {
  if (federation.length !== SUM_FEDERATION_BYTES || identityKey.length !== IDENTITY_BYTES || seed.length !== SEED_BYTES)
    throw new RangeError(`a federation of ${federation.length} bytes, an identity of ${identityKey.length}, a seed of ${seed.length}`)
  return sodium.crypto_generichash(SEED_BYTES, transcriptOf('maskSeed', [federation, epoch, round, cohort, purposeNumber(purpose), identityKey, seed]), null)
}

export const opensCommitment =
  (sodium: Sodium, place: SeedPlace, commitment: Uint8Array): SecretCheck =>
  (seed) =>
    commitment.length === SEED_BYTES && sodium.memcmp(seedCommitmentOf(sodium, place, seed), commitment)
