import { formatBytes, formatDuration } from '@shoal/ui'
import { dataInWords } from './data-draft.ts'
import type { FederationRequest } from './federation-request.ts'
import { modelInWords } from './model-choice.ts'
import { levelInWords, VIEW_TITLES } from './privacy-choice.ts'
import { uploadBytes } from './privacy-cost.ts'
import { strategyInWords } from './strategy-choice.ts'

export interface OverviewLine {
  readonly title: string
  readonly words: string
}

/** A configuration in a few lines. `numbers`: of the model, null where it is not made yet. */
export function overviewOf(request: FederationRequest, numbers: number | null): readonly OverviewLine[] {
  const { name, operator, data, model, strategy, privacy, train, cohort, quorum, deadlineMs, stop } = request
  const upload = numbers === null ? '' : `; about ${formatBytes(uploadBytes(numbers, privacy))} up from each volunteer a round`
  const asked =
    cohort.fraction === 1
      ? `all who are here, up to ${cohort.max.toLocaleString('en')}`
      : `${percent(cohort.fraction)} of those here, up to ${cohort.max.toLocaleString('en')}`
  return [
    { title: 'What', words: name },
    { title: 'Who asks', words: operator },
    { title: 'Data', words: dataInWords(data) },
    { title: 'Model', words: modelInWords(model) },
    { title: 'Strategy', words: [strategyInWords(strategy.name), ...changesOf(strategy.options)].join('; ') },
    ...(strategy.expert === undefined
      ? []
      : [{ title: 'Expert', words: ['One for all, out of the models of all groups (DisUE)', ...changesOf(strategy.expert.options)].join('; ') }]),
    { title: 'In a round', words: `${train.steps} steps of ${train.batchSize} examples at learning rate ${train.learningRate}${pullOf(train)}` },
    { title: 'Privacy', words: `${levelInWords(privacy.level)}; ${VIEW_TITLES[privacy.view].toLowerCase()}${upload}` },
    {
      title: 'Cohort',
      words: `From ${cohort.min} volunteers on; ${asked}; ${percent(quorum.fraction)} and at least ${quorum.min} must answer within ${formatDuration(deadlineMs)}`,
    },
    {
      title: 'Ends',
      words: `After ${stop.rounds.toLocaleString('en')} rounds${stop.accuracy === null ? '' : `, or at an accuracy of ${percent(stop.accuracy)}`}`,
    },
  ]
}

const changesOf = (options: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(options).map(([option, value]) => `${option} ${Array.isArray(value) ? value.join(', ') : String(value)}`)

const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`

const pullOf = ({ proximalMu, momentum }: FederationRequest['train']): string =>
  `${momentum === 0 ? '' : `, momentum ${momentum}`}${proximalMu === 0 ? '' : `, FedProx mu ${proximalMu}`}`
