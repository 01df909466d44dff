import { type FederationConfig, MAX_CLIENTS_PER_FEDERATION } from '@shoal/protocol'
import { levelOf, usualMasking } from './privacy-choice.ts'
import { choiceOf, STRATEGY_CHOICES, type StrategyChoice } from './strategy-choice.ts'

/** A federation's configuration as the server takes it: it fills in the model's parameters itself. */
export type FederationRequest = Omit<FederationConfig, 'model'> & { readonly model: { readonly architecture: string } }

/** Models of 28x28 grey pictures in ten classes, by their names in the server's zoo. */
export const MODELS = [
  { architecture: 'mlp-784-128-10', numbers: 101_770, title: 'Two dense layers, 101,770 numbers: quick on every device' },
  { architecture: 'cnn-6186', numbers: 6_186, title: 'Small convolutional network, 6,186 numbers: sends least' },
  { architecture: 'cnn-18378', numbers: 18_378, title: 'Convolutional network, 18,378 numbers: most accurate' },
  { architecture: 'lenet-5', numbers: 61_706, title: 'LeNet-5, 61,706 numbers: as in the literature' },
] as const

/** How many numbers a model has; of the first where the page does not know it. */
export const numbersOf = (architecture: string): number => (MODELS.find((model) => model.architecture === architecture) ?? MODELS[0]).numbers

/** What the form asks for, read and found right. */
export interface FederationForm {
  readonly name: string
  readonly description: string
  readonly operator: string
  readonly strategy: string
  readonly privacy: FederationConfig['privacy']
  readonly architecture: string
  readonly rounds: number
  readonly volunteers: number
  /** Percent; null to go on to the last round. */
  readonly targetPercent: number | null
  /** Fewest volunteers of a group; null where everybody stays together. */
  readonly smallestGroup: number | null
}

/** What depends on the strategy, as the form proposes it. */
export const proposalOf = ({ name, rounds, volunteers, targetPercent }: StrategyChoice) => ({ strategy: name, rounds, volunteers, targetPercent })

const FIRST = STRATEGY_CHOICES[0]

export const INITIAL_FORM: FederationForm = {
  name: 'Handwritten digits',
  description: 'Volunteers learn together to read handwritten digits.',
  operator: '',
  architecture: MODELS[0].architecture,
  privacy: { level: levelOf(''), view: FIRST.views[0], masking: usualMasking(levelOf(''), FIRST.volunteers) },
  smallestGroup: null,
  ...proposalOf(FIRST),
}

const MOST_VOLUNTEERS = 100
const TWO_MINUTES_MS = 120_000
const MOST_EXAMPLES = 100_000
/** A masked weight is an eighth, a quarter, a half or all of the largest (docs/privacy.md): one that nobody comes near to would make all an eighth, and waste the ring. */
const MOST_EXAMPLES_MASKED = 1000

/** The whole configuration, with what served MNIST well under the strategy. The server checks it; nothing is judged here. */
export function requestOf(form: FederationForm, seed: string): FederationRequest {
  const { name, description, operator, strategy, privacy, architecture, rounds, volunteers, targetPercent, smallestGroup } = form
  const { train, groups } = choiceOf(strategy)
  // Who belongs together is read from everybody at once: no volunteer is left out of a round.
  const most = groups === null ? Math.max(volunteers, MOST_VOLUNTEERS) : MAX_CLIENTS_PER_FEDERATION
  return {
    name,
    description,
    operator,
    seed,
    strategy: { name: strategy, options: groups === null || smallestGroup === null ? {} : { [groups.option]: smallestGroup } },
    privacy,
    model: { architecture },
    data: { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) },
    train: { ...train, batchSize: 32, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: volunteers, max: most },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: TWO_MINUTES_MS,
    computeDeadlineMs: TWO_MINUTES_MS,
    maxWeight: privacy.level === 'sealed' ? MOST_EXAMPLES : MOST_EXAMPLES_MASKED,
    // Groups that see things differently have no test set in common: each volunteer measures on its own pictures.
    evaluation: { onClients: true, testSet: null },
    stop: { rounds, accuracy: targetPercent === null ? null : targetPercent / 100 },
  }
}
