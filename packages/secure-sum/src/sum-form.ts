import { createRingCode, createRotation, emptyRingVector, encodeInto, norm as normOf, type RingVector, type Rotation } from '@shoal/numeric'
import { type AskId, type FederationId, isUpdateProcedure, NORM_BINS, PROCEDURES, type ProcedureName, type SumPurpose } from '@shoal/protocol'
import type { SumForm } from './sum-agreement.ts'

/** What differential privacy makes of a sum (privacy.md 2.7): worked out by the caller, alike on both sides. */
export interface SumNoise {
  /** Bits of one client's value, with room for the noise of all. */
  readonly valueBits: number
  /** Variance of the whole-numbered noise that each client adds to each word. */
  readonly clientVariance: number
  /** With fewer the sum would carry too little noise: it is not opened. */
  readonly leastSurvivors: number
}
/** Null where there is no room for the noise, or nobody left to add it. */
export type PlanNoise = (sum: { readonly clip: number; readonly range: number; readonly words: number; readonly cohortSize: number }) => SumNoise | null

/** What is asked, and what of the policy decides how the answer is written. */
export interface SumSubject {
  readonly procedure: ProcedureName
  /** Of the ask: they say where in an answer of points a loss stands. */
  readonly args?: unknown
  /** Entries of the answer's vector. */
  readonly length: number
  readonly ring: 16 | 32
  readonly clip: number
  /** Public; decides the rotation of an update. */
  readonly seed: string
  /** Null where sums carry no noise. */
  readonly planNoise: PlanNoise | null
}

/** The form of a sum over a cohort of some size, and the noise that goes into it. */
export interface PlannedForm extends SumForm {
  readonly noise: SumNoise | null
}

/** How one procedure's answer is written as whole numbers: known to client and server alike from the ask and the policy. */
export interface SumCoding {
  readonly purpose: SumPurpose
  /** Whether answers count by their weight, which then is the first word; else each counts once. */
  readonly isWeighed: boolean
  /** Entries of the answer's vector. */
  readonly length: number
  /** Words of a client. */
  readonly vectorLength: number
  /** Largest size of a word's value, a float32. */
  readonly range: number
  /** Largest norm of a weighed update beside its weight: what the client shortens it to. */
  readonly updateClip: number
  /** Null where a cohort of this size can not carry the noise. */
  formFor(cohortSize: number): PlannedForm | null
  /**
   * One client's words, without noise. `share`: its weight over the federation's largest, above 0 and at most 1. What the ring can not hold exactly is drawn by lot: `lots` gives so many uniform
   * 32-bit words, of a generator that nobody else can predict.
   */
  encode(answer: { readonly vector: Float32Array; readonly share: number }, form: PlannedForm, lots: (count: number) => Uint32Array): RingVector
  /** The values of a sum, in units of the range, as `sum of share * vector` and `sum of share`; null where that is no sum of at least one legal answer. */
  read(values: Float64Array): { readonly total: Float64Array; readonly share: number } | null
}

/** Standard deviations of a rotated coordinate up to which nothing is cut off (privacy.md 3.5): rotated coordinates are nearly normal. */
const DEVIATIONS_IN_RANGE = 5
/** Nats of a mean loss over examples. */
const LARGEST_LOSS = 16
/** Of a mean loss over points, in nats, and of a mean squared distance: densities of many dimensions come to hundreds. */
const LARGEST_LOSS_OF_POINTS = 4096
/** Size of an entry of a row, or of a point. */
const LARGEST_ROW_ENTRY = 64

interface SmallSum {
  readonly purpose: SumPurpose
  readonly isWeighed: boolean
  /** Largest norm of a client's words, its weight with them; each entry is at most 1. */
  readonly normFor: (length: number) => number
  /** What 1 stands for in each of an answer's entries; what is larger is cut off at it. */
  readonly unitsFor: (subject: Pick<SumSubject, 'length' | 'clip' | 'args'>) => (index: number) => number
}

const unitOf = (unit: number) => (): number => unit
/** Of so many entries of size 1 and a weight. */
const normOfAll = (length: number): number => Math.sqrt(length + 1)

/** Sums of 32-bit words without rotation, whose entries are of size 1 at most. */
const SMALL_SUMS: Partial<Record<ProcedureName, SmallSum>> = {
  /** [accuracy | loss] */
  evaluate: { purpose: 'metric', isWeighed: true, normFor: () => Math.sqrt(3), unitsFor: () => (index) => (index === 1 ? LARGEST_LOSS : 1) },
  /** [s | w R u | w | one-hot]: a sketch is about as long as what it is of, and cut off at twice the clip. */
  sketch: {
    purpose: 'moment',
    isWeighed: false,
    normFor: () => Math.sqrt(4),
    unitsFor:
      ({ length, clip }) =>
      (index) =>
        isOfUpdate(index, length) ? 2 * clip : 1,
  },
  /** [s | s s^T] */
  moments: { purpose: 'moment', isWeighed: false, normFor: () => Math.sqrt(2), unitsFor: () => unitOf(1) },
  /** |c (s - mu)| is at most 4, with s and mu within the unit ball. */
  project: { purpose: 'power', isWeighed: false, normFor: () => 1, unitsFor: () => unitOf(4) },
  histogram: { purpose: 'hist', isWeighed: false, normFor: () => 1, unitsFor: () => unitOf(1) },
  side: { purpose: 'lloyd', isWeighed: false, normFor: () => 1, unitsFor: () => unitOf(1) },
  /** For each block of a descriptor [1 where it is there | mean of its numbers | mean of their squares]. */
  describe: {
    purpose: 'moment',
    isWeighed: false,
    normFor: (length) => Math.sqrt(length),
    unitsFor: () => (index) => [1, LARGEST_ROW_ENTRY, LARGEST_ROW_ENTRY ** 2][index % 3],
  },
  /** Scaled descriptors. */
  'lloyd-descriptors': { purpose: 'lloyd', isWeighed: true, normFor: normOfAll, unitsFor: () => unitOf(LARGEST_ROW_ENTRY) },
  /** [squared distance] */
  'nearest-descriptor': { purpose: 'hist', isWeighed: false, normFor: () => 1, unitsFor: () => unitOf(LARGEST_LOSS_OF_POINTS) },
  /** [1 or 0], asked when the update is given already, and made of no update: a `metric`. */
  'check-drift': { purpose: 'metric', isWeighed: false, normFor: () => 1, unitsFor: () => unitOf(1) },
  /** [one-hot of K | K losses in the row of the choice | a difference of losses | one of K x K]: K + 3 entries at most are not 0. */
  choose: {
    purpose: 'hist',
    isWeighed: false,
    normFor: (length) => Math.sqrt(modelsOfChoice(length) + 3),
    unitsFor({ length }) {
      const models = modelsOfChoice(length)
      return (index) => (index >= models && index < models * (models + 2) ? LARGEST_LOSS : 1)
    },
  },
  /** For each restart [shares | share that changed | mean loss | each cluster's part of it | each cluster's margins]. Measured after the training too, and made of no update: a `metric`. */
  'assign-points': {
    purpose: 'metric',
    isWeighed: true,
    normFor: normOfAll,
    unitsFor({ args }) {
      const parsed = PROCEDURES['assign-points'].args.safeParse(args)
      if (!parsed.success) return unitOf(1) // without legal arguments there is no answer
      const { clusters } = parsed.data
      return (index) => (index % (3 * clusters + 2) > clusters ? LARGEST_LOSS_OF_POINTS : 1)
    },
  },
  /** [shares | mean squared distance] */
  'label-points': {
    purpose: 'hist',
    isWeighed: true,
    normFor: normOfAll,
    unitsFor:
      ({ length }) =>
      (index) =>
        index === length - 1 ? LARGEST_LOSS_OF_POINTS : 1,
  },
  /** Shares of the examples, 1 in all. Asked when the update is given already, and made of no update: a `metric`. */
  'count-labels': { purpose: 'metric', isWeighed: true, normFor: () => Math.sqrt(2), unitsFor: () => unitOf(1) },
  /** Means of points. */
  lloyd: { purpose: 'lloyd', isWeighed: true, normFor: normOfAll, unitsFor: () => unitOf(LARGEST_ROW_ENTRY) },
}

/** K of an answer of `choose`, which has 2 K (K + 1) entries. */
const modelsOfChoice = (length: number): number => Math.round((Math.sqrt(1 + 2 * length) - 1) / 2)

/** Whether an entry of `sketch` is of the weighed sketch of the update. */
function isOfUpdate(index: number, length: number): boolean {
  const sketchLength = (length - 1 - NORM_BINS) / 2
  return index >= sketchLength && index < 2 * sketchLength
}

/** The seed of a `SumSubject`, on both sides: every ask rotates updates in its own way. */
export const rotationSeedOf = (federation: FederationId, ask: AskId): string => `${federation}/${ask}`

/** Null where no masked sum can carry what the procedure gives. */
export function sumCodingOf(subject: SumSubject): SumCoding | null {
  const { procedure, length, ring, clip, seed, planNoise } = subject
  if (isUpdateProcedure(procedure)) return updateCoding(createRotation({ length, seed }), ring, clip, planNoise)
  const small = SMALL_SUMS[procedure]
  if (small === undefined) return null
  const { purpose, isWeighed, normFor, unitsFor } = small
  const unitAt = unitsFor(subject)
  const units = Float64Array.from({ length }, (_, index) => unitAt(index))
  return coding(
    { purpose, isWeighed, ring: 32, length, vectorLength: length + Number(isWeighed), clip: normFor(length), range: 1, weightUnit: 1, updateClip: clip },
    planNoise,
    {
      spread: (vector) => Float64Array.from(vector, (entry, index) => Math.max(-1, Math.min(1, entry / units[index]))),
      gather: (values) => values.map((value, index) => value * units[index]),
    },
  )
}

/** [share | share * rotated update]: rotation spreads heavy tails over all coordinates, so that one range fits them and few bits are wasted. */
function updateCoding({ length, rotate, restore, rotatedLength }: Rotation, ring: 16 | 32, clip: number, planNoise: PlanNoise | null): SumCoding {
  const range = Math.fround((DEVIATIONS_IN_RANGE * clip) / Math.sqrt(rotatedLength))
  // The weight is a coordinate like the others: with noise it counts for the norm, and must not take all of it.
  const weightUnit = planNoise === null ? range : Math.min(range, clip / 2)
  const updateClip = planNoise === null ? clip : Math.sqrt(clip ** 2 - weightUnit ** 2)
  return coding({ purpose: 'update', isWeighed: true, ring, length, vectorLength: rotatedLength + 1, clip, range, weightUnit, updateClip }, planNoise, {
    spread: rotate,
    gather: restore,
  })
}

/** A table of whole words, which have no range (`anonymous-rows.ts`). */
export const tableFormOf = (vectorLength: number, cohortSize: number): PlannedForm => ({
  ring: 32,
  vectorLength,
  blocks: 1,
  clip: 1,
  range: 1,
  valueBits: createRingCode(32, cohortSize).valueBits,
  noise: null,
})

/** Largest size of an entry of a procedure's rows: those of `sketch` are unit vectors. */
export const rowRangeOf = (procedure: ProcedureName): number => (procedure === 'sketch' ? 1 : LARGEST_ROW_ENTRY)

interface Shape {
  readonly purpose: SumPurpose
  readonly isWeighed: boolean
  readonly ring: 16 | 32
  readonly length: number
  readonly vectorLength: number
  readonly clip: number
  readonly range: number
  /** What a whole share is written as. */
  readonly weightUnit: number
  readonly updateClip: number
}

interface Arrangement {
  readonly spread: (vector: Float32Array) => Float32Array | Float64Array
  readonly gather: (values: Float64Array) => Float64Array
}

function coding(
  { purpose, isWeighed, ring, length, vectorLength, clip, range, weightUnit, updateClip }: Shape,
  planNoise: PlanNoise | null,
  { spread, gather }: Arrangement,
): SumCoding {
  const base = { ring, vectorLength, blocks: 1, clip: Math.fround(clip), range: Math.fround(range) }
  return {
    purpose,
    isWeighed,
    length,
    vectorLength,
    range: base.range,
    updateClip,
    formFor(cohortSize) {
      if (planNoise === null) return { ...base, valueBits: createRingCode(ring, cohortSize).valueBits, noise: null }
      const noise = planNoise({ clip, range, words: vectorLength, cohortSize })
      return noise === null ? null : { ...base, valueBits: noise.valueBits, noise }
    },
    encode({ vector, share }, { valueBits, noise }, lots) {
      const largest = 2 ** (valueBits - 1) - 1
      // The share that the ring can hold exactly is the one that weighs the vector: their quotient stays the mean.
      const exact = isWeighed ? Math.max(1, Math.floor(share * largest)) / largest : 1
      const spreadOut = spread(vector)
      const values = new Float64Array(vectorLength)
      const first = Number(isWeighed)
      if (isWeighed) values[0] = exact * weightUnit
      for (let index = 0; index < spreadOut.length; index += 1) values[first + index] = exact * spreadOut[index]
      if (noise !== null) shorten(values, base.clip) // the noise is sized for answers of this norm and no longer ones
      const words = emptyRingVector(ring, vectorLength)
      encodeInto(words, values, { code: { bits: ring, clients: 1, valueBits, largest }, range: base.range, words: lots })
      return words
    },
    read(values) {
      const share = isWeighed ? values[0] / weightUnit : 1
      return share > 0 ? { total: gather(isWeighed ? values.slice(1) : values), share } : null
    },
  }
}

function shorten(values: Float64Array, longest: number): void {
  const length = normOf(values)
  if (length > longest) for (let index = 0; index < values.length; index += 1) values[index] *= longest / length
}
