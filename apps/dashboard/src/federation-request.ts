import type { DataContract, FederationConfig, TrainArgs } from '@shoal/protocol'
import { type DataDraft, DIGITS, readData } from './data-draft.ts'
import { MODELS, type ModelRequest } from './model-choice.ts'
import { levelOf, usualMasking } from './privacy-choice.ts'
import { choiceOf, STRATEGY_CHOICES, type StrategyChoice } from './strategy-choice.ts'
import { type CohortField, cohortConfig, usualTraining } from './training-rules.ts'

/** A federation's configuration as the server takes it: it fills in the model's parameters itself. */
export type FederationRequest = Omit<FederationConfig, 'model'> & { readonly model: ModelRequest }

/** What the form asks for, read and found right. */
export interface FederationForm {
  readonly name: string
  readonly description: string
  readonly operator: string
  readonly strategy: string
  /** What was changed of the strategy's parameters, and of how devices train and who is asked. */
  readonly options: Readonly<Record<string, unknown>>
  /** What was changed of the expert's parameters; null where none is made. */
  readonly expert: Readonly<Record<string, unknown>> | null
  readonly train: Partial<TrainArgs>
  readonly cohort: Partial<Readonly<Record<CohortField, number>>>
  readonly privacy: FederationConfig['privacy']
  readonly model: ModelRequest
  readonly data: DataContract
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

const contractOf = (draft: DataDraft): DataContract => {
  const { data, problems } = readData(draft)
  if (data === null) throw new Error(`a data contract that is none: ${JSON.stringify(problems)}`)
  return data
}

export const INITIAL_FORM: FederationForm = {
  name: 'Handwritten digits',
  description: 'Volunteers learn together to read handwritten digits.',
  operator: '',
  model: { architecture: MODELS[0].architecture },
  data: contractOf(DIGITS),
  options: {},
  expert: null,
  train: {},
  cohort: {},
  privacy: { level: levelOf(''), view: FIRST.views[0], masking: usualMasking(levelOf(''), FIRST.volunteers) },
  smallestGroup: null,
  ...proposalOf(FIRST),
}

const TWO_MINUTES_MS = 120_000
const MOST_EXAMPLES = 100_000
/** A masked weight is an eighth, a quarter, a half or all of the largest (docs/privacy.md): one that nobody comes near to would make all an eighth, and waste the ring. */
const MOST_EXAMPLES_MASKED = 1000

/** The whole configuration, with what served MNIST well under the strategy. The server checks it; nothing is judged here. */
export function requestOf(form: FederationForm, seed: string): FederationRequest {
  const { name, description, operator, strategy, options, expert, privacy, model, data, train, cohort, rounds, volunteers, targetPercent, smallestGroup } = form
  const choice = choiceOf(strategy)
  const { groups } = choice
  return {
    name,
    description,
    operator,
    seed,
    strategy: {
      name: strategy,
      options: { ...options, ...(groups === null || smallestGroup === null ? {} : { [groups.option]: smallestGroup }) },
      ...(expert === null ? {} : { expert: { options: expert } }),
    },
    privacy,
    model,
    data,
    train: { ...usualTraining(choice), ...train },
    ...cohortConfig(cohort, choice, volunteers),
    computeDeadlineMs: TWO_MINUTES_MS,
    maxWeight: privacy.level === 'sealed' ? MOST_EXAMPLES : MOST_EXAMPLES_MASKED,
    // Groups that see things differently have no test set in common: each volunteer measures on its own examples.
    // Of points there is no answer to judge.
    evaluation: { onClients: data.kind !== 'points', testSet: null },
    stop: { rounds, accuracy: targetPercent === null ? null : targetPercent / 100 },
  }
}
