import { createByteReader, createByteWriter } from './byte-layout.ts'
import type { Result } from './errors.ts'
import { NONCE_BYTES, readHeader, SHARE_BYTES, SIGNATURE_BYTES, writeHeader } from './secure-sum-header.ts'
import { isIn, type RosterSet } from './secure-sum-survivors.ts'

/**
 * What a client gives away of one member: a share of its seed, a share of its private mask key, or nothing (it never got one). There is no way to write both: with both
 * secrets a member's vector lies open.
 */
export type Revealed = { readonly of: 'nothing' } | { readonly of: 'seed' | 'key'; readonly share: Uint8Array }

const REVEALED = ['nothing', 'seed', 'key'] as const

/** Message #9, and with it #7. */
export interface Unmasking {
  readonly cohort: number
  /** One for each member, in the order of the roster. */
  readonly revealed: readonly Revealed[]
  /** What `nonceCommitment` is the hash of. The table of privacy.md 3.1 has no field for it, but 3.4 has it revealed here. */
  readonly nonce: Uint8Array
  /** Of `survivorsSignedPart`. */
  readonly signature: Uint8Array
}

/** 104 + 34 for each member. */
export function encodeUnmasking({ cohort, revealed, nonce, signature }: Unmasking): Uint8Array {
  const writer = writeHeader(createByteWriter(), 'unmask', cohort).u16(revealed.length)
  for (const entry of revealed) {
    writer.u8(REVEALED.indexOf(entry.of))
    if (entry.of === 'nothing') writer.zeros(SHARE_BYTES)
    else writer.bytes(entry.share, SHARE_BYTES)
  }
  return writer.bytes(nonce, NONCE_BYTES).bytes(signature, SIGNATURE_BYTES).finish()
}

/** Refuses a share of a survivor's mask key or of another member's seed: the set that was proposed alone decides which of the two may be known. */
export function decodeUnmasking(frame: Uint8Array, survivors: RosterSet): Result<Unmasking> {
  const reader = createByteReader(frame)
  const cohort = readHeader(reader, 'unmask')
  if (reader.u16() !== survivors.size) reader.refuse('not one entry for each member')
  const revealed = reader.list(survivors.size, (id): Revealed => {
    const kind = reader.u8()
    if (kind === REVEALED.indexOf('nothing')) {
      reader.zeros(SHARE_BYTES)
      return { of: 'nothing' }
    }
    const of = isIn(survivors, id) ? 'seed' : 'key'
    if (kind !== REVEALED.indexOf(of)) reader.refuse(`a share that is none of the ${of} of member ${id}`)
    return { of, share: reader.bytes(SHARE_BYTES) }
  })
  return reader.finish({ cohort, revealed, nonce: reader.bytes(NONCE_BYTES), signature: reader.bytes(SIGNATURE_BYTES) })
}
