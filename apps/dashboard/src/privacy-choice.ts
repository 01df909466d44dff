import { MAX_SUM_COHORT, type Masking, type Noise, type PrivacyLevel, type Robust, type View } from '@shoal/protocol'
import { smallestSum } from './sum-figures.ts'

/** A privacy level in the words of the form. What volunteers read of it before they agree is longer; the server's refusals have the last word. */
export interface LevelChoice {
  readonly level: PrivacyLevel
  readonly title: string
  readonly sentence: string
}

export const LEVEL_CHOICES: readonly [LevelChoice, ...LevelChoice[]] = [
  {
    level: 'masked',
    title: 'Only sums can be read',
    sentence:
      'Each device hides its update under random numbers that cancel out in the sum of all. This server, as long as it follows the protocol, sees sums and no update.',
  },
  {
    level: 'masked+dp',
    title: 'Only sums with noise',
    sentence:
      'Besides, each device adds noise: what all its sums tell of a volunteer stays below a limit. Costs accuracy; for small models, or hundreds of volunteers.',
  },
  {
    level: 'sealed',
    title: 'Encrypted to the operator',
    sentence: 'Nobody on the way can read an update. This server opens each of them to add them up, and whoever runs it could look.',
  },
]

/** Where the page does not know the name, the first. */
export const levelOf = (name: string): PrivacyLevel => (LEVEL_CHOICES.find(({ level }) => level === name) ?? LEVEL_CHOICES[0]).level

export const levelInWords = (level: PrivacyLevel): string => LEVEL_CHOICES.find((choice) => choice.level === level)?.title ?? level

/** What a strategy may find groups from, in words. */
export const VIEW_TITLES: Readonly<Record<View, string>> = { sums: 'Totals only', rows: 'A sketch from each volunteer' }

/** The same, and who sees it at this level. */
export function viewInWords(view: View, level: PrivacyLevel): string {
  if (level === 'sealed')
    return view === 'sums'
      ? 'Only sums over many volunteers are compared; nobody’s single update is.'
      : 'A short sketch of each single update is compared with the others: more exact, and it shows more.'
  return view === 'sums'
    ? 'Only sums are compared, and each device finds out for itself which group it belongs to. This server learns the groups, and no sketch of a single update.'
    : 'A short sketch of each update is compared with the others, in a table that does not say whose it is. More exact, and it shows more: the most frequent label behind a sketch, for instance.'
}

/** What may stand for the mean of a round's updates, against volunteers who give false ones. */
export interface RobustChoice {
  readonly rule: Exclude<Robust, 'mean'>
  readonly title: string
}

const ROBUST_CHOICES: readonly RobustChoice[] = [
  { rule: 'clipped', title: 'Their mean, none longer than the middle one' },
  { rule: 'median', title: 'Number by number, the middle one' },
  { rule: 'trimmed', title: 'Number by number, the mean of the middle half' },
]

/** None where sums carry noise. At level `masked` devices shorten their updates themselves. */
export const robustAt = (level: PrivacyLevel): readonly RobustChoice[] =>
  ROBUST_CHOICES.filter(({ rule }) => level === 'sealed' || (level === 'masked' && rule !== 'clipped'))

/** What that comes to at a level, and what it costs. */
export const robustInWords = (level: PrivacyLevel): string =>
  level === 'sealed'
    ? 'Fewer than half of the volunteers, or a quarter with the middle half, can not turn the model with false updates. Each counts alike, whatever it has; where volunteers differ, the model gets worse. The server keeps single updates until a round is closed.'
    : 'Compares the means of several sums, five or more; with fewer it is the mean, and the round says so. Fewer false volunteers than half of the sums can not turn the model. Where volunteers differ, it gets worse.'

/** Federations that may run with fewer volunteers than this work with sums over few of them. */
const SMALL_FEDERATION = 16
/** Below this a sum is over so few that volunteers are told. */
export const USUAL_K_MIN = 8
const USUAL_COHORT = 32

/** How sums are masked unless somebody says otherwise. */
export function usualMasking(level: PrivacyLevel, volunteers: number): Masking {
  const kMin = volunteers >= SMALL_FEDERATION ? USUAL_K_MIN : 3
  // Each opened sum carries noise of its own: the fewer there are, the less noise there is in the end.
  const cohortSize = Math.min(MAX_SUM_COHORT, Math.max(USUAL_COHORT, volunteers || 0))
  return level === 'masked+dp' ? { kMin, cohortSize, kDiff: 3, ring: 32, clip: 1 } : { kMin, cohortSize: USUAL_COHORT, kDiff: 3, ring: 16, clip: 10 }
}

/** One volunteer in so many is taken to add no noise. */
const HONEST_PER_COLLUDER = 10

export const usualNoise = (volunteers: number, cohortSize: number): Noise => ({
  noiseMultiplier: 4,
  delta: 1e-5,
  budget: 8,
  assumeDropped: 0.3,
  assumeColluding: Math.floor(smallestSum(volunteers, cohortSize) / HONEST_PER_COLLUDER) || 0,
})
