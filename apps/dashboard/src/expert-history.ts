import type { FederationView, RoundSummary } from '@shoal/protocol'
import type { ChartTable, Series } from '@shoal/ui'
import { inPlainWords } from './plain-words.ts'

/** What newcomers would be served by, beside what members are, round by round. Colours are those that no group has first. */
export function expertCurvesOf(rounds: readonly RoundSummary[]): readonly Series[] {
  const signalOf = (name: string) => rounds.map(({ signals }) => signals[name] ?? null)
  return [
    { title: 'Each by its own group’s model', values: rounds.map(({ metrics }) => metrics.accuracy), style: 7 },
    { title: 'All by the expert', values: signalOf('expertAccuracy'), style: 0 },
    { title: 'All by the groups’ average', values: signalOf('averageAccuracy'), style: 1 },
  ]
}

/** Everything that is known of the expert, a row for each round, newest first. */
export const expertTable = (rounds: readonly RoundSummary[]): ChartTable => ({
  columns: [
    'Round',
    'Own group’s model',
    'Expert',
    'Groups’ average',
    'Divergence before, nats',
    'Divergence after, nats',
    'Fidelity, nats',
    'Seconds',
    'What came of it',
  ],
  rows: rounds
    .map(({ round, metrics, signals, notes }) => [
      round,
      metrics.accuracy,
      ...['expertAccuracy', 'averageAccuracy', 'klBefore', 'klAfter', 'fidelity', 'distilSeconds'].map((name) => signals[name] ?? null),
      notes.filter(isOfExpert).map(inPlainWords).join(' '),
    ])
    .reverse(),
})

/** One of DisUE's sentences, among those of the strategy that it stands beside. */
const isOfExpert = (note: string): boolean => /\bexperts?\b|^Clusters disagree on labels/i.test(note)

export interface Distillation {
  readonly round: number
  /** Taken or not, and why, as the server said it. */
  readonly sentence: string
  readonly facts: readonly { readonly title: string; readonly words: string }[]
}

/** The last time that an expert was made, or given up; null where there was none yet. */
export function lastDistillationOf(rounds: readonly RoundSummary[]): Distillation | null {
  const last = rounds.findLast(({ notes }) => notes.some(isOfExpert))
  if (last === undefined) return null
  const { round, notes, signals } = last
  const { klBefore, klAfter, fidelity, distilSeconds } = signals
  return {
    round,
    sentence: notes.filter(isOfExpert).map(inPlainWords).join(' '),
    facts: [
      ...(klBefore === undefined || klAfter === undefined
        ? []
        : [{ title: 'From the groups’ answers (divergence)', words: `${nats(klBefore)} before, ${nats(klAfter)} after` }]),
      ...(fidelity === undefined ? [] : [{ title: 'How sure the models are of what was drawn (fidelity)', words: `${nats(fidelity)}; lower is surer` }]),
      ...(distilSeconds === undefined ? [] : [{ title: 'The server worked on it for', words: `${distilSeconds.toFixed(1)} s` }]),
    ],
  }
}

const nats = (value: number): string => `${value.toFixed(3)} nats`

/** Why no expert stands there, or what it is good for; null where none was asked for. `isAsked`: as the federation was set up, null while that is not known. */
export function expertInWords({ expert, models }: Pick<FederationView, 'expert' | 'models'>, isAsked: boolean | null): string | null {
  if (expert !== undefined) return 'It serves who has no group yet, and groups may go on from it. Who belongs together is not its to say.'
  if (isAsked !== true) return null
  return models.length > 1 ? 'Not made yet: it is when the next round ends.' : 'Not made yet: it takes the models of two groups or more.'
}
