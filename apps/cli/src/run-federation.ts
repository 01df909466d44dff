import { architectureOf, parametersOf } from '@shoal/learning/zoo'
import type { Digest, FederationConfig } from '@shoal/protocol'
import { CommandError, EXIT } from './exit-code.ts'
import type { ImageSets } from './image-sets.ts'
import { pointColumns } from './point-files.ts'
import { isOfGroups, type Recipe, recipeOf } from './recipe.ts'
import type { RunFlags } from './run-request.ts'

const PICTURES = 'mlp-784-128-10'
const ASK_DEADLINE_MS = 120_000
/** From here on a round of FedAvg asks a tenth of the clients (McMahan 2017, section 3: C = 0.1), but never fewer than `FEWEST_OF_MANY`. */
const MANY_CLIENTS = 33
const FEWEST_OF_MANY = 10
/**
 * From 16 clients on no sum over fewer than 8 is opened, and nobody moves from one cluster to another but with two more; below that 3 and 1 (privacy.md 2.1). Of groups of
 * fewer than `FEWEST_FOR_LARGE_SUMS` not enough would always answer.
 */
const LARGEST_SMALL_COHORT = 15
const FEWEST_FOR_LARGE_SUMS = 12

/** Throws CommandError (usage) where the recipe's model can not learn from these sets. */
export function assertSetsFit({ train, test }: ImageSets): void {
  const { inputShape, classes } = architectureOf(PICTURES)
  for (const set of [train, test]) {
    if (set.shape.join('x') !== inputShape.join('x'))
      throw new CommandError(EXIT.usage, `pictures are ${set.shape.join('x')}, the model takes ${inputShape.join('x')}`)
    const stranger = set.labels.find((label) => label >= classes)
    if (stranger !== undefined) throw new CommandError(EXIT.usage, `the data have a label ${stranger}, the model has classes 0 to ${classes - 1}`)
  }
}

/** Whether groups of the planted size could not be summed by the rules of a large federation. */
const needsSmallSums = (recipe: Recipe, { privacy, tabs }: Pick<RunFlags, 'privacy' | 'tabs'>): boolean =>
  privacy !== 'sealed' && isOfGroups(recipe) && tabs > LARGEST_SMALL_COHORT && tabs / recipe.groups < FEWEST_FOR_LARGE_SUMS

/** What the run's level means here beyond its name; null where nothing needs to be said. */
export function levelSentence(flags: Pick<RunFlags, 'strategy' | 'privacy' | 'tabs'>): string | null {
  const recipe = recipeOf(flags.strategy)
  if (!needsSmallSums(recipe, flags)) return null
  return `sums are opened over 3 volunteers or more, as in a small federation: by the usual rule, 8 or more, groups of ${flags.tabs / recipe.groups} could never be summed`
}

const DESCRIPTIONS = {
  alike: 'Volunteers learn together to read handwritten digits.',
  swaps: 'Volunteers learn together to read handwritten digits; some of them call digits by other names, and nobody has said who.',
  turns: 'Volunteers learn together to read handwritten digits; some of them hold their paper another way, and nobody has said who.',
  looks: 'Volunteers learn together to read handwritten digits; what they hold looks different from one to the other, and nobody has said how.',
  points: 'Volunteers find out together which of their points are of one kind; nobody has named the kinds.',
}

/** The federation that `demo` and `simulate` run. `entries`: numbers of an example. */
export function federationConfigOf(
  flags: RunFlags,
  options: { readonly testSet: Digest | null; readonly largestShard: number; readonly entries: number },
): FederationConfig {
  const { tabs, strategy, privacy, view, robust, init, expert, rounds, seed } = flags
  const recipe = recipeOf(strategy)
  const { planting, train, goal } = recipe
  // Who belongs together is read from all clients of a cluster at once.
  const cohort = planting !== null || tabs < MANY_CLIENTS ? tabs : Math.max(FEWEST_OF_MANY, Math.ceil(tabs / 10))
  return {
    name: 'Shoal demo',
    description: DESCRIPTIONS[planting ?? 'alike'],
    operator: 'the person who started this demo',
    seed,
    strategy: {
      name: strategy,
      options: { ...recipe.options, ...(init === null ? {} : { init }) },
      ...(expert === null ? {} : { expert: { options: recipe.expertOptions } }),
    },
    privacy: { level: privacy, view, ...(robust === 'mean' ? {} : { robust }) },
    ...modelAndData(recipe, options.entries),
    train,
    cohort: { fraction: cohort / tabs, min: needsSmallSums(recipe, flags) ? LARGEST_SMALL_COHORT : cohort, max: cohort },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: ASK_DEADLINE_MS,
    computeDeadlineMs: ASK_DEADLINE_MS,
    maxWeight: options.largestShard,
    // Groups that see the same digits otherwise have no test set in common: each client measures on its own pictures. Points have no right answers to be measured by.
    evaluation: planting === null ? { onClients: false, testSet: options.testSet } : { onClients: planting !== 'points', testSet: null },
    stop: { rounds, accuracy: planting === null ? goal : null },
  }
}

function modelAndData({ architecture: name }: Recipe, entries: number): Pick<FederationConfig, 'model' | 'data'> {
  if (name === PICTURES) {
    const architecture = architectureOf(name)
    return {
      model: { architecture: name, parameters: parametersOf(architecture) },
      data: { kind: 'image', shape: [...architecture.inputShape], classes: Array.from({ length: architecture.classes }, (_, label) => String(label)) },
    }
  }
  return {
    // Its parameters follow from the width of the points; whoever creates the federation fills them in.
    model: { architecture: name, parameters: [] },
    data: { kind: 'points', shape: [1, entries, 1], classes: [], columns: pointColumns(entries).map((column) => ({ name: column, center: 0, unit: 1 })) },
  }
}
