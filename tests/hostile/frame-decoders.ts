import {
  decodeAdvertisement,
  decodeManifest,
  decodeMaskedInput,
  decodeProposal,
  decodeRoster,
  decodeShares,
  decodeSumResult,
  decodeUnmasking,
  encodeAdvertisement,
  encodeManifest,
  encodeMaskedInput,
  encodeProposal,
  encodeRoster,
  encodeShares,
  encodeSumResult,
  encodeUnmasking,
  isRecomputable,
  type Result,
  type SumFrameKind,
} from '@shoal/protocol'
import { mutateBytes } from './byte-mutator.ts'
import { createDecoder, type Decoder } from './decoder.ts'
import type { RecordedSum } from './recorded-sums.ts'

/** What a receiver of frames knows about the sum. */
interface Reading<Value> {
  decode(frame: Uint8Array): Result<Value>
  encode(value: Value): Uint8Array
}

/** The reading of each kind of frame: a kind without one does not compile. */
const READINGS: { readonly [Kind in SumFrameKind]: (sum: RecordedSum) => Reading<never> } = {
  manifest: () => ({ decode: decodeManifest, encode: encodeManifest }),
  advertisement: () => ({ decode: decodeAdvertisement, encode: encodeAdvertisement }),
  roster: () => ({ decode: decodeRoster, encode: encodeRoster }),
  sharesOut: ({ rosterSize }) => ({ decode: (frame) => decodeShares(frame, { direction: 'out', rosterSize }), encode: encodeShares }),
  sharesIn: ({ rosterSize }) => ({ decode: (frame) => decodeShares(frame, { direction: 'in', rosterSize }), encode: encodeShares }),
  input: ({ manifest, rosterSize }) => ({ decode: (frame) => decodeMaskedInput(frame, { ...manifest, rosterSize }), encode: encodeMaskedInput }),
  proposal: ({ manifest, rosterSize }) => ({
    decode: (frame) => decodeProposal(frame, { rosterSize, recomputable: isRecomputable(manifest) }),
    encode: encodeProposal,
  }),
  unmask: ({ survivors }) => ({ decode: (frame) => decodeUnmasking(frame, survivors), encode: encodeUnmasking }),
  result: ({ manifest, rosterSize }) => ({ decode: (frame) => decodeSumResult(frame, { ...manifest, rosterSize }), encode: encodeSumResult }),
} as { readonly [Kind in SumFrameKind]: (sum: RecordedSum) => Reading<never> }

/** Every frame of the recorded sums, with all others as donors: other kinds, other clients, other rounds. */
export function frameDecoders(sums: readonly RecordedSum[]): Decoder[] {
  const donors = sums.flatMap(({ frames }) => [...frames.values()].flat())
  return sums.flatMap((sum) =>
    Object.entries(READINGS).map(([kind, readingOf]) => {
      const samples = sum.frames.get(kind as SumFrameKind) ?? []
      if (samples.length === 0) throw new Error(`no ${kind} of a ${sum.manifest.purpose} sum was recorded`)
      const name = `${kind} (${sum.manifest.purpose})`
      return createDecoder<Uint8Array, never>({
        name,
        samples,
        donors,
        mutate: mutateBytes,
        isCanonical: true,
        sizeOf: ({ length }) => length,
        ...readingOf(sum),
      })
    }),
  )
}
