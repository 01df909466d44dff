import type { FederationConfig } from '@shoal/protocol'

/** A federation's configuration as the server takes it: it fills in the model's parameters itself. */
export type FederationRequest = Omit<FederationConfig, 'model'> & { readonly model: { readonly architecture: string } }

/** Models of 28x28 grey pictures in ten classes, by their names in the server's zoo. */
export const MODELS = [
  { architecture: 'mlp-784-128-10', title: 'Two dense layers, 101,770 numbers: quick on every device' },
  { architecture: 'cnn-6186', title: 'Small convolutional network, 6,186 numbers: sends least' },
  { architecture: 'cnn-18378', title: 'Convolutional network, 18,378 numbers: most accurate' },
  { architecture: 'lenet-5', title: 'LeNet-5, 61,706 numbers: as in the literature' },
] as const

/** What the form asks for; all as the person typed it. */
export interface FederationForm {
  readonly name: string
  readonly description: string
  readonly operator: string
  readonly architecture: string
  readonly rounds: number
  readonly volunteers: number
  /** Percent; null to go on to the last round. */
  readonly targetPercent: number | null
}

export const INITIAL_FORM: FederationForm = {
  name: 'Handwritten digits',
  description: 'Volunteers learn together to read handwritten digits.',
  operator: '',
  architecture: MODELS[0].architecture,
  rounds: 20,
  volunteers: 3,
  targetPercent: 95,
}

const MOST_VOLUNTEERS = 100
const TWO_MINUTES_MS = 120_000

/** The whole configuration: federated averaging, sealed, with what served MNIST well. The server checks it; nothing is judged here. */
export function requestOf({ name, description, operator, architecture, rounds, volunteers, targetPercent }: FederationForm, seed: string): FederationRequest {
  return {
    name,
    description,
    operator,
    seed,
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model: { architecture },
    data: { kind: 'image', shape: [28, 28, 1], classes: Array.from({ length: 10 }, (_, digit) => String(digit)) },
    train: { steps: 100, batchSize: 32, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: volunteers, max: Math.max(volunteers, MOST_VOLUNTEERS) },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: TWO_MINUTES_MS,
    computeDeadlineMs: TWO_MINUTES_MS,
    maxWeight: 100_000,
    evaluation: { onClients: true, testSet: null },
    stop: { rounds, accuracy: targetPercent === null ? null : targetPercent / 100 },
  }
}
