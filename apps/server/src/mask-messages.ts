import type { RingBits } from '@shoal/numeric'
import type { MaskSuiteId } from '@shoal/secure-sum'

/** A stretch of a vector and the masks to put on it. Both buffers are the thread's until it answers. */
export interface MaskTask {
  readonly id: number
  readonly suite: MaskSuiteId
  readonly ring: RingBits
  readonly words: ArrayBuffer
  /** Of the masks, the one that meets the first of these words. */
  readonly firstWord: number
  /** Each mask's key, 32 bytes, one after the other. */
  readonly keys: Uint8Array<ArrayBuffer>
  readonly blocks: Uint32Array<ArrayBuffer>
  readonly signs: Int8Array<ArrayBuffer>
}

export interface MaskedStretch {
  readonly id: number
  readonly words: ArrayBuffer
}

export const MASK_KEY_BYTES = 32
