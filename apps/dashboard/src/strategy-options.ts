import { DISUE_OPTIONS } from './disue-options.ts'
import { FLUX_OPTIONS, fluxConflictsOf } from './flux-options.ts'
import { IFCA_OPTIONS } from './ifca-options.ts'
import { readNumber } from './number-rule.ts'
import { K_FED_OPTIONS, pointConflictsOf, UIFCA_OPTIONS } from './point-options.ts'
import { choice, count, number, type StrategyOption } from './strategy-option.ts'

const EVIDENCE: readonly StrategyOption[] = [
  count(
    'sketchLength',
    'Numbers of a sketch',
    'So many numbers stand for an update when updates are compared. More are more exact, and more to send.',
    1024,
    2,
    65_536,
  ),
  choice(
    'evidence',
    'What is compared',
    'Whole updates are exact, and as long as the model. Only where sketches of each are looked at, or at “Encrypted to the operator”.',
    [
      ['sketch', 'Sketches of updates (usual)'],
      ['full', 'Whole updates'],
    ],
  ),
]

/** Every parameter of every strategy but the fewest volunteers of a group, which the form asks for by itself. */
const STRATEGY_OPTIONS: Readonly<Record<string, readonly StrategyOption[]>> = {
  fedavg: [],
  cfl: [
    number(
      'normRatio',
      'Suspect a group below',
      'Mean over largest length of its updates. Updates that cancel each other out make it small. Higher: groups are looked at sooner.',
      0.3,
      0,
      1,
    ),
    number(
      'epsilon1',
      'Mean length below (epsilon 1)',
      'The paper’s own test, in place of the one above, together with the next field.',
      null,
      0,
      Number.MAX_VALUE,
    ),
    number('epsilon2', 'Largest length above (epsilon 2)', 'Not below epsilon 1.', null, 0, Number.MAX_VALUE),
    {
      name: 'splitEvery',
      kind: 'rounds',
      label: 'Look in these rounds',
      hint: 'In place of a test: one number for every so many rounds, or several rounds with commas between, as 5, 10, 20.',
    },
    number('gammaMax', 'How clear a split must be', 'Higher: only groups that pull clearly apart are split. 0 turns the check off.', 0.72, 0, 1),
    count('cooldown', 'Rounds before a group is looked at', 'A new group first gets so many rounds to settle.', 0, 0, 1_000_000),
    count('minClients', 'Volunteers to look at a group', 'No smaller group is looked at.', 3, 2),
    number('quorum', 'Share that must answer for a split', 'Of the group’s volunteers, in the round of its split.', 0.8, 0, 1),
    count('maxClusters', 'Groups at most', 'No split beyond.', 16, 1, 256),
    choice('linkage', 'How two parts are told', 'By how near their nearest, or their furthest members are. The second is what the authors published.', [
      ['single', 'Nearest members (usual)'],
      ['complete', 'Furthest members'],
    ]),
    choice('weighting', 'How volunteers count', 'There is one way: who has more examples counts more.', [['samples', 'By their examples']]),
    ...EVIDENCE,
  ],
  ocfl: [
    choice('method', 'How groups are found', 'Where sketches of each are looked at. By totals only, groups are cut in two again and again.', [
      ['hdbscan', 'By density (HDBSCAN, usual)'],
      ['mean-shift', 'By peaks (mean shift)'],
      ['k-means', 'A number of groups that I give (k-means)'],
      ['affinity-propagation', 'By typical members (affinity propagation)'],
    ]),
    count('clusters', 'How many groups', 'For k-means, which needs it, and for no other.', null, 2, 256),
    choice('noise', 'Who fits nowhere', 'Volunteers whose updates are like nobody’s.', [
      ['nearest', 'Join the nearest group if it is near (usual)'],
      ['group', 'Are one more group'],
      ['global', 'Go on with the shared model'],
    ]),
    count('minRounds', 'Rounds before groups are looked for', 'The shared model first learns what all have in common.', 1, 0),
    count('patience', 'Rises in a row that it takes', 'The temperature must rise so often before groups are looked for.', 1, 1),
    number('relativeRise', 'How large a rise counts', 'Share by which the temperature must rise. Higher: later.', 0, 0, 1),
    count('window', 'Rounds that are averaged', 'Smooths the temperature.', 1, 1, 1000),
    number('minSilhouette', 'How well groups must hold together (silhouette)', 'No grouping below is accepted.', 0.2, -1, 1),
    number('minContrast', 'How far apart groups must be (contrast)', 'No grouping below is accepted.', 0.2, -2, 2),
    count('cooldown', 'Rounds between two attempts', 'After one that found nothing.', 3, 0),
    count('maxAttempts', 'Attempts at most', 'After so many that found nothing all stay together.', 3, 1),
    count('maxShots', 'Times that groups may be found', 'From the second time on inside groups that have grown warm.', 1, 1, 100),
    number('norm', 'Norm of the temperature (p)', '2 is the usual length. By totals it is always 2.', 2, 1, 1000),
    ...EVIDENCE,
  ],
  ifca: IFCA_OPTIONS,
  flux: FLUX_OPTIONS,
  disue: DISUE_OPTIONS,
  uifca: UIFCA_OPTIONS,
  'k-fed': K_FED_OPTIONS,
}

export const optionsOf = (strategy: string): readonly StrategyOption[] => STRATEGY_OPTIONS[strategy] ?? []

export interface OptionsReading {
  /** What a person changed, as the strategy takes it. */
  readonly options: Readonly<Record<string, unknown>>
  /** By the option's name. */
  readonly problems: Partial<Readonly<Record<string, string>>>
}

/** Reads the texts of a strategy's parameters; an empty one is left as usual. */
export function readOptions(strategy: string, texts: Readonly<Record<string, string>>): OptionsReading {
  const options: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const option of optionsOf(strategy)) {
    const given = texts[option.name]?.trim() ?? ''
    const text = given === '' && option.place === 'needed' && option.kind === 'number' ? String(option.usual ?? '') : given
    if (text === '') continue
    const { value, problem } = readOption(option, text)
    if (problem !== null) problems[option.name] = problem
    else if (value !== null) options[option.name] = value
  }
  return { options, problems: { ...conflictsOf(strategy, options), ...problems } }
}

function readOption(option: StrategyOption, text: string): { value: unknown; problem: string | null } {
  switch (option.kind) {
    case 'number':
      return readNumber(text, option)
    case 'choice':
      return option.choices.some(([value]) => value === text) ? { value: text, problem: null } : { value: null, problem: 'One of the list.' }
    case 'switch':
      return text === 'on' || text === 'off' ? { value: text === 'on', problem: null } : { value: null, problem: 'On or off.' }
    case 'rounds': {
      const rounds = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
      const isRight = rounds.every((round) => Number.isInteger(round) && round >= (rounds.length === 1 ? 1 : 0))
      return isRight
        ? { value: rounds.length === 1 ? rounds[0] : rounds, problem: null }
        : { value: null, problem: 'A whole number from 1, or several with commas between.' }
    }
  }
}

/** What is wrong between fields. */
function conflictsOf(strategy: string, options: Readonly<Record<string, unknown>>): Record<string, string> {
  const { epsilon1, epsilon2, normRatio, splitEvery, method, clusters } = options
  if (strategy === 'ifca') return options.start === 'pre-train' && Number(options.restarts) > 1 ? { restarts: 'Training together first has one run.' } : {}
  if (strategy === 'flux') return fluxConflictsOf(options)
  if (strategy === 'uifca' || strategy === 'k-fed') return pointConflictsOf(strategy, options)
  const problems: Record<string, string> = {}
  if (strategy === 'cfl') {
    const hasNorms = epsilon1 !== undefined || epsilon2 !== undefined
    if (hasNorms && epsilon1 === undefined) problems.epsilon1 = 'Needed beside epsilon 2.'
    if (hasNorms && epsilon2 === undefined) problems.epsilon2 = 'Needed beside epsilon 1.'
    if (typeof epsilon1 === 'number' && typeof epsilon2 === 'number' && epsilon2 < epsilon1) problems.epsilon2 = 'Not below epsilon 1.'
    if (hasNorms && normRatio !== undefined) problems.normRatio = 'Leave this empty, or both epsilons.'
    if (splitEvery !== undefined && (hasNorms || normRatio !== undefined)) problems.splitEvery = 'Leave this empty, or the tests above.'
  }
  if (strategy === 'ocfl') {
    if (method === 'k-means' && clusters === undefined) problems.clusters = 'k-means needs the number of groups.'
    if (method !== 'k-means' && clusters !== undefined) problems.clusters = 'Only k-means takes it; the others find it themselves.'
  }
  return problems
}
