import type { PrivacyLevel, View } from '@shoal/protocol'

/** A strategy in the words of the form, and what a federation starts with under it. The server has the strategies themselves and checks what it is sent. */
export interface StrategyChoice {
  readonly name: string
  /** As people who know the papers call it. */
  readonly acronym: string
  readonly title: string
  readonly sentence: string
  /** What it can work from, default first. */
  readonly views: readonly [View, ...View[]]
  readonly train: { readonly steps: number; readonly batchSize?: number; readonly learningRate: number }
  readonly rounds: number
  readonly volunteers: number
  /** Percent; null: no round ends it early. */
  readonly targetPercent: number | null
  /** Masked sums of a round in which nothing is decided, besides those of a decision on groups: what a budget is spent on. */
  readonly sumsPerRound: number
  /** What its groups are made of; null where everybody stays together. */
  readonly groupsOf: 'volunteers' | 'points' | null
  /** Null where the fewest volunteers of a group are not for the operator to say. */
  readonly groups: GroupChoice | null
}

export interface GroupChoice {
  /** The strategy's option for the fewest clients of a group. */
  readonly option: string
  readonly smallest: number
  /** No group is looked for among fewer volunteers. */
  readonly fewestVolunteers: number
}

/** Measured to find planted groups of five in every seed tried, by every view. */
const GROUPED = { train: { steps: 32, learningRate: 0.1 }, rounds: 16, volunteers: 15, targetPercent: null, sumsPerRound: 3, groupsOf: 'volunteers' } as const

export const STRATEGY_CHOICES: readonly [StrategyChoice, ...StrategyChoice[]] = [
  {
    name: 'fedavg',
    acronym: 'FedAvg',
    title: 'One model for everybody',
    sentence: 'What all volunteers learn is averaged into one shared model.',
    views: ['sums'],
    train: { steps: 100, learningRate: 0.1 },
    rounds: 20,
    volunteers: 4,
    targetPercent: 95,
    sumsPerRound: 2,
    groupsOf: null,
    groups: null,
  },
  {
    name: 'cfl',
    acronym: 'CFL',
    title: 'Groups found by splitting',
    sentence: 'Starts with one model; where the volunteers’ updates pull apart, their group is split in two, and each part goes on with a model of its own.',
    views: ['sums', 'rows'],
    ...GROUPED,
    groups: { option: 'smallestPart', smallest: 3, fewestVolunteers: 4 },
  },
  {
    name: 'ocfl',
    acronym: 'OCFL',
    title: 'Groups found once',
    sentence: 'Starts with one model; when the direction that all share is used up, all groups are found at once, and each goes on with a model of its own.',
    views: ['rows', 'sums'],
    ...GROUPED,
    groups: { option: 'minClusterSize', smallest: 3, fewestVolunteers: 6 },
  },
  {
    name: 'ifca',
    acronym: 'IFCA',
    title: 'Groups that volunteers choose',
    sentence:
      'Trains as many models as you say side by side; in every round each volunteer’s device tries them all and trains the one that fits its data best.',
    views: ['sums', 'rows'],
    ...GROUPED,
    rounds: 15,
    volunteers: 16,
    groups: null,
  },
  {
    name: 'flux',
    acronym: 'FLUX',
    title: 'Groups found from fingerprints',
    sentence:
      'After a few rounds each device describes its examples in a few hundred numbers; whose numbers lie near are one group. Who comes later, even without labels, finds its group by them.',
    views: ['rows', 'sums'],
    ...GROUPED,
    rounds: 10,
    groups: null,
  },
  {
    name: 'uifca',
    acronym: 'UIFCA',
    title: 'Groups of points, by models of them',
    sentence: 'For points without classes: every single point goes, on its own device, to the model that finds it most likely. Nobody else learns which.',
    views: ['sums', 'rows'],
    train: { steps: 15, batchSize: 64, learningRate: 0.01 },
    rounds: 60,
    volunteers: 4,
    targetPercent: null,
    sumsPerRound: 2,
    groupsOf: 'points',
    groups: null,
  },
  {
    name: 'k-fed',
    acronym: 'k-FED',
    title: 'Groups of points, at once',
    sentence: 'For points without classes: every device sends the middles of its own groups, once; groups of all are found from these in a single round.',
    views: ['rows', 'sums'],
    train: { steps: 15, batchSize: 64, learningRate: 0.02 },
    rounds: 1,
    volunteers: 4,
    targetPercent: null,
    sumsPerRound: 2,
    groupsOf: 'points',
    groups: null,
  },
]

/** What distils one expert out of the models of all groups, beside any strategy that makes such. */
export const EXPERT = 'disue'
export const takesExpert = ({ groupsOf }: Pick<StrategyChoice, 'groupsOf'>): boolean => groupsOf === 'volunteers'

/** The first where the page does not know the name. */
export const choiceOf = (name: string): StrategyChoice => STRATEGY_CHOICES.find((choice) => choice.name === name) ?? STRATEGY_CHOICES[0]

/** The levels that a strategy works at: noise would pass for groups. */
export const isPossibleAt = (level: PrivacyLevel, { groupsOf }: Pick<StrategyChoice, 'groupsOf'>): boolean => level !== 'masked+dp' || groupsOf === null

/** What a strategy can work from at this level, default first: one row would need so much noise that no group could be told. */
export const viewsAt = (level: PrivacyLevel, { views }: StrategyChoice): readonly [View, ...View[]] => (level === 'masked+dp' ? ['sums'] : views)

/** The view of that name if the strategy can work from it, else its default. */
export function viewUnder(choice: StrategyChoice, level: PrivacyLevel, name: string): View {
  const views = viewsAt(level, choice)
  return views.find((view) => view === name) ?? views[0]
}

/** `cfl` -> `Groups found by splitting (CFL)`; a name that the page does not know stays as it is. */
export function strategyInWords(name: string): string {
  const choice = STRATEGY_CHOICES.find((known) => known.name === name)
  return choice === undefined ? name : `${choice.title} (${choice.acronym})`
}

/** Whether it sorts points without classes; all others tell classes. */
export const isOfPoints = (name: string): boolean => choiceOf(name).groupsOf === 'points'

/** What is taken where data and strategy do not go together. */
export const USUAL_OF_POINTS = 'uifca'
export const USUAL_OF_CLASSES = STRATEGY_CHOICES[0].name
