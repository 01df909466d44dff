import type { RingVector } from '@shoal/numeric'
import { decodeShares, encodeShares, type KeyAdvertisement, type SumManifest } from '@shoal/protocol'
import type { MaskSuite } from './mask-stream.ts'
import type { Sodium } from './sodium.ts'
import { type AgreedSum, createOwnKeys, createSecretStore, dealShares, maskWords, openDelivery } from './sum-secrets.ts'
import { unwrap } from './testing-manifest.ts'

/** For tests: a member that says to the others what an honest one would, and tells its operator all that it knows. */
export interface Colluder {
  readonly advertisement: KeyAdvertisement
  /** #3 under any agreement that it is shown. */
  deal(agreement: Agreement): Promise<Uint8Array>
  /** What it holds of the others after #4, both shares of each. */
  heldAfter(agreement: Agreement, delivery: Uint8Array): AgreedSum['held']
  /** Its words under its masks with all of the members, in place. */
  mask(agreement: Agreement, words: RingVector, suite: MaskSuite): Promise<void>
  readonly seed: Uint8Array
}

export interface Agreement {
  readonly ownId: number
  readonly members: readonly KeyAdvertisement[]
  readonly transcript: Uint8Array
}

export function createColluder(sodium: Sodium, manifest: SumManifest): Colluder {
  const secrets = createSecretStore(sodium)
  const own = createOwnKeys(sodium, manifest, sodium.crypto_sign_keypair(), secrets)
  const agreedOn = (agreement: Agreement): AgreedSum => ({ ...agreement, manifest, own, held: new Map() })
  return {
    advertisement: own.advertisement,
    seed: own.seed,
    deal: async (agreement) => unwrap(await dealShares(sodium, agreedOn(agreement), secrets)),
    heldAfter: (agreement, delivery) => {
      const agreed = agreedOn(agreement)
      unwrap(openDelivery(sodium, agreed, delivery, secrets))
      return agreed.held
    },
    mask: async (agreement, words, suite) => {
      const agreed = agreedOn(agreement)
      const nothing = { seedShare: new Uint8Array(0), keyShare: new Uint8Array(0) }
      for (const id of agreement.members.keys()) agreed.held.set(id, nothing)
      unwrap(await maskWords(sodium, suite, agreed, { words, hasLeft: () => false }))
    },
  }
}

/** #4 for one member: of all #3, by place, what is for it. */
export function deliveryFor(to: number, { cohort }: SumManifest, dealt: readonly Uint8Array[]): Uint8Array {
  const shares = dealt.flatMap((frame, from) => {
    const { shares: all } = unwrap(decodeShares(frame, { direction: 'out', rosterSize: dealt.length }))
    return from === to ? [] : all.filter(({ peer }) => peer === to).map(({ sealed }) => ({ peer: from, sealed }))
  })
  return encodeShares({ direction: 'in', cohort, shares })
}
