import { type ArchitectureName, architectureOf, parametersOf } from '@shoal/learning/zoo'
import type { Digest, FederationConfig } from '@shoal/protocol'
import { CommandError, EXIT } from './exit-code.ts'
import type { ImageSets } from './image-sets.ts'
import type { RunFlags } from './run-flags.ts'

/** A run succeeds from here; it goes on to `STOP_ACCURACY`, so that the last digits of another machine's floats do not decide. */
export const TARGET_ACCURACY = 0.95
export const STOP_ACCURACY = 0.955

const ARCHITECTURE: ArchitectureName = 'mlp-784-128-10'
/** Local steps are counted, not epochs: every client gives the same work whatever it holds. */
const TRAIN: FederationConfig['train'] = { steps: 100, batchSize: 32, learningRate: 0.2, momentum: 0, weightDecay: 0, proximalMu: 0 }
const ASK_DEADLINE_MS = 120_000
/** From here on a round asks a tenth of the clients (McMahan 2017, section 3: C = 0.1), but never fewer than `FEWEST_OF_MANY`. */
const MANY_CLIENTS = 33
const FEWEST_OF_MANY = 10

/** Throws CommandError (usage) where the recipe's model can not learn from these sets. */
export function assertSetsFit({ train, test }: ImageSets): void {
  const { inputShape, classes } = architectureOf(ARCHITECTURE)
  for (const set of [train, test]) {
    if (set.shape.join('x') !== inputShape.join('x'))
      throw new CommandError(EXIT.usage, `pictures are ${set.shape.join('x')}, the model takes ${inputShape.join('x')}`)
    const stranger = set.labels.find((label) => label >= classes)
    if (stranger !== undefined) throw new CommandError(EXIT.usage, `the data have a label ${stranger}, the model has classes 0 to ${classes - 1}`)
  }
}

/** The federation that `demo` and `simulate` run: the recipe that was measured to reach 0.95 in 7 to 9 rounds with 8 clients on MNIST. */
export function federationConfigOf(flags: RunFlags, options: { readonly testSet: Digest | null; readonly largestShard: number }): FederationConfig {
  const architecture = architectureOf(ARCHITECTURE)
  const { tabs, strategy, privacy, view, rounds, seed } = flags
  const cohort = tabs < MANY_CLIENTS ? tabs : Math.max(FEWEST_OF_MANY, Math.ceil(tabs / 10))
  return {
    name: 'Shoal demo',
    description: 'Volunteers learn together to read handwritten digits.',
    operator: 'the person who started this demo',
    seed,
    strategy: { name: strategy, options: {} },
    privacy: { level: privacy, view },
    model: { architecture: ARCHITECTURE, parameters: parametersOf(architecture) },
    data: { kind: 'image', shape: [...architecture.inputShape], classes: Array.from({ length: architecture.classes }, (_, label) => String(label)) },
    train: TRAIN,
    cohort: { fraction: cohort / tabs, min: cohort, max: cohort },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: ASK_DEADLINE_MS,
    computeDeadlineMs: ASK_DEADLINE_MS,
    maxWeight: options.largestShard,
    evaluation: { onClients: false, testSet: options.testSet },
    stop: { rounds, accuracy: STOP_ACCURACY },
  }
}
