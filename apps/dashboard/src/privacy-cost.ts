import type { FederationConfig } from '@shoal/protocol'
import { formatBytes } from '@shoal/ui'

type Privacy = FederationConfig['privacy']

/** Measured (docs/benchmarks.md): bytes of an upload beside the numbers themselves. */
const BESIDE_SEALED = 180
const BESIDE_MASKED = 4890
/** Numbers of the model, volunteers, and seconds of a whole round without training in the measurement of a masked round beside a sealed one. */
const MEASURED = { numbers: 101_770, volunteers: 32, sealed: 0.2, masked: 1.7 }
/** Milliseconds of a volunteer's device for the masks of a million numbers, by bits of a word. */
const MASKING_MS = { 16: 106, 32: 164 }

/** Bytes that leave a volunteer's device in one training sum, about. */
export function uploadBytes(numbers: number, { level, encoding, masking }: Privacy): number {
  if (level === 'sealed') return numbers * (encoding === 'int8' ? 1 : 4) + BESIDE_SEALED
  return numbers * ((level === 'masked+dp' ? 32 : (masking?.ring ?? 16)) / 8) + BESIDE_MASKED
}

/** What a level costs in bytes and time, in words. `numbers` of the model; null where it is not made yet. */
export function costInWords(privacy: Privacy, numbers: number | null): string {
  const { level } = privacy
  const bytes =
    numbers === null
      ? 'As many bytes as the model takes; it is not made yet.'
      : `About ${formatBytes(uploadBytes(numbers, privacy))} leave each device in a round.`
  const { volunteers, sealed, masked } = MEASURED
  const measured = `${volunteers} volunteers with ${MEASURED.numbers.toLocaleString('en')} numbers on one machine of two cores`
  if (level === 'sealed') return `${bytes} Besides training a round took ${sealed} s, measured with ${measured}.`
  const ring = level === 'masked+dp' ? 32 : (privacy.masking?.ring ?? 16)
  const masks = numbers === null ? '' : ` The masks take a device about ${Math.max(1, Math.round((MASKING_MS[ring] * numbers) / 1e6))} ms.`
  return `${bytes}${masks} Besides training a round took ${masked} s in place of ${sealed} s, measured with ${measured}, which did the work of all devices.`
}
