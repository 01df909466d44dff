import { type Encoding, failed, type PrivacyLevel, type Result, type Robust, succeeded, type View } from '@shoal/protocol'
import { ENGLISH_LEVELS, type LevelPhrases } from './level-phrases.ts'

/** A privacy level in words for a volunteer. Pages show these sentences and claim nothing beyond them. */
export interface LevelFacts {
  readonly title: string
  /** How a result travels. */
  readonly way: string
  readonly operatorSees: readonly string[]
  readonly operatorDoesNotSee: readonly string[]
  readonly othersDoNotSee: readonly string[]
  readonly limits: readonly string[]
}

/** What of a policy decides the words. What it leaves open is taken as the least protection: least sums of three, nobody verified. */
export interface LevelTerms {
  readonly level: PrivacyLevel
  readonly view: View
  /** Where sums are masked: the least number of volunteers in a sum that is opened. */
  readonly masking?: { readonly kMin: number } | undefined
  /** Volunteers of a sum whom this one, or an organisation that it trusts, has verified. */
  readonly minVerifiedPeers?: number | undefined
}

const LEAST_KMIN = 3
/** Below this a policy counts as small (privacy.md 2.1). */
const USUAL_KMIN = 8

/** What a level promises, and what it does not, under the terms of a policy; in the words of `phrases`. */
export function factsOf(terms: LevelTerms, phrases: LevelPhrases = ENGLISH_LEVELS): LevelFacts {
  switch (terms.level) {
    case 'sealed':
      return sealedFacts(phrases)
    case 'masked':
      return maskedFacts(terms, phrases)
    case 'masked+dp':
      return noisyFacts(terms, phrases)
  }
}

/** The pairing, if a strategy that works from `views`, at `levels` or at all of them, with `centres` or any of them, can run so; else SHOAL_ERR_IMPOSSIBLE_PAIRING with the reason. */
export function checkPairing(
  views: readonly View[],
  {
    level,
    view,
    encoding,
    robust = 'mean',
  }: { readonly level: PrivacyLevel; readonly view: View; readonly encoding?: Encoding | undefined; readonly robust?: Robust | undefined },
  levels?: readonly PrivacyLevel[],
  centres?: readonly Robust[],
): Result<{ level: PrivacyLevel; view: View }> {
  if (levels !== undefined && !levels.includes(level))
    return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `the strategy works at ${levels.join(' or ')}, not at ${level}`)
  if (centres !== undefined && !centres.includes(robust))
    return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `the strategy works with ${centres.join(' or ')} of updates, not with ${robust}`)
  if (encoding === 'int8' && level !== 'sealed') return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', 'encoding int8 is of level sealed')
  // What stands for a mean of noisy sums is another thing with every amount of noise; nobody has measured it.
  if (robust !== 'mean' && level === 'masked+dp') return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `sums with noise are added up, not compared: robust ${robust}`)
  if (robust === 'clipped' && level === 'masked')
    return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', 'nobody sees how long an update is: at level masked devices shorten them to privacy.masking.clip')
  if (!views.includes(view)) return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `the strategy works from ${views.join(' or ')}, not from ${view}`)
  // Only sums take noise well: on one row so much would be needed that no group could be told (privacy.md 2.4).
  if (level === 'masked+dp' && view !== 'sums') return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `level ${level} works from sums, not from ${view}`)
  return succeeded({ level, view })
}

function sealedFacts({ sealed: { title, way, operatorSees, othersDoNotSee, updateLimit }, staysHere, pageLimit }: LevelPhrases): LevelFacts {
  return { title, way, operatorSees, operatorDoesNotSee: [staysHere], othersDoNotSee: [othersDoNotSee], limits: [updateLimit, pageLimit] }
}

function maskedFacts({ view, masking = { kMin: LEAST_KMIN }, minVerifiedPeers = 0 }: LevelTerms, phrases: LevelPhrases): LevelFacts {
  const { kMin } = masking
  const { masked, staysHere, hiddenByMasks, hiddenFromOthers, takesPart, onlySums, sybils, pageLimit } = phrases
  const knowsOthers = minVerifiedPeers >= kMin - 1
  const hasRows = view === 'rows'
  return {
    title: knowsOthers ? masked.title : masked.titleUnverified,
    way: phrases.masks,
    operatorSees: [onlySums(kMin), groupsOf(view, phrases), takesPart],
    operatorDoesNotSee: [staysHere, hiddenByMasks, ...(hasRows ? [masked.notWhichRow] : [])],
    othersDoNotSee: [hiddenFromOthers],
    limits: [
      `${sybils} ${knowsOthers ? phrases.verifiedOthers(minVerifiedPeers) : phrases.unverifiedOthers(minVerifiedPeers)}`,
      masked.tellTales,
      ...smallLimits(kMin, phrases),
      masked.manyRounds,
      ...(hasRows ? [masked.rowsAmongFew] : []),
      masked.sumLimit,
      pageLimit,
    ],
  }
}

function noisyFacts({ view, masking = { kMin: LEAST_KMIN }, minVerifiedPeers = 0 }: LevelTerms, phrases: LevelPhrases): LevelFacts {
  const { kMin } = masking
  const { noisy, masks, staysHere, hiddenByMasks, hiddenFromOthers, takesPart, sybils, pageLimit } = phrases
  return {
    title: noisy.title,
    way: `${masks} ${noisy.noise}`,
    operatorSees: [noisy.onlySums(kMin), groupsOf(view, phrases), takesPart],
    operatorDoesNotSee: [staysHere, hiddenByMasks, noisy.notBeyondLimit],
    othersDoNotSee: [hiddenFromOthers],
    limits: [
      `${sybils} ${noisy.noNoiseFromSybils} ${noisy.verified(minVerifiedPeers)}`,
      noisy.outsideLimit,
      ...smallLimits(kMin, phrases),
      noisy.worseModel,
      pageLimit,
    ],
  }
}

const groupsOf = (view: View, { rows, groupSums }: LevelPhrases): string => (view === 'rows' ? rows : groupSums)

const smallLimits = (kMin: number, { smallSums }: LevelPhrases): string[] => (kMin < USUAL_KMIN ? [smallSums(kMin)] : [])
