import type { RingVector } from '@shoal/numeric'

/** The same places of one answer twice: what this device computed, and what left in their stead. */
export interface Comparison {
  /** By what the answer was hidden: masks that only the sum over all takes away, or encryption to the aggregator. */
  readonly hiddenBy: 'masks' | 'encryption'
  /** Numbers in the whole answer. */
  readonly length: number
  /** Which of them are shown, evenly spread. */
  readonly places: readonly number[]
  /** Known to this device alone; never sent. */
  readonly clear: readonly number[]
  /** What their bits, as they left, say as whole numbers. */
  readonly sent: readonly number[]
  /** Largest size of an entry of `sent`. */
  readonly sentLimit: number
}

/** Compares two states of one answer, which may share their memory: the first is looked at now. */
export interface ComparisonDraft {
  with(words: RingVector): Comparison
}

const MOST_PLACES = 64

function placesIn(length: number): readonly number[] {
  const count = Math.min(MOST_PLACES, length)
  return Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * length) / count))
}

/** `words`, before they are masked; `unit` is what 1 of them stands for. */
export function draftComparison(words: RingVector, unit: number): ComparisonDraft {
  const places = placesIn(words.length)
  const clear = signedOf(words, places).map((word) => word * unit)
  return {
    with: (masked) => ({
      hiddenBy: 'masks',
      length: words.length,
      places,
      clear,
      sent: signedOf(masked, places),
      sentLimit: 2 ** (8 * words.BYTES_PER_ELEMENT - 1),
    }),
  }
}

const signedOf = (words: RingVector, places: readonly number[]): number[] => {
  const signed = words instanceof Uint16Array ? new Int16Array(1) : new Int32Array(1)
  return places.map((place) => {
    signed[0] = words[place]
    return signed[0]
  })
}

/** Of the tag that ends a sealed body. */
const TAG_BYTES = 16

/**
 * A frame and its sealed bytes. Both ciphers add a stream to the frame, so that the bytes of one number stay in one place, counted from the end. `count` numbers of one byte or of float32 end the
 * frame. Null where the body has no room for the frame.
 */
export function compareSealed(frame: Uint8Array, body: Uint8Array, { count, width }: { readonly count: number; readonly width: 1 | 4 }): Comparison | null {
  const frameStart = body.length - TAG_BYTES - frame.length
  const start = frame.length - count * width
  if (frameStart < 0 || start < 0) return null
  const places = placesIn(count)
  const clear = viewOf(frame)
  const sealed = viewOf(body)
  return {
    hiddenBy: 'encryption',
    length: count,
    places,
    clear: places.map((place) => (width === 1 ? clear.getInt8(start + place) : clear.getFloat32(start + place * width, true))),
    sent: places.map((place) => {
      const at = frameStart + start + place * width
      return width === 1 ? sealed.getInt8(at) : sealed.getInt32(at, true)
    }),
    sentLimit: 2 ** (8 * width - 1),
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength)
