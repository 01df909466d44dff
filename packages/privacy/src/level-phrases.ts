/** The sentences that `factsOf` puts together, in one language. A page shows them to volunteers before they agree: a translation says no more and no less. */
export interface LevelPhrases {
  readonly staysHere: string
  readonly pageLimit: string
  readonly takesPart: string
  readonly hiddenByMasks: string
  readonly hiddenFromOthers: string
  readonly masks: string
  readonly rows: string
  readonly groupSums: string
  /** At level `sealed`. */
  readonly sealed: {
    readonly title: string
    readonly way: string
    readonly operatorSees: readonly string[]
    readonly othersDoNotSee: string
    readonly updateLimit: string
  }
  readonly onlySums: (kMin: number) => string
  readonly sybils: string
  readonly verifiedOthers: (least: number) => string
  readonly unverifiedOthers: (least: number) => string
  readonly smallSums: (kMin: number) => string
  readonly masked: {
    readonly title: string
    readonly titleUnverified: string
    readonly notWhichRow: string
    readonly tellTales: string
    readonly manyRounds: string
    readonly rowsAmongFew: string
    readonly sumLimit: string
  }
  readonly noisy: {
    readonly title: string
    readonly noise: string
    readonly onlySums: (kMin: number) => string
    readonly notBeyondLimit: string
    readonly noNoiseFromSybils: string
    readonly verified: (least: number) => string
    readonly outsideLimit: string
    readonly worseModel: string
  }
}

export const ENGLISH_LEVELS: LevelPhrases = {
  staysHere: 'Your examples themselves and their labels: they stay in this tab.',
  pageLimit:
    'All this holds for the page as it was published; whoever can change the page on its way to you can change what it sends. A page on plain http can be changed by anyone on the network.',
  takesPart:
    'That your browser takes part, when, from which network address and with which others, and which group your tab trains with, where there are groups.',
  hiddenByMasks: 'A single update of yours, and how many examples you have.',
  hiddenFromOthers:
    'The same: neither the other volunteers nor anyone on the way can read a result of yours alone. Sizes and times of messages can be seen on the way.',
  masks:
    'Before a result leaves this tab it is covered by random numbers that your tab has agreed on with those of the other volunteers. They cancel out when all the results are added up: what the server can read is the sum.',
  rows: 'Where the federation looks for groups: a short form of the direction of each update, without its owner. How it is made is public, and properties of the data can be told from it: which label is the most frequent, for instance.',
  groupSums:
    'Where the federation looks for groups: sums of short forms of the directions of updates, and numbers of volunteers. Tabs take these sums again, so that the server can not make them up.',
  sealed: {
    title: 'Encrypted to the operator',
    way: 'Your results are encrypted so that only the operator’s server can open them, which it does in memory to add them up with those of the others.',
    operatorSees: [
      'Every update your tab sends: the numbers by which training changed the model on your device.',
      'How many examples each update stands for, and how well the model does on your data where the federation asks for it.',
      'Where the federation looks for groups: a short form of the direction of your updates, and the number of the group that your data were found to belong to.',
      'That your browser takes part, when, and from which network address.',
    ],
    othersDoNotSee:
      "The contents of your updates: they are encrypted to the operator's aggregator before they leave this tab. Their size and time can be seen on the way.",
    updateLimit:
      'An update can reveal something about the examples it was trained on, and so can the models, and the mean directions of groups, that the federation publishes.',
  },
  onlySums: (kMin) =>
    `Only sums over at least ${kMin} volunteers: of their updates, of their weights, and of how well the model does on their data where the federation asks.`,
  sybils: 'If anyone may join, the operator can fill a sum with tabs of its own and subtract what they gave: what is left is yours. No masks prevent this.',
  verifiedOthers: (least) =>
    `Your tab therefore gives only to sums in which at least ${least} others are verified, by you or by an organisation that you trust: all of those would have to work against you.`,
  unverifiedOthers: (least) =>
    `This level is a real promise only where your tab can check who else is in the sum. Here it ${
      least === 0 ? 'can not' : `checks only ${least} of them`
    }, so the level protects against a server that follows the protocol. Only noise in every sum, the level above this one, bounds the rest.`,
  smallSums: (kMin) =>
    `Sums here may be over as few as ${kMin} volunteers. The fewer they are, the more a sum, and the model of a small group, says about each of them; and where one leaves or joins between two rounds, the difference of the two sums comes near to what that one gave.`,
  masked: {
    title: 'Only sums can be read',
    titleUnverified: 'Only sums can be read: protects against a server that follows the protocol',
    notWhichRow: 'Which of the short forms is yours.',
    tellTales:
      'Volunteers who tell the operator what they gave make a sum one over the others alone. Where about a third of a sum or more do, and the server cheats, it can be opened for one volunteer.',
    manyRounds: 'The sums of many rounds, with other volunteers in each, can together come near to what one volunteer gave.',
    rowsAmongFew:
      'Short forms are without owners only as far as the others are honest: among few, or where most of them tell which are theirs, yours can be found.',
    sumLimit:
      'A sum can reveal something about the examples behind it, and so can the models that the federation publishes. Tabs check that all were given the same model, but a model can be made so that its updates reveal more.',
  },
  noisy: {
    title: 'Only sums with noise can be read',
    noise: 'Your tab also adds noise to every result, and so do the others: each sum carries the noise of all.',
    onlySums: (kMin) =>
      `Only noisy sums over at least ${kMin} volunteers: of their updates, of their weights, and of how well the model does on their data where the federation asks.`,
    notBeyondLimit:
      'More about your data than a limit allows. This page shows how much of it is spent, lower is better, and stops giving anything when nothing is left. It holds whatever the operator does with the sums, or puts into the model, as long as enough of the volunteers in each sum are honest.',
    noNoiseFromSybils:
      'Such tabs add no noise either: with too few honest volunteers in a sum only the small part of the noise that is your own is left in it.',
    verified: (least) =>
      least === 0
        ? 'Your tab can not check who else is in a sum.'
        : `Your tab gives only to sums in which at least ${least} others are verified, by you or by an organisation that you trust.`,
    outsideLimit: 'The limit is for your results. That you take part, when, and which group your tab trains with are outside it.',
    worseModel: 'Noise makes the model worse, the more so the fewer take part.',
  },
}
