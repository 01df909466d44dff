import { architectureOf, isArchitecture, parametersOf } from '@shoal/learning/zoo'
import type { FederationConfig } from '@shoal/protocol'
import { pointColumns } from '../point-files.ts'
import { recipeOf } from '../recipe.ts'
import type { LoadFederation } from './swarm-flags.ts'

/** Numbers of a point, where the federation is of points. */
const POINT_ENTRIES = 8
/** A round begins when so many of all are there: some are on the way, or away. */
const SHARE_THERE = 0.8
/** More than any synthetic client has examples. */
const MAX_WEIGHT = 1000
const MOST_ROUNDS = 10_000

/** The federation of a load. Whoever meets it on the operator's page reads what it is. */
export function loadFederationConfig(
  { strategy, privacy, view, architecture, cohort, deadlineSeconds }: LoadFederation,
  { seed, clients, tabs, rounds }: { readonly seed: string; readonly clients: number; readonly tabs: number; readonly rounds: number | null },
): FederationConfig {
  const deadlineMs = 1000 * deadlineSeconds
  const volunteers = clients + tabs
  return {
    name: `Load test (shoal swarm, seed ${seed})`.slice(0, 120),
    description: 'Made by shoal swarm to load this server. Its clients train nothing, and its models are worth nothing.',
    operator: 'whoever runs shoal swarm',
    seed,
    strategy: { name: strategy, options: { ...recipeOf(strategy).options } },
    privacy: { level: privacy, view },
    ...modelAndData(architecture),
    train: { steps: 1, batchSize: 8, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort:
      cohort === null
        ? { fraction: 1, min: Math.max(1, Math.ceil(SHARE_THERE * volunteers)), max: volunteers }
        : { fraction: cohort / volunteers, min: cohort, max: cohort },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs,
    computeDeadlineMs: deadlineMs,
    maxWeight: MAX_WEIGHT,
    evaluation: { onClients: isArchitecture(architecture), testSet: null },
    stop: { rounds: rounds ?? MOST_ROUNDS, accuracy: null },
  }
}

function modelAndData(name: string): Pick<FederationConfig, 'model' | 'data'> {
  if (isArchitecture(name)) {
    const { inputShape, classes } = architectureOf(name)
    return {
      model: { architecture: name, parameters: parametersOf(architectureOf(name)) },
      data: { kind: 'image', shape: [...inputShape], classes: Array.from({ length: classes }, (_, label) => String(label)) },
    }
  }
  return {
    // Its parameters follow from the width of the points; the server fills them in.
    model: { architecture: name, parameters: [] },
    data: {
      kind: 'points',
      shape: [1, POINT_ENTRIES, 1],
      classes: [],
      columns: pointColumns(POINT_ENTRIES).map((column) => ({ name: column, center: 0, unit: 1 })),
    },
  }
}
