import type { View } from '@shoal/protocol'
import { cflExpertTrial, cflTrial, fedavgTrial, fluxExpertTrial, fluxTrial, ifcaExpertTrial, ifcaTrial, kFedTrial, ocflTrial, uifcaTrial } from './built.ts'
import type { Script } from './drive.ts'
import type { TrialStrategy } from './procedures.ts'
import {
  cflOptions,
  cflScript,
  fluxRows,
  fluxSums,
  ifcaScript,
  kFedScript,
  ocflRows,
  ocflSums,
  SKETCH,
  uifcaScript,
  unit,
  withExpertScript,
} from './scripts.ts'

/** One strategy by one view, with the answers it gets and what it is to ask. */
export interface Trial {
  readonly name: string
  readonly strategy: TrialStrategy<unknown>
  readonly view: View
  readonly options: Record<string, unknown>
  readonly script: Script
  /** What is asked, round by round. */
  readonly asks: readonly (readonly string[])[]
  /** How many clusters there are after each round. */
  readonly clusters: readonly number[]
  /** What a newcomer runs after the last round. */
  readonly admission: string
}

const TRAIN = ['sum train by cluster', 'sum evaluate by cluster']
const IFCA = ['sum choose by everyone', 'sum train-chosen by choice of choose', 'sum evaluate by chosen']
const cflSplit = (only: number): string[] => [
  'sum sketch by cluster',
  `8 x sum project by cluster only ${only} of sketch`,
  `sum histogram by cluster only ${only} of sketch`,
  '2 x sum side by choice of sketch',
  'sum train by chosen of train',
  'sum evaluate by chosen',
]
/** What an expert costs: counts once for each assignment, the distillation, and the clients' word on it. */
const EXPERT = ['compute distil', '2 x sum evaluate by everyone']
const cflCalm = ['sum sketch by cluster', 'sum train by cluster of train', 'sum evaluate by cluster']

export const trials: readonly Trial[] = [
  {
    name: 'FedAvg',
    strategy: fedavgTrial,
    view: 'sums',
    options: {},
    script: {},
    asks: [
      ['sum train by everyone', 'sum evaluate by everyone'],
      ['sum train by everyone', 'sum evaluate by everyone'],
    ],
    clusters: [1, 1],
    admission: 'adopt',
  },
  {
    name: 'CFL by sums',
    strategy: cflTrial,
    view: 'sums',
    options: cflOptions,
    script: cflScript,
    asks: [cflCalm, cflSplit(0), cflSplit(1), cflCalm],
    clusters: [1, 2, 3, 3],
    admission: 'walk-tree',
  },
  {
    name: 'CFL by sums, split not accepted',
    strategy: cflTrial,
    view: 'sums',
    options: cflOptions,
    script: { ...cflScript, means: { ...cflScript.means, side: (length, block) => unit(length, 1, block % 2 === 0 ? 0.1 : -0.1) } },
    asks: [cflCalm, [...cflSplit(0).slice(0, 4), 'sum train by cluster of train', 'sum evaluate by cluster']],
    clusters: [1, 1],
    admission: 'adopt',
  },
  {
    name: 'CFL by rows',
    strategy: cflTrial,
    view: 'rows',
    options: cflOptions,
    script: cflScript,
    asks: [
      cflCalm,
      ['sum sketch by cluster', 'rows sketch by cluster only 0 of sketch', 'compute bipartition', 'sum train by label of train', 'sum evaluate by label'],
      ['sum sketch by cluster', 'rows sketch by cluster only 1 of sketch', 'compute bipartition', 'sum train by label of train', 'sum evaluate by label'],
    ],
    clusters: [1, 2, 3],
    admission: 'walk-tree',
  },
  {
    name: 'OCFL by rows',
    strategy: ocflTrial,
    view: 'rows',
    options: { sketchLength: SKETCH },
    script: ocflRows,
    asks: [
      ['rows sketch by everyone', 'sum train by cluster of train', 'sum evaluate by cluster'],
      ['rows sketch by everyone', 'compute find-clusters', 'sum train by label of train', 'sum evaluate by label'],
      TRAIN,
    ],
    clusters: [1, 2, 2],
    admission: 'nearest-direction',
  },
  {
    name: 'OCFL by sums',
    strategy: ocflTrial,
    view: 'sums',
    options: { sketchLength: SKETCH },
    script: ocflSums,
    asks: [
      ['sum moments by everyone', 'sum train by cluster of train', 'sum evaluate by cluster'],
      [
        'sum moments by everyone',
        'sum sketch by everyone of train',
        '8 x sum project by cluster only 0 of sketch',
        'sum histogram by cluster only 0 of sketch',
        '2 x sum side by choice of sketch',
        '8 x sum project by chosen only 0,1 of sketch',
        'sum histogram by chosen only 0,1 of sketch',
        'sum train by chosen of train',
        'sum evaluate by chosen',
      ],
      TRAIN,
    ],
    clusters: [1, 2, 2],
    admission: 'nearest-direction',
  },
  {
    name: 'IFCA',
    strategy: ifcaTrial,
    view: 'sums',
    options: { clusters: 3, refresh: 2 },
    script: ifcaScript,
    asks: [['sum train-chosen by lot', 'sum evaluate by lot'], IFCA, ['sum train-chosen by cluster', 'sum evaluate by cluster'], IFCA],
    clusters: [3, 3, 3, 3],
    admission: 'least-loss',
  },
  {
    name: 'IFCA by rows',
    strategy: ifcaTrial,
    view: 'rows',
    options: { clusters: 3, sketchLength: SKETCH },
    script: ifcaScript,
    asks: [['rows sketch by everyone', 'compute farthest-first', 'sum train-chosen by label of train', 'sum evaluate by label'], IFCA],
    clusters: [3, 3],
    admission: 'least-loss',
  },
  {
    name: 'IFCA from random models, drawn again, with a shared trunk and a repair',
    strategy: ifcaTrial,
    view: 'sums',
    options: { clusters: 3, start: 'redraw', redrawShare: 0.4, heads: 1 },
    script: ifcaScript,
    asks: [['10 x sum choose by everyone', ...IFCA.slice(1)], IFCA, IFCA, IFCA],
    clusters: [3, 3, 3, 3],
    admission: 'least-loss',
  },
  {
    name: 'IFCA after federated averaging',
    strategy: ifcaTrial,
    view: 'sums',
    options: { clusters: 3, start: 'pre-train', heads: 1, preTrainRounds: 1, forcedRounds: 2 },
    script: ifcaScript,
    asks: [
      ['sum train-chosen by everyone', 'sum evaluate by everyone'],
      ['sum train-chosen by lot', 'sum evaluate by lot'],
      ['sum train-chosen by cluster', 'sum evaluate by cluster'],
      IFCA,
    ],
    clusters: [1, 3, 3, 3],
    admission: 'least-loss',
  },
  {
    name: 'CFL by sums with an expert (DisUE)',
    strategy: cflExpertTrial,
    view: 'sums',
    options: { ...cflOptions, expert: {} },
    script: withExpertScript(cflScript),
    asks: [
      cflCalm,
      [...cflSplit(0), 'sum count-labels by chosen', ...EXPERT],
      [...cflSplit(1), 'sum count-labels by chosen', ...EXPERT],
      [...cflCalm, ...EXPERT],
    ],
    clusters: [1, 2, 3, 3],
    admission: 'walk-tree',
  },
  {
    name: 'IFCA with an expert that may be chosen (DisUE)',
    strategy: ifcaExpertTrial,
    view: 'sums',
    options: { clusters: 3, expert: {} },
    script: withExpertScript(ifcaScript),
    asks: [
      ['sum train-chosen by lot', 'sum evaluate by lot', 'sum count-labels by lot', ...EXPERT],
      // Nobody moves, but the candidate was not there to be counted.
      [...IFCA, 'sum count-labels by cluster only 3', ...EXPERT],
      [...IFCA, ...EXPERT],
    ],
    clusters: [4, 4, 4],
    admission: 'least-loss',
  },
  {
    name: 'UIFCA',
    strategy: uifcaTrial,
    view: 'sums',
    options: { clusters: 2, restarts: 3, roundsPerAssignment: 2, assignments: 2 },
    script: uifcaScript,
    asks: [
      ['sum assign-points by everyone', 'sum train-points by every'],
      ['sum train-points by every', 'sum assign-points by everyone'],
      ['sum train-points by every'],
      // The last assignment, and once more for the volunteers if it changes which restart is shown.
      ['sum train-points by every', '2 x sum assign-points by everyone'],
      [],
    ],
    clusters: [2, 2, 2, 2, 2],
    admission: 'find-points',
  },
  {
    name: 'UIFCA from the labels of k-FED by rows',
    strategy: uifcaTrial,
    view: 'rows',
    options: { clusters: 3, init: 'k-fed', roundsPerAssignment: 1 },
    script: { ...uifcaScript, ...kFedScript },
    asks: [
      [
        'rows centroids by everyone',
        'compute farthest-first',
        'sum label-points by everyone of centroids',
        'sum assign-points by everyone',
        'sum train-points by every',
        'sum assign-points by everyone',
      ],
    ],
    clusters: [3],
    admission: 'find-points',
  },
  {
    name: 'k-FED by rows',
    strategy: kFedTrial,
    view: 'rows',
    options: { clusters: 3, localClusters: 2 },
    script: kFedScript,
    asks: [['rows centroids by everyone', 'compute farthest-first', 'sum label-points by everyone of centroids'], []],
    clusters: [3, 3],
    admission: 'find-centroids',
  },
  {
    name: 'k-FED by sums',
    strategy: kFedTrial,
    view: 'sums',
    options: { clusters: 3 },
    script: {},
    asks: [['5 x sum lloyd by every', 'sum label-points by everyone'], []],
    clusters: [3, 3],
    admission: 'find-centroids',
  },
  {
    name: 'FLUX by rows',
    strategy: fluxTrial,
    view: 'rows',
    options: { length: 2, recheckEvery: 2 },
    script: fluxRows,
    asks: [
      TRAIN,
      TRAIN,
      TRAIN,
      ['rows describe by everyone', 'compute descriptor-clusters', 'sum train by label', 'sum evaluate by label'],
      TRAIN,
      [...TRAIN, 'sum check-drift by everyone'],
      ['rows describe by everyone', 'compute descriptor-clusters', 'sum train by label', 'sum evaluate by label'],
    ],
    clusters: [1, 1, 1, 2, 2, 2, 2],
    admission: 'find-descriptor',
  },
  {
    name: 'FLUX by rows with an expert for newcomers (DisUE)',
    strategy: fluxExpertTrial,
    view: 'rows',
    options: { length: 2, recheckEvery: 2, expert: {} },
    script: withExpertScript(fluxRows),
    asks: [
      TRAIN,
      TRAIN,
      TRAIN,
      ['rows describe by everyone', 'compute descriptor-clusters', 'sum train by label', 'sum evaluate by label', 'sum count-labels by label', ...EXPERT],
      [...TRAIN, ...EXPERT],
    ],
    clusters: [1, 1, 1, 2, 2],
    admission: 'find-descriptor',
  },
  {
    name: 'FLUX by sums',
    strategy: fluxTrial,
    view: 'sums',
    options: { length: 2, clusters: 2, clusterAt: 1 },
    script: fluxSums,
    asks: [
      TRAIN,
      [
        'sum describe by everyone',
        '3 x sum lloyd-descriptors by every of describe',
        'sum nearest-descriptor by choice of describe',
        'sum train by chosen',
        'sum evaluate by chosen',
      ],
      TRAIN,
    ],
    clusters: [1, 2, 2],
    admission: 'find-descriptor',
  },
]
