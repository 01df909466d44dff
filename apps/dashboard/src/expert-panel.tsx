import type { FederationView, RoundSummary } from '@shoal/protocol'
import { ChartFrame, formatPercent, TimeSeries } from '@shoal/ui'
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { expertCurvesOf, expertInWords, expertTable, lastDistillationOf } from './expert-history.ts'
import { useConfig } from './federation-insight.ts'
import { GeneratedSamples } from './generated-samples.tsx'
import { curveInWords } from './round-costs.ts'

const SHARE = [0, 1] as const

/** The one model for all, where there is to be one: how good it is, what the last distillation came to, and what its generator draws. */
export function ExpertPanel({ view, rounds }: { view: FederationView; rounds: readonly RoundSummary[] }): VNode | null {
  const config = useConfig(view).value?.config ?? null
  const words = expertInWords(view, config === null ? null : config.strategy.expert !== undefined)
  const last = useMemo(() => lastDistillationOf(rounds), [rounds])
  if (words === null) return null
  const samples = view.expert?.samples ?? null
  return (
    <section aria-labelledby="expert-title">
      <h3 id="expert-title">One expert for all</h3>
      <p>{words}</p>
      {last !== null && (
        <>
          <p role="status">
            Round {last.round}: {last.sentence}
          </p>
          <dl class="facts">
            {last.facts.map(({ title, words: told }) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{told}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <ExpertChart rounds={rounds} name={view.id} />
      {samples !== null && config !== null && <GeneratedSamples digest={samples} data={config.data} />}
    </section>
  )
}

function ExpertChart({ rounds, name }: { rounds: readonly RoundSummary[]; name: string }): VNode {
  const series = useMemo(() => expertCurvesOf(rounds), [rounds])
  const xs = useMemo(() => rounds.map(({ round }) => round), [rounds])
  return (
    <ChartFrame
      title="Groups, expert and average"
      description="Share of right answers on the volunteers’ own test examples: each served by the model of its group, all by the expert as it was distilled, and all by the average of the groups’ models. That is FedAvg’s model where all began the round at one model; where groups go on from models of their own, it is not what FedAvg by itself comes to. Where the expert is below the average, the average stands for it."
      table={() => expertTable(rounds)}
      fileName={`${name}-expert`}
    >
      <TimeSeries
        label={series.map(({ title, values }) => curveInWords(title, xs, values, formatPercent)).join(' ')}
        xs={xs}
        series={series}
        range={SHARE}
        format={formatPercent}
        empty="Not measured yet."
      />
    </ChartFrame>
  )
}
