import { type Encoding, failed, type PrivacyLevel, type Result, succeeded, type View } from '@shoal/protocol'

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

/** What a level promises, and what it does not, under the terms of a policy. */
export function factsOf(terms: LevelTerms): LevelFacts {
  switch (terms.level) {
    case 'sealed':
      return SEALED
    case 'masked':
      return maskedFacts(terms)
    case 'masked+dp':
      return noisyFacts(terms)
  }
}

/** The pairing, if a strategy that works from `views`, at `levels` or at all of them, can run so; else SHOAL_ERR_IMPOSSIBLE_PAIRING with the reason. */
export function checkPairing(
  views: readonly View[],
  { level, view, encoding }: { readonly level: PrivacyLevel; readonly view: View; readonly encoding?: Encoding | undefined },
  levels?: readonly PrivacyLevel[],
): Result<{ level: PrivacyLevel; view: View }> {
  if (levels !== undefined && !levels.includes(level))
    return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `the strategy works at ${levels.join(' or ')}, not at ${level}`)
  if (encoding === 'int8' && level !== 'sealed') return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', 'encoding int8 is of level sealed')
  if (!views.includes(view)) return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `the strategy works from ${views.join(' or ')}, not from ${view}`)
  // Only sums take noise well: on one row so much would be needed that no group could be told (privacy.md 2.4).
  if (level === 'masked+dp' && view !== 'sums') return failed('SHOAL_ERR_IMPOSSIBLE_PAIRING', `level ${level} works from sums, not from ${view}`)
  return succeeded({ level, view })
}

const STAYS_HERE = 'Your examples themselves and their labels: they stay in this tab.'
const PAGE_LIMIT =
  'All this holds for the page as it was published; whoever can change the page on its way to you can change what it sends. A page on plain http can be changed by anyone on the network.'

const SEALED: LevelFacts = {
  title: 'Encrypted to the operator',
  way: 'Your results are encrypted so that only the operator’s server can open them, which it does in memory to add them up with those of the others.',
  operatorSees: [
    'Every update your tab sends: the numbers by which training changed the model on your device.',
    'How many examples each update stands for, and how well the model does on your data where the federation asks for it.',
    'Where the federation looks for groups: a short form of the direction of your updates, and the number of the group that your data were found to belong to.',
    'That your browser takes part, when, and from which network address.',
  ],
  operatorDoesNotSee: [STAYS_HERE],
  othersDoNotSee: [
    "The contents of your updates: they are encrypted to the operator's aggregator before they leave this tab. Their size and time can be seen on the way.",
  ],
  limits: [
    'An update can reveal something about the examples it was trained on, and so can the models, and the mean directions of groups, that the federation publishes.',
    PAGE_LIMIT,
  ],
}

const MASKS =
  'Before a result leaves this tab it is covered by random numbers that your tab has agreed on with those of the other volunteers. They cancel out when all the results are added up: what the server can read is the sum.'
const TAKES_PART =
  'That your browser takes part, when, from which network address and with which others, and which group your tab trains with, where there are groups.'
const ROWS =
  'Where the federation looks for groups: a short form of the direction of each update, without its owner. How it is made is public, and properties of the data can be told from it: which label is the most frequent, for instance.'
const HIDDEN_BY_MASKS = 'A single update of yours, and how many examples you have.'
const HIDDEN_FROM_OTHERS =
  'The same: neither the other volunteers nor anyone on the way can read a result of yours alone. Sizes and times of messages can be seen on the way.'
const SYBILS = 'If anyone may join, the operator can fill a sum with tabs of its own and subtract what they gave: what is left is yours. No masks prevent this.'

const sumsOf = (kMin: number): string =>
  `sums over at least ${kMin} volunteers: of their updates, of their weights, and of how well the model does on their data where the federation asks`
const groupsOf = (view: View): string =>
  view === 'rows'
    ? ROWS
    : 'Where the federation looks for groups: sums of short forms of the directions of updates, and numbers of volunteers. Tabs take these sums again, so that the server can not make them up.'

function maskedFacts({ view, masking = { kMin: LEAST_KMIN }, minVerifiedPeers = 0 }: LevelTerms): LevelFacts {
  const { kMin } = masking
  const knowsOthers = minVerifiedPeers >= kMin - 1
  return {
    title: knowsOthers ? 'Only sums can be read' : 'Only sums can be read: protects against a server that follows the protocol',
    way: MASKS,
    operatorSees: [`Only ${sumsOf(kMin)}.`, groupsOf(view), TAKES_PART],
    operatorDoesNotSee: [STAYS_HERE, HIDDEN_BY_MASKS, ...(view === 'rows' ? ['Which of the short forms is yours.'] : [])],
    othersDoNotSee: [HIDDEN_FROM_OTHERS],
    limits: [
      knowsOthers
        ? `${SYBILS} Your tab therefore gives only to sums in which at least ${minVerifiedPeers} others are verified, by you or by an organisation that you trust: all of those would have to work against you.`
        : `${SYBILS} This level is a real promise only where your tab can check who else is in the sum. Here it ${
            minVerifiedPeers === 0 ? 'can not' : `checks only ${minVerifiedPeers} of them`
          }, so the level protects against a server that follows the protocol. Only noise in every sum, the level above this one, bounds the rest.`,
      'Volunteers who tell the operator what they gave make a sum one over the others alone. Where about a third of a sum or more do, and the server cheats, it can be opened for one volunteer.',
      ...smallLimits(kMin),
      'The sums of many rounds, with other volunteers in each, can together come near to what one volunteer gave.',
      ...(view === 'rows'
        ? ['Short forms are without owners only as far as the others are honest: among few, or where most of them tell which are theirs, yours can be found.']
        : []),
      'A sum can reveal something about the examples behind it, and so can the models that the federation publishes. Tabs check that all were given the same model, but a model can be made so that its updates reveal more.',
      PAGE_LIMIT,
    ],
  }
}

function noisyFacts({ view, masking = { kMin: LEAST_KMIN }, minVerifiedPeers = 0 }: LevelTerms): LevelFacts {
  const { kMin } = masking
  return {
    title: 'Only sums with noise can be read',
    way: `${MASKS} Your tab also adds noise to every result, and so do the others: each sum carries the noise of all.`,
    operatorSees: [`Only noisy ${sumsOf(kMin)}.`, groupsOf(view), TAKES_PART],
    operatorDoesNotSee: [
      STAYS_HERE,
      HIDDEN_BY_MASKS,
      'More about your data than a limit allows. This page shows how much of it is spent, lower is better, and stops giving anything when nothing is left. It holds whatever the operator does with the sums, or puts into the model, as long as enough of the volunteers in each sum are honest.',
    ],
    othersDoNotSee: [HIDDEN_FROM_OTHERS],
    limits: [
      `${SYBILS} Such tabs add no noise either: with too few honest volunteers in a sum only the small part of the noise that is your own is left in it. ${
        minVerifiedPeers === 0
          ? 'Your tab can not check who else is in a sum.'
          : `Your tab gives only to sums in which at least ${minVerifiedPeers} others are verified, by you or by an organisation that you trust.`
      }`,
      'The limit is for your results. That you take part, when, and which group your tab trains with are outside it.',
      ...smallLimits(kMin),
      'Noise makes the model worse, the more so the fewer take part.',
      PAGE_LIMIT,
    ],
  }
}

const smallLimits = (kMin: number): string[] =>
  kMin < USUAL_KMIN
    ? [
        `Sums here may be over as few as ${kMin} volunteers. The fewer they are, the more a sum, and the model of a small group, says about each of them; and where one leaves or joins between two rounds, the difference of the two sums comes near to what that one gave.`,
      ]
    : []
