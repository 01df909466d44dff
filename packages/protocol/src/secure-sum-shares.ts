import { createByteReader, createByteWriter, isAscending } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { readHeader, SHARE_BYTES, writeHeader } from './secure-sum-header.ts'

const SEAL_NONCE_BYTES = 24
const SEAL_TAG_BYTES = 16
const SEALED_BYTES = SEAL_NONCE_BYTES + 2 * SHARE_BYTES + SEAL_TAG_BYTES

/** One client's share of the two secrets of another, sealed for its eyes so that the server only carries it. */
export interface SealedShares {
  /** Place in the roster: whom they are for in #3, whose they are in #4. */
  readonly peer: number
  /** 106 bytes: nonce 24, then two shares of 33 and the tag 16 of XChaCha20-Poly1305. */
  readonly sealed: Uint8Array
}

/** Message #3 (`out`: a client to its peers) or #4 (`in`: from its peers to a client). */
export interface ShareDelivery {
  readonly direction: 'out' | 'in'
  readonly cohort: number
  /** By rising peer, one for each. */
  readonly shares: readonly SealedShares[]
}

/** 8 + 108 for each peer. */
export function encodeShares({ direction, cohort, shares }: ShareDelivery): Uint8Array {
  const writer = writeHeader(createByteWriter(), kindOf(direction), cohort).u16(shares.length)
  for (const { peer, sealed } of shares) writer.u16(peer).bytes(sealed, SEALED_BYTES)
  return writer.finish()
}

export function decodeShares(
  frame: Uint8Array,
  { direction, rosterSize }: { readonly direction: 'out' | 'in'; readonly rosterSize: number },
): Result<ShareDelivery> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, kindOf(direction))
  const shares = reader.list(reader.u16(), () => ({ peer: reader.u16(), sealed: reader.bytes(SEALED_BYTES) }))
  const peers = shares.map(({ peer }) => peer)
  if (!isAscending(peers) || peers.some((peer) => peer >= rosterSize)) reader.refuse('shares out of order or of nobody')
  return reader.finish({ direction, cohort, shares })
}

const kindOf = (direction: 'out' | 'in') => (direction === 'out' ? 'sharesOut' : 'sharesIn')
