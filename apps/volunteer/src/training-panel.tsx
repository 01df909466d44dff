import { AccuracyChart, formatCount, formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import type { Participation } from './participation.ts'
import { isTakingPart } from './status.ts'

export function TrainingPanel({ participation }: { participation: Participation }): VNode {
  const { data, view, rounds, backend } = participation
  const seen = view.value
  const latest = rounds.value.findLast(({ metrics }) => metrics.accuracy !== null)
  return (
    <section class="panel" aria-labelledby="training-title">
      <h2 id="training-title">Training</h2>
      <Controls participation={participation} hasData={data.value.kind === 'chosen'} />
      <dl class="facts">
        <div>
          <dt>Round</dt>
          <dd>{seen === null ? '-' : seen.round}</dd>
        </div>
        <div>
          <dt>{(seen?.models.length ?? 1) > 1 ? 'Accuracy over all groups' : 'Accuracy of the shared model'}</dt>
          <dd>{formatPercent(latest?.metrics.accuracy ?? null)}</dd>
        </div>
        <div>
          <dt>Here now</dt>
          <dd>{seen === null ? '-' : formatCount(seen.clientsHere, 'volunteer')}</dd>
        </div>
        <div>
          <dt>Computes with</dt>
          <dd title={backend.value?.renderer}>{backend.value?.backend ?? '-'}</dd>
        </div>
      </dl>
      <AccuracyChart rounds={rounds.value} />
    </section>
  )
}

function Controls({ participation, hasData }: { participation: Participation; hasData: boolean }): VNode | null {
  const { activity } = participation
  const now = activity.value
  const isElsewhere = now.kind === 'elsewhere' || (now.kind === 'session' && now.state.kind === 'superseded')
  if (isElsewhere) {
    return (
      <div class="actions">
        <button type="button" onClick={() => void participation.start({ takeOver: true })}>
          Take over here
        </button>
      </div>
    )
  }
  if (now.kind === 'session' && now.state.kind === 'finished') return null
  if (!isTakingPart(now)) {
    return (
      <div class="actions">
        <button type="button" disabled={!hasData} onClick={() => void participation.start({ takeOver: false })}>
          Start training
        </button>
      </div>
    )
  }
  const isPausedByVolunteer = now.kind === 'session' && now.state.kind === 'paused' && now.state.by.includes('volunteer')
  return (
    <div class="actions">
      {isPausedByVolunteer ? (
        <button type="button" class="steady" onClick={participation.resume}>
          Resume
        </button>
      ) : (
        <button type="button" class="steady" disabled={now.kind !== 'session'} onClick={participation.pause}>
          Pause
        </button>
      )}
      <button type="button" class="secondary outline" onClick={() => void participation.stop()}>
        Stop
      </button>
    </div>
  )
}
