import { norm } from '@shoal/numeric'
import type { DistilArgs, Distilled, DistilOptions } from '@shoal/protocol'
import type { Asking, Asks, ComputeAnswer, RoundContext } from './contract.ts'
import type { DisueOptions } from './disue-options.ts'
import { measureModel } from './measure.ts'

/** How careful the next distillation is (section 4.2, step 9). */
export interface Caution {
  /** Distillations in a row that did harm. */
  readonly harms: number
  /** The first round that distils again. */
  readonly offUntil: number
}

export const noCaution: Caution = { harms: 0, offUntil: 0 }
const HARMS_UNTIL_OFF = 2
const ROUNDS_OFF = 5
/** Ours: an expert so many times as long as the longest model that it is made of is garbage, whoever can not measure it. */
const LONGEST = 3

export const gentler = (options: DistilOptions, { harms }: Caution): DistilOptions =>
  harms === 0 ? options : { ...options, iterations: Math.ceil(options.iterations / 2), adversarial: options.adversarial / 2 }

export function cautionAfter({ harms }: Caution, didHarm: boolean, round: number): Caution {
  if (!didHarm) return noCaution
  // The pause over, the first distillation is a gentle one, and one harm more is the next pause.
  return harms + 1 < HARMS_UNTIL_OFF ? { harms: harms + 1, offUntil: 0 } : { harms: HARMS_UNTIL_OFF - 1, offUntil: round + 1 + ROUNDS_OFF }
}

/** What becomes of a distillation. */
export interface Verdict {
  /** Null: the average stands for the expert. */
  readonly expert: Float32Array | null
  readonly didHarm: boolean
  readonly signals: Readonly<Record<string, number>>
  readonly note: string
}

export const refused = (note: string, signals: Verdict['signals'] = {}, didHarm = false): Verdict => ({
  expert: null,
  didHarm,
  signals,
  note: `No expert: ${note}`,
})

/** What may be shown to clients, or why nothing may. */
export type Gated = { readonly passed: Float32Array } | { readonly passed: null; readonly fault: string }

/** Section 4.2, step 8: the gate on what was drawn, which the job keeps itself, and whether what came is a model at all. */
export function gateOn(answer: ComputeAnswer<Distilled>, { start, teachers }: Pick<DistilArgs, 'start' | 'teachers'>): Gated {
  const closed = (fault: string): Gated => ({ passed: null, fault })
  if ('failure' in answer) return closed(`the distillation came to nothing (${answer.failure.code}).`)
  const { universal, refusal } = answer.value
  if (refusal !== null) return closed(refusal)
  if (universal.length !== start.length || !universal.every(Number.isFinite)) return closed('what was distilled is no model.')
  const longest = Math.max(norm(start), ...teachers.map(norm))
  return norm(universal) > LONGEST * longest ? closed('what was distilled is far longer than any model that it is made of.') : { passed: universal }
}

/**
 * Section 4.2, step 9: those who would start from the expert say whether it is worth it.
 *
 * Difference from the specification, ours: at once, not with the next round's reports. Those would come when everybody has started from it already, from another cohort where
 * a share of the clients takes part, and compare this round's expert with one of another round; here both models are before the same clients, and nobody starts from the worse.
 */
export function* verdictOn(
  expert: Float32Array,
  average: Float32Array,
  { gateMargin, distil }: DisueOptions,
  ask: Asks,
  context: RoundContext,
): Asking<Verdict> {
  const { evaluation } = context
  const taken = (note: string, signals: Verdict['signals'] = {}): Verdict => ({ expert, didHarm: false, signals, note })
  if (!evaluation.onClients && !evaluation.onServer) return taken('The expert is taken on its own figures: nobody evaluates here.')
  const ours = (yield* measureModel(expert, ask, context)).accuracy
  const its = (yield* measureModel(average, ask, context)).accuracy
  if (ours === null || its === null) return refused('too few said how good it is.')
  const signals = { expertAccuracy: ours, averageAccuracy: its }
  const figures = `${percent(ours)} right, where the average of the clusters has ${percent(its)}`
  if (ours >= its) return taken(`The expert is taken: ${figures}.`, signals)
  const didHarm = ours < its - gateMargin
  return distil.isGated ? refused(`${figures}.`, signals, didHarm) : { ...taken(`The expert is taken without a gate: ${figures}.`, signals), didHarm }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
