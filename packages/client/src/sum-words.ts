import type { RingVector } from '@shoal/numeric'
import { addSkellam, clipInto, noisePlannerOf, weightShare } from '@shoal/privacy'
import { type AskMessage, type Contribution, failed, NORM_BINS, type Policy, type Result, type SumManifest, type SumPurpose, succeeded } from '@shoal/protocol'
import {
  createReservation,
  ownedAfter,
  type PlannedForm,
  placeOf,
  ROW_SLOTS_PER_CLIENT,
  type RowClaim,
  type RowSlots,
  readReservations,
  reservationLength,
  rotationSeedOf,
  rowRangeOf,
  rowTableLength,
  sumCodingOf,
  tableFormOf,
} from '@shoal/secure-sum'
import type { Masker } from './masker.ts'

/** So many uniform 32-bit words that nobody can predict. */
type DrawWords = (count: number) => Uint32Array

/** What one client's answer is in the words of the sums of an ask. */
export interface SumWords {
  /** Entries of the answer's vector. */
  readonly length: number
  /** What the manifest of the next sum must say. */
  expect(manifest: SumManifest): Result<{ readonly purpose: SumPurpose; readonly form: PlannedForm }>
  /** This client's words of the present sum, with its noise where there is any; fresh each time. */
  write(form: PlannedForm): RingVector
  /** What the present sum came to, where everybody learns it. */
  read(values: Float64Array, survivors: number): void
  rowPlace(): number | null
}

/** One part, in one sum. */
export function createPartWords(
  ask: AskMessage,
  contribution: Contribution & { kind: 'parts' },
  { masking, dp }: Policy['privacy'],
  lots: DrawWords,
): Result<SumWords> {
  const [part] = contribution.parts
  if (masking === undefined || part === undefined || contribution.parts.length !== 1)
    return failed('SHOAL_ERR_PARTS', 'a masked sum takes one part of a client')
  const { vector, weight } = part
  const coding = sumCodingOf({
    procedure: ask.procedure,
    length: vector.length,
    ring: masking.ring,
    clip: masking.clip,
    seed: rotationSeedOf(ask.federation, ask.ask),
    planNoise: noisePlannerOf(dp),
  })
  if (coding === null) return failed('SHOAL_ERR_PROCEDURE_FAILED', `no masked sum carries what ${ask.procedure} gives`)
  return succeeded({
    length: vector.length,
    expect({ cohortSize }) {
      const form = coding.formFor(cohortSize)
      if (form === null) return failed('SHOAL_ERR_SUM_MANIFEST', `${cohortSize} clients can not carry the noise`)
      return succeeded({ purpose: coding.purpose, form })
    },
    write(form) {
      // A copy: the answer itself stays for later questions of the round.
      const clipped = vector.slice()
      if (ask.procedure === 'sketch') roundEvidence(clipped, ask.maxWeight)
      if (coding.purpose === 'update') clipInto(clipped, coding.updateClip)
      const words = coding.encode({ vector: clipped, share: weightShare(weight, ask.maxWeight) }, form, lots)
      if (form.noise !== null) addSkellam(new Int32Array(words.buffer, words.byteOffset, words.length), form.noise.clientVariance, lots)
      return words
    },
    read: () => undefined,
    rowPlace: () => null,
  })
}

/** One row, in a table that shows no owners (privacy.md 2.5): a reservation, a second one where some collided, and the table. */
export function createRowWords(
  ask: AskMessage,
  contribution: Contribution & { kind: 'rows' },
  { lots, masker }: { readonly lots: DrawWords; readonly masker: Masker },
): Result<SumWords> {
  const [row] = contribution.rows
  if (row === undefined || contribution.rows.length !== 1) return failed('SHOAL_ERR_PARTS', 'a table takes one row of a client')
  const range = rowRangeOf(ask.procedure)
  let slots = 0
  let claim: RowClaim | null = null
  let first: RowSlots | null = null
  let owned: readonly RowClaim[] = []
  let losers = 0
  let present: SumPurpose = 'reserve'

  const place = (): number | null => (claim === null ? null : placeOf(owned, claim))

  return succeeded({
    length: row.length,
    expect({ purpose, cohortSize }) {
      if (purpose === 'rows') {
        if (owned.length === 0) return failed('SHOAL_ERR_SUM_MANIFEST', 'rows before places')
        present = purpose
        return succeeded({ purpose, form: tableFormOf(rowTableLength(owned.length, row.length), cohortSize) })
      }
      present = 'reserve'
      slots ||= ROW_SLOTS_PER_CLIENT * cohortSize
      return succeeded({ purpose: 'reserve', form: tableFormOf(reservationLength(slots), cohortSize) })
    },
    write() {
      if (present === 'rows') {
        const at = place()
        const table = { places: owned.length, rowLength: row.length, range }
        return at === null ? new Uint32Array(rowTableLength(table.places, row.length)) : masker.postRow(table, { place: at, row })
      }
      if (place() !== null) return new Uint32Array(reservationLength(slots))
      const reservation = createReservation({ slots, words: lots, ...(first === null ? {} : { among: first.free }) })
      claim = reservation.claim
      return reservation.words
    },
    read(values, survivors) {
      if (present === 'rows') return
      const table = readReservations(Uint32Array.from(values), first === null ? survivors : losers)
      if (table === null) return
      losers = survivors - table.owned.length
      owned = first === null ? table.owned : ownedAfter(first, table)
      first ??= table
    },
    rowPlace: place,
  })
}

/** [s | w R u | w | one-hot of the norm]: the weight stands in four steps here too (privacy.md 3.6 d), and the sketch is weighed by it. */
function roundEvidence(evidence: Float32Array, maxWeight: number): void {
  const length = (evidence.length - 1 - NORM_BINS) / 2
  const exact = evidence[2 * length]
  if (!(exact > 0)) return
  const share = weightShare(exact * maxWeight, maxWeight)
  for (let index = length; index < 2 * length; index += 1) evidence[index] *= share / exact
  evidence[2 * length] = share
}
