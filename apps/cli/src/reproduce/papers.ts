import { congruence } from './cfl/congruence.ts'
import { defaultRule } from './cfl/default-rule.ts'
import { homogeneousCfl, homogeneousOcfl } from './cfl/homogeneous.ts'
import { permutedLabels } from './cfl/permuted-labels.ts'
import { randomGradients } from './cfl/random-gradients.ts'
import { separationByRound } from './cfl/separation-by-round.ts'
import { separationBySize } from './cfl/separation-by-size.ts'
import { updatesVersusGradients } from './cfl/updates-v-gradients.ts'
import { oneDistillation } from './disue/one-distillation.ts'
import { wrappedStrategies } from './disue/wrapped.ts'
import type { Experiment } from './experiment.ts'
import { acceptance } from './flux/acceptance.ts'
import { clusteringAlone } from './flux/clustering-alone.ts'
import { homogeneousFlux } from './flux/homogeneous.ts'
import { allLevels, fifthLevels, firstLevels } from './flux/levels.ts'
import { overhead } from './flux/overhead.ts'
import { scaling } from './flux/scaling.ts'
import { linear } from './ifca/linear.ts'
import { firstRotatedRounds, rotatedMnist } from './ifca/rotated-mnist.ts'
import { rotatedDigits, tenDigits } from './k-fed/pictures.ts'
import { syntheticPoints } from './k-fed/synthetic.ts'
import { foundClusters } from './ocfl/found-clusters.ts'
import { personalModels } from './ocfl/personal-models.ts'
import { temperatureCurve } from './ocfl/temperature-curve.ts'
import { representations } from './representations/representations.ts'
import { ablation } from './uifca/ablation.ts'
import { overfitting } from './uifca/overfitting.ts'
import { syntheticPoints as uifcaSynthetic } from './uifca/synthetic.ts'

const PAPERS: ReadonlyMap<string, readonly Experiment[]> = new Map([
  ['cfl', [randomGradients, separationBySize, separationByRound, updatesVersusGradients, congruence, permutedLabels, homogeneousCfl, defaultRule]],
  ['ocfl', [foundClusters, personalModels, temperatureCurve, homogeneousOcfl]],
  ['ifca', [linear, firstRotatedRounds, rotatedMnist]],
  ['k-fed', [syntheticPoints, rotatedDigits, tenDigits]],
  ['disue', [oneDistillation, wrappedStrategies]],
  ['uifca', [uifcaSynthetic, ablation, representations, overfitting]],
  ['flux', [acceptance, clusteringAlone, homogeneousFlux, overhead, scaling, fifthLevels, firstLevels, allLevels]],
])

export const SYSTEMS: readonly string[] = [...PAPERS.keys()]

/** The experiments of one paper in the order of its table; null where there is no such paper. */
export const experimentsOf = (system: string): readonly Experiment[] | null => PAPERS.get(system) ?? null
