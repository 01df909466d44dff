import { choice, count, number, type StrategyOption } from './strategy-option.ts'

/** What FLUX can be told. */
export const FLUX_OPTIONS: readonly StrategyOption[] = [
  {
    ...choice('rule', 'How near is near', 'Volunteers whose fingerprints lie nearer are of one group.', [
      ['elbow+floor', 'Where the distances bend, but not nearer than chance explains (usual)'],
      ['elbow', 'Where the distances bend, as in the paper: often parts volunteers who are alike'],
    ]),
    place: 'first',
  },
  {
    ...count(
      'clusters',
      'How many groups',
      'Needed where totals only are looked at. Else leave this empty, and the number is found; where you give it, k-means takes it.',
      null,
      1,
      256,
    ),
    place: 'first',
  },
  {
    ...choice('dp', 'Noise on fingerprints', 'Drawn by the device. Much of it hides the groups too.', [
      ['none', 'None (usual)'],
      ['sound', 'Hides any single example (differential privacy); needs the two fields below'],
      ['paper', 'As the authors add it. It promises nothing: how much is added depends on the data themselves'],
    ]),
    place: 'first',
  },
  number(
    'epsilon',
    'Epsilon of the noise',
    'Smaller hides more. For each fingerprint; usually 1. A few hundred examples and 0.1 leave no group to be found.',
    null,
    1e-3,
    1000,
  ),
  number(
    'bound',
    'Where inner values are cut (bound)',
    'For the noise that hides single examples: larger values count as this one. Must not be read off anybody’s data.',
    null,
    1e-3,
    1000,
  ),
  count(
    'length',
    'Numbers for each class (L)',
    'Of a fingerprint. More tell groups apart better, and more about the examples. Empty: as many as there are classes, above 32 classes 16.',
    null,
    1,
    64,
  ),
  number('floorFactor', 'How far beyond chance, at least', 'Times what two halves of one volunteer’s examples lie apart.', 1.2, 0, 100),
  number('capFactor', 'How far beyond chance, at most', 'Times the same. Above it the bend is that between groups.', 1.5, 0, 1000),
  number('epsilonScale', 'Times the distance at the bend', 'Above 1: fewer and larger groups.', 1, 0, 1000),
  choice('missing', 'A class that a volunteer does not have', 'What stands for it where fingerprints are compared.', [
    ['raw', 'The number -1, like any other (usual, as in the paper)'],
    ['scaled', 'A little less than the least that anybody has'],
  ]),
  choice('scaler', 'How numbers are made comparable', 'The second holds against a fingerprint that was made up to press all others together.', [
    ['min-max', 'By the least and the largest (usual, as in the paper)'],
    ['percentile', 'By what 90 of 100 lie between'],
  ]),
  number(
    'threshold',
    'Look for groups when a round brings less than',
    'As a share of right answers. Earlier rounds count too, from the third on.',
    0.06,
    -1,
    1,
  ),
  number('latestShare', 'At the latest after', 'This share of all rounds.', 0.8, 0, 1),
  count('clusterAt', 'Or after exactly so many rounds', 'Whatever the accuracy says.', null, 1, 100_000),
  count('maxClusters', 'Groups at most', 'Whoever would be in one more joins the nearest.', 64, 1, 256),
  count(
    'leastExamples',
    'Fewest examples of a class that count',
    'The numbers of a class with few examples nearly are these examples. Empty: 10 where nobody may see single answers, else 2.',
    null,
    2,
    1000,
  ),
  count('leastToVote', 'Fewest examples to have a say', 'In how near is near: fingerprints of few examples are uncertain.', 50, 1, 1_000_000),
  count('minToServe', 'Fewest members of a group that newcomers are served by', 'The model of a group of one is one person’s own.', 2, 1, 10_000),
  count(
    'recheckEvery',
    'Rounds between two looks at whether data have moved',
    'Where more than a fifth have, groups are found anew. 0: never.',
    10,
    0,
    100_000,
  ),
]

/** What is wrong between fields. `options`: as the strategy takes them, what is usual left out. */
export function fluxConflictsOf({
  rule,
  floorFactor,
  capFactor,
  clusters,
  clusterAt,
  threshold,
  latestShare,
  dp,
  epsilon,
  bound,
}: Readonly<Record<string, unknown>>): Record<string, string> {
  const problems: Record<string, string> = {}
  if (rule === 'elbow' && floorFactor !== undefined) problems.floorFactor = 'Leave this empty: the paper’s way has no floor.'
  if (rule === 'elbow' && capFactor !== undefined) problems.capFactor = 'Leave this empty: the paper’s way has no bounds.'
  const [least, most] = [typeof floorFactor === 'number' ? floorFactor : 1.2, typeof capFactor === 'number' ? capFactor : 1.5]
  if (rule !== 'elbow' && most < least) problems.capFactor = 'At least as much as the field above.'
  if (clusters !== undefined && rule !== undefined) problems.rule = 'Leave this as usual where the number of groups is given.'
  if (clusterAt !== undefined && (threshold !== undefined || latestShare !== undefined)) problems.clusterAt = 'Leave this empty, or the two fields above.'
  const hasNoise = dp === 'sound' || dp === 'paper'
  if (!hasNoise && epsilon !== undefined) problems.epsilon = 'Leave this empty, or choose noise above.'
  if (dp === 'sound' && bound === undefined) problems.bound = 'Needed: noise that hides any single example must know how large one can be.'
  if (dp !== 'sound' && bound !== undefined) problems.bound = 'Only for noise that hides any single example.'
  if (hasNoise && rule === 'elbow+floor') problems.rule = 'With noise there is no floor: leave this as usual.'
  return problems
}
