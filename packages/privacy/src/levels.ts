import { failed, type PrivacyLevel, type Result, succeeded, type View } from '@shoal/protocol'

/** A privacy level in words for a volunteer. Pages show these sentences and claim nothing beyond them. */
export interface LevelFacts {
  readonly title: string
  readonly operatorSees: readonly string[]
  readonly operatorDoesNotSee: readonly string[]
  readonly othersDoNotSee: readonly string[]
  readonly limits: readonly string[]
}

/** The levels that can be used. A level is added here together with the code that keeps its promise. */
export const LEVELS = {
  sealed: {
    title: 'Encrypted to the operator',
    operatorSees: [
      'Every update your tab sends: the numbers by which training changed the model on your device.',
      'How many examples each update stands for, and how well the model does on your data where the federation asks for it.',
      'Where the federation looks for groups: a short form of the direction of your updates, and the number of the group that your data were found to belong to.',
      'That your browser takes part, when, and from which network address.',
    ],
    operatorDoesNotSee: ['Your examples themselves and their labels: they stay in this tab.'],
    othersDoNotSee: [
      "The contents of your updates: they are encrypted to the operator's aggregator before they leave this tab. Their size and time can be seen on the way.",
    ],
    limits: [
      'An update can reveal something about the examples it was trained on, and so can the models, and the mean directions of groups, that the federation publishes.',
      'All this holds for the page as it was published; whoever can change the page on its way to you can change what it sends. A page on plain http can be changed by anyone on the network.',
    ],
  },
} as const satisfies Partial<Record<PrivacyLevel, LevelFacts>>

export type AvailableLevel = keyof typeof LEVELS

const isAvailable = (level: PrivacyLevel): level is AvailableLevel => Object.hasOwn(LEVELS, level)

/** The pairing, if a strategy that works from `views` can run so; else SHOAL_ERR_IMPOSSIBLE_PAIRING with the reason. */
export function checkPairing(
  views: readonly View[],
  { level, view }: { readonly level: PrivacyLevel; readonly view: View },
): Result<{ level: AvailableLevel; view: View }> {
  if (!isAvailable(level)) return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `level ${level} is not available yet`)
  if (!views.includes(view)) return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `the strategy works from ${views.join(' or ')}, not from ${view}`)
  return succeeded({ level, view })
}
