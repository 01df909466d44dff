import { createRingCode, createRotation, emptyRingVector, encodeInto, type RingCode, type RingVector, type Rotation } from '@shoal/numeric'
import type { ProcedureName, SumPurpose } from '@shoal/protocol'
import type { SumForm } from './sum-agreement.ts'

/** How one procedure's answer is written as whole numbers: known to client and server alike from the ask and the policy. */
export interface SumCoding extends SumForm {
  readonly purpose: SumPurpose
  /** Whether answers count by their weight, which then is the first word; else each counts once. */
  readonly isWeighed: boolean
  /**
   * One client's words. `share`: its weight over the federation's largest, above 0 and at most 1. What the ring can not hold exactly is drawn by lot: `lots` gives so many uniform 32-bit words, of a
   * generator that nobody else can predict. `cut` counts the entries that were too large and lost something.
   */
  encode(
    answer: { readonly vector: Float32Array; readonly share: number },
    cohortSize: number,
    lots: (count: number) => Uint32Array,
  ): { words: RingVector; cut: number }
  /** The values of a sum, in units of the range, as `sum of share * vector` and `sum of share`; null where that is no sum of at least one legal answer. */
  read(values: Float64Array): { readonly total: Float64Array; readonly share: number } | null
}

/** What is asked, and what of the policy decides how the answer is written. */
export interface SumSubject {
  readonly procedure: ProcedureName
  /** Entries of the answer's vector. */
  readonly length: number
  readonly ring: 16 | 32
  readonly clip: number
  /** Public; decides the rotation of an update. */
  readonly seed: string
}

/** Standard deviations of a rotated coordinate up to which nothing is cut off (privacy.md 3.5): rotated coordinates are nearly normal. */
const DEVIATIONS_IN_RANGE = 5
/** Nats of a mean loss. */
const LARGEST_LOSS = 16
/** A sketch bucket holds signed entries of one update, whose norm is at most the clip. */
const SKETCH_RANGE_IN_CLIPS = 2

/** Of a small sum: 32-bit words, no rotation, entries of at most this size. */
const SMALL_SUMS: Partial<Record<ProcedureName, { readonly purpose: SumPurpose; readonly isWeighed: boolean; readonly range: (clip: number) => number }>> = {
  evaluate: { purpose: 'metric', isWeighed: true, range: () => LARGEST_LOSS },
  sketch: { purpose: 'moment', isWeighed: false, range: (clip) => Math.max(1, SKETCH_RANGE_IN_CLIPS * clip) },
  moments: { purpose: 'moment', isWeighed: false, range: () => 1 },
  // |c (s - mu)| with s and mu within the unit ball
  project: { purpose: 'power', isWeighed: false, range: () => 4 },
  histogram: { purpose: 'hist', isWeighed: false, range: () => 1 },
  side: { purpose: 'lloyd', isWeighed: false, range: () => 1 },
}

/** Null where no masked sum can carry what the procedure gives. */
export function sumCodingOf({ procedure, length, ring, clip, seed }: SumSubject): SumCoding | null {
  if (procedure === 'train') return updateCoding(createRotation({ length, seed }), ring, clip)
  const small = SMALL_SUMS[procedure]
  if (small === undefined) return null
  const { purpose, isWeighed } = small
  const range = small.range(clip)
  const form: SumForm = {
    ring: 32,
    vectorLength: length + Number(isWeighed),
    blocks: 1,
    clip: Math.fround(range * Math.sqrt(length)),
    range: Math.fround(range),
  }
  return coding(form, purpose, isWeighed, { spread: (vector) => vector, gather: (values) => values })
}

/** [share | share * rotated update]: rotation spreads heavy tails over all coordinates, so that one range fits them and few bits are wasted. */
function updateCoding({ rotate, restore, rotatedLength }: Rotation, ring: 16 | 32, clip: number): SumCoding {
  const form: SumForm = {
    ring,
    vectorLength: rotatedLength + 1,
    blocks: 1,
    clip: Math.fround(clip),
    range: Math.fround((DEVIATIONS_IN_RANGE * clip) / Math.sqrt(rotatedLength)),
  }
  return coding(form, 'update', true, { spread: rotate, gather: restore })
}

interface Arrangement {
  readonly spread: (vector: Float32Array) => Float32Array | Float64Array
  readonly gather: (values: Float64Array) => Float64Array
}

function coding(form: SumForm, purpose: SumPurpose, isWeighed: boolean, { spread, gather }: Arrangement): SumCoding {
  const { ring, vectorLength, range } = form
  return {
    ...form,
    purpose,
    isWeighed,
    encode({ vector, share }, cohortSize, lots) {
      const code = createRingCode(ring, cohortSize)
      // The share that the ring can hold exactly is the one that weighs the vector: their quotient stays the mean.
      const exact = isWeighed ? wholeShareOf(share, code) : 1
      const spreadOut = spread(vector)
      const values = new Float64Array(vectorLength)
      const first = Number(isWeighed)
      if (isWeighed) values[0] = exact * range
      for (let index = 0; index < spreadOut.length; index += 1) values[first + index] = exact * spreadOut[index]
      const words = emptyRingVector(ring, vectorLength)
      const cut = encodeInto(words, values, { code, range, words: lots })
      return { words, cut }
    },
    read(values) {
      const share = isWeighed ? values[0] / range : 1
      if (!(share > 0)) return null
      return { total: gather(isWeighed ? values.slice(1) : values), share }
    },
  }
}

const wholeShareOf = (share: number, { largest }: RingCode): number => Math.max(1, Math.floor(share * largest)) / largest

/** A table of whole words, which have no range (`anonymous-rows.ts`). */
export const tableFormOf = (vectorLength: number): SumForm => ({ ring: 32, vectorLength, blocks: 1, clip: 1, range: 1 })

/** Largest size of an entry of a procedure's rows: those of `sketch` are unit vectors. */
export const rowRangeOf = (procedure: ProcedureName): number => (procedure === 'sketch' ? 1 : LARGEST_ROW_ENTRY)
const LARGEST_ROW_ENTRY = 64
