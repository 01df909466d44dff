import type { RingVector } from '@shoal/numeric'
import { clipInto, weightShare } from '@shoal/privacy'
import { type AskMessage, type Contribution, failed, type Masking, type Result, type SumManifest, type SumPurpose, succeeded } from '@shoal/protocol'
import {
  createReservation,
  ownedAfter,
  ROW_SLOTS_PER_CLIENT,
  type RowClaim,
  type RowSlots,
  readReservations,
  reservationLength,
  rowRangeOf,
  rowTableLength,
  type SumForm,
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
  expect(manifest: SumManifest): Result<{ readonly purpose: SumPurpose; readonly form: SumForm }>
  /** This client's words of the present sum, fresh each time. */
  write(cohortSize: number): RingVector
  /** What the present sum came to, where everybody learns it. */
  read(values: Float64Array, survivors: number): void
  rowPlace(): number | null
}

/** One part, in one sum. */
export function createPartWords(ask: AskMessage, contribution: Contribution & { kind: 'parts' }, { ring, clip }: Masking, lots: DrawWords): Result<SumWords> {
  const [part] = contribution.parts
  if (part === undefined || contribution.parts.length !== 1) return failed('SHOAL_ERR_PARTS', 'a masked sum takes one part of a client')
  const { vector, weight } = part
  const coding = sumCodingOf({ procedure: ask.procedure, length: vector.length, ring, clip, seed: `${ask.federation}/${ask.ask}` })
  if (coding === null) return failed('SHOAL_ERR_PROCEDURE_FAILED', `no masked sum carries what ${ask.procedure} gives`)
  return succeeded({
    length: vector.length,
    expect: () => succeeded({ purpose: coding.purpose, form: coding }),
    write(cohortSize) {
      // A copy: the answer itself stays for later questions of the round.
      const clipped = vector.slice()
      if (coding.purpose === 'update') clipInto(clipped, clip)
      return coding.encode({ vector: clipped, share: weightShare(weight, ask.maxWeight) }, cohortSize, lots).words
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

  const place = (): number | null => {
    const at = claim === null ? -1 : owned.findIndex(({ slot, tag }) => slot === claim?.slot && tag === claim.tag)
    return at === -1 ? null : at
  }
  const isPlaced = (): boolean => place() !== null

  return succeeded({
    length: row.length,
    expect({ purpose, cohortSize }) {
      if (purpose === 'rows') {
        if (owned.length === 0) return failed('SHOAL_ERR_SUM_MANIFEST', 'rows before places')
        present = purpose
        return succeeded({ purpose, form: tableFormOf(rowTableLength(owned.length, row.length)) })
      }
      present = 'reserve'
      slots ||= ROW_SLOTS_PER_CLIENT * cohortSize
      return succeeded({ purpose: 'reserve', form: tableFormOf(reservationLength(slots)) })
    },
    write() {
      if (present === 'rows') {
        const at = place()
        const table = { places: owned.length, rowLength: row.length, range }
        return at === null ? new Uint32Array(rowTableLength(table.places, row.length)) : masker.postRow(table, { place: at, row })
      }
      if (isPlaced()) return new Uint32Array(reservationLength(slots))
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
