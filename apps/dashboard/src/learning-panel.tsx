import type { FederationView, RoundSummary } from '@shoal/protocol'
import { ChartFrame, FailureNote, formatPercent, TimeSeries } from '@shoal/ui'
import type { VNode } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { ExpertPanel } from './expert-panel.tsx'
import { useConfig, useRounds } from './federation-insight.ts'
import { hasGroupsOfPoints } from './group-history.ts'
import { curveTable, groupTitle, learningCurvesOf, type Mark, marksOf, roundTable } from './learning-history.ts'
import { curveInWords } from './round-costs.ts'
import { type Gauge, gaugeOf, normCurvesOf, signalCurvesOf, signalTable } from './signal-history.ts'

const SHARE = [0, 1] as const
const FROM_ZERO = [0, 0] as const
const short = (value: number): string => String(Number(value.toPrecision(3)))

/** How well it learns, round by round. */
export function LearningPanel({ view }: { view: FederationView }): VNode {
  const { value, failure } = useRounds(view)
  const rounds = value ?? view.rounds
  const options = useConfig(view).value?.config.strategy.options ?? null
  const lossOf: LossOf = !hasGroupsOfPoints(view) ? 'answers' : view.strategy === 'k-fed' ? 'distances' : 'likelihoods'
  const gauge = useMemo(() => gaugeOf(view.strategy, options), [view.strategy, options])
  return (
    <>
      {failure !== null && <FailureNote title="Only the latest rounds are shown." failure={failure} />}
      {rounds.length === 0 && (
        <p class="note">No round has ended yet. The first one begins when the federation is started and {view.clientsNeeded} volunteers are here.</p>
      )}
      {useMemo(
        () => (
          <Curves rounds={rounds} gauge={gauge} name={view.id} lossOf={lossOf} />
        ),
        [rounds, gauge, view.id, lossOf],
      )}
      <ExpertPanel view={view} rounds={rounds} />
    </>
  )
}

/** What the loss tells of: how answers are, or how near points lie to their groups. */
type LossOf = 'answers' | 'likelihoods' | 'distances'

const ACCURACY_SENTENCE = 'Share of right answers: of everybody, and of each group on its own data.'
const LOSS_SENTENCES: Readonly<Record<LossOf, string>> = {
  answers: 'How far off the answers are (mean cross entropy, in nats); lower is better.',
  likelihoods:
    'How unlikely the points are to the models of their groups (mean negative log-likelihood, in nats for each number of a point); lower is better. Measured whenever points are sorted anew.',
  distances: 'How far points lie from the middle of their group (mean squared distance); lower is better.',
}

/** Drawn when a round has ended, not with every view. */
function Curves({ rounds, gauge, name, lossOf }: { rounds: readonly RoundSummary[]; gauge: Gauge | null; name: string; lossOf: LossOf }): VNode {
  const marks = useMemo(() => marksOf(rounds), [rounds])
  return (
    <>
      {lossOf === 'answers' && <LearningChart title="Accuracy" measure="accuracy" sentence={ACCURACY_SENTENCE} rounds={rounds} marks={marks} name={name} />}
      <LearningChart title="Loss" measure="loss" sentence={LOSS_SENTENCES[lossOf]} rounds={rounds} marks={marks} name={name} />
      {gauge !== null && <GaugeChart gauge={gauge} rounds={rounds} marks={marks} name={name} />}
      {gauge?.signal === 'ratio' && <NormChart gauge={gauge} rounds={rounds} marks={marks} name={name} />}
      <Participation rounds={rounds} marks={marks} name={name} />
    </>
  )
}

interface ChartProps {
  readonly rounds: readonly RoundSummary[]
  readonly marks: readonly Mark[]
  readonly name: string
}

function LearningChart({
  title,
  measure,
  sentence,
  rounds,
  marks,
  name,
}: ChartProps & { title: string; measure: 'accuracy' | 'loss'; sentence: string }): VNode {
  const curves = useMemo(() => learningCurvesOf(rounds, measure), [rounds, measure])
  const isShare = measure === 'accuracy'
  const format = isShare ? formatPercent : short
  return (
    <ChartFrame title={title} description={sentence} table={() => curveTable(curves, marks)} fileName={`${name}-${measure}`}>
      <TimeSeries
        label={`${curveInWords(`${title} of everybody`, curves.xs, curves.series[0]?.values ?? [], format)}${marksInWords(marks)}`}
        xs={curves.xs}
        series={curves.series}
        {...(curves.band === null ? {} : { band: curves.band })}
        marks={marks}
        range={isShare ? SHARE : FROM_ZERO}
        format={format}
        empty="Not measured yet."
      />
    </ChartFrame>
  )
}

function marksInWords(marks: readonly Mark[]): string {
  const splits = marks.filter(({ words }) => words.startsWith('split'))
  return splits.length === 0 ? '' : ` Groups were parted in round ${splits.map(({ x }) => x).join(', ')}.`
}

function GaugeChart({ gauge, rounds, marks, name }: ChartProps & { gauge: Gauge }): VNode {
  const { signal, title, sentence, limit } = gauge
  const series = useMemo(() => signalCurvesOf(rounds, signal), [rounds, signal])
  const xs = useMemo(() => rounds.map(({ round }) => round), [rounds])
  const thresholds = useMemo(() => (limit === null ? [] : [{ y: limit, words: `limit ${limit.toFixed(2)}` }]), [limit])
  return (
    <ChartFrame title={title} description={sentence} table={() => signalTable(rounds)} fileName={`${name}-${signal}`}>
      <TimeSeries
        label={curveInWords(title, xs, series[0]?.values ?? [], short)}
        xs={xs}
        series={series}
        marks={marks}
        thresholds={thresholds}
        range={FROM_ZERO}
        format={short}
        empty="Not measured yet: the strategy measures this while it looks for groups."
      />
    </ChartFrame>
  )
}

function NormChart({ gauge, rounds, marks, name }: ChartProps & { gauge: Gauge }): VNode {
  const [cluster, setCluster] = useState(0)
  const clusters = useMemo(() => signalCurvesOf(rounds, 'mean-norm').map((curve) => curve.cluster), [rounds])
  const series = useMemo(() => normCurvesOf(rounds, cluster, gauge.limit), [rounds, cluster, gauge.limit])
  const xs = useMemo(() => rounds.map(({ round }) => round), [rounds])
  return (
    <ChartFrame
      title="Norms of the updates"
      description="The length of the mean update beside that of the largest. Where the mean grows short while single updates stay long, the volunteers pull apart."
      table={() => signalTable(rounds)}
      fileName={`${name}-norms`}
    >
      {clusters.length > 1 && (
        <label class="inline-choice">
          Of
          <select value={cluster} onChange={({ currentTarget }) => setCluster(Number(currentTarget.value))}>
            {clusters.map((number) => (
              <option key={number} value={number}>
                {groupTitle(number)}
              </option>
            ))}
          </select>
        </label>
      )}
      <TimeSeries
        label={`${curveInWords('Length of the mean update', xs, series[0]?.values ?? [], short)} ${curveInWords('Of the largest', xs, series[1]?.values ?? [], short)}`}
        xs={xs}
        series={series}
        marks={marks}
        thresholds={gauge.lengths}
        range={FROM_ZERO}
        format={short}
        empty="Not measured yet."
      />
    </ChartFrame>
  )
}

function Participation({ rounds, marks, name }: ChartProps): VNode {
  const xs = useMemo(() => rounds.map(({ round }) => round), [rounds])
  const series = useMemo(() => [{ title: 'Volunteers', values: rounds.map(({ clients }) => clients) }], [rounds])
  return (
    <ChartFrame
      title="Rounds"
      description="Volunteers whose work entered the model, round by round. The table tells how each round ended and what was found."
      table={() => roundTable(rounds)}
      fileName={`${name}-rounds`}
    >
      <TimeSeries
        size="small"
        label={curveInWords('Volunteers whose work counted', xs, series[0]?.values ?? [], String)}
        xs={xs}
        series={series}
        marks={marks}
        range={FROM_ZERO}
        format={short}
        empty="No round has ended yet."
      />
    </ChartFrame>
  )
}
