import { type FederationConfig, MAX_SUM_COHORT, type Masking, type Noise } from '@shoal/protocol'
import { levelOf, robustAt, USUAL_K_MIN, usualMasking, usualNoise } from './privacy-choice.ts'
import { type StrategyChoice, viewUnder } from './strategy-choice.ts'
import { leastCohortSize, smallestSum, sureToStay } from './sum-figures.ts'

/** What the form asks for on who may see what. Numbers may be left empty: then they are as usual. */
export const PRIVACY_FIELDS = [
  'level',
  'view',
  'encoding',
  'robust',
  'kMin',
  'cohortSize',
  'ring',
  'clip',
  'noiseMultiplier',
  'budget',
  'delta',
  'droppedPercent',
  'colluding',
] as const
export type PrivacyField = (typeof PRIVACY_FIELDS)[number]
export type PrivacyDraft = Readonly<Record<PrivacyField, string>>

/** What is read of the texts, right or wrong: a number that is none is NaN. */
export interface PrivacyReading {
  readonly privacy: FederationConfig['privacy']
  /** What it would be with every number left empty. */
  readonly usual: { readonly masking: Masking; readonly noise: Noise }
  readonly problems: Partial<Readonly<Record<PrivacyField | 'volunteers', string>>>
}

/** The protocol's bounds. */
const LEAST_K_MIN = 3
const LARGEST_CLIP = 1000
const LARGEST_NOISE = 1000
const LARGEST_BUDGET = 1000

/** `volunteers`: NaN where that field is wrong. */
export function readPrivacy(draft: PrivacyDraft, choice: StrategyChoice, volunteers: number): PrivacyReading {
  const level = levelOf(draft.level)
  const view = viewUnder(choice, level, draft.view)
  const problems: Partial<Record<PrivacyField | 'volunteers', string>> = {}
  const read = (field: PrivacyField, usual: number, isRight: (value: number) => boolean, problem: string): number => {
    const value = draft[field].trim() === '' ? usual : Number(draft[field])
    if (!isRight(value)) problems[field] = problem
    return value
  }
  const whole = (field: PrivacyField, usual: number, from: number, to: number): number =>
    read(field, usual, (value) => Number.isInteger(value) && value >= from && value <= to, `A whole number from ${from} to ${to}.`)
  const above = (field: PrivacyField, usual: number, to: number): number =>
    read(field, usual, (value) => value > 0 && value <= to, `A number above 0 and up to ${to}.`)

  const usual = usualMasking(level, volunteers)
  const encoding = draft.encoding === 'int8' ? { encoding: 'int8' as const } : {}
  const rule = robustAt(level).find((choice) => choice.rule === draft.robust)?.rule
  const robust = rule === undefined ? {} : { robust: rule }
  if (level === 'sealed')
    return { privacy: { level, view, ...encoding, ...robust }, usual: { masking: usual, noise: usualNoise(volunteers, usual.cohortSize) }, problems }

  const masking: Masking = {
    kMin: whole('kMin', usual.kMin, LEAST_K_MIN, MAX_SUM_COHORT),
    cohortSize: whole('cohortSize', usual.cohortSize, LEAST_K_MIN, MAX_SUM_COHORT),
    kDiff: usual.kDiff,
    ring: level === 'masked' && draft.ring !== '' ? (draft.ring === '32' ? 32 : 16) : usual.ring,
    clip: above('clip', usual.clip, LARGEST_CLIP),
  }
  const { kMin, cohortSize } = masking
  if (cohortSize < leastCohortSize(kMin))
    problems.cohortSize ??= `Some sums come out a quarter smaller: for ${kMin} in each this must be ${leastCohortSize(kMin)} or more.`
  if (volunteers < kMin) problems.volunteers = tooFewFor(kMin)
  const usualHere = usualNoise(volunteers, cohortSize)
  if (level === 'masked') return { privacy: { level, view, ...robust, masking }, usual: { masking: usual, noise: usualHere }, problems }

  const dp: Noise = {
    noiseMultiplier: above('noiseMultiplier', usualHere.noiseMultiplier, LARGEST_NOISE),
    budget: above('budget', usualHere.budget, LARGEST_BUDGET),
    delta: read('delta', usualHere.delta, (value) => value > 0 && value < 1, 'A number above 0 and below 1: one over many more than there are volunteers.'),
    assumeDropped: read('droppedPercent', 100 * usualHere.assumeDropped, (value) => value >= 0 && value <= 90, 'A number from 0 to 90.') / 100,
    assumeColluding: whole('colluding', usualHere.assumeColluding, 0, MAX_SUM_COHORT),
  }
  const sure = sureToStay(smallestSum(volunteers, cohortSize), dp)
  if (problems.droppedPercent === undefined && dp.assumeColluding >= sure)
    problems.colluding ??= `Only ${sure} are sure to stay: of them somebody must add noise.`
  return { privacy: { level, view, masking, dp }, usual: { masking: usual, noise: usualHere }, problems }
}

const tooFewFor = (kMin: number): string =>
  kMin === LEAST_K_MIN
    ? 'Sums are over 3 volunteers or more. For fewer there is “Encrypted to the operator”.'
    : `No sum over fewer than ${kMin} is opened: as many volunteers are needed, or a smaller number under “Advanced”.`

/** Whether sums are over so few that volunteers are told. */
export const isSmall = ({ kMin }: Masking): boolean => kMin < USUAL_K_MIN
