import { AccuracyChart, formatPercent } from '@shoal/ui'
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isTakingPart } from './activity.ts'
import { ContributionsFacts } from './contributions-facts.tsx'
import { language, say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'
import { trainingWords } from './training.words.ts'
import { TrainingProgress } from './training-progress.tsx'

export function TrainingPanel({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const { data, view, rounds, backend, accuracy, cluster, contributions } = participation
  const words = say(trainingWords)
  const seen = view.value
  const latest = rounds.value.findLast(({ metrics }) => metrics.accuracy !== null)
  const { before, now } = accuracy.value
  const sharing = rounds.value.at(-1)?.clusterSizes[cluster.value ?? -1]
  const hasGroups = (seen?.models.length ?? 1) > 1
  const isOfPoints = offer.policy.data.kind === 'points'
  const loss = rounds.value.findLast(({ metrics }) => metrics.loss !== null)?.metrics.loss ?? null
  const heading = useRef<HTMLHeadingElement>(null)
  const isIn = isTakingPart(participation.activity.value)
  // What was pressed to start may be hidden now, or has moved.
  useEffect(() => {
    if (isIn && document.activeElement === document.body) heading.current?.focus()
  }, [isIn])
  return (
    <section class="panel" aria-labelledby="training-title">
      <h2 id="training-title" tabIndex={-1} ref={heading}>
        {words.title}
      </h2>
      <Controls participation={participation} hasData={data.value.kind === 'chosen'} />
      <TrainingProgress participation={participation} offer={offer} />
      <dl class="facts">
        <Fact name={words.round}>{seen === null ? '-' : seen.round}</Fact>
        {isOfPoints ? (
          <Fact name={words.misfit}>{loss === null ? '-' : Number(loss.toPrecision(3)).toLocaleString(language.value)}</Fact>
        ) : (
          <Fact name={hasGroups ? words.accuracyOverall : words.accuracyShared}>{formatPercent(latest?.metrics.accuracy ?? null, language.value)}</Fact>
        )}
        <Fact name={words.hereNow}>{seen === null ? '-' : words.volunteers(seen.clientsHere)}</Fact>
        <Fact name={words.computesWith} title={backend.value?.renderer}>
          {backend.value?.backend ?? '-'}
        </Fact>
        {before !== null && <Fact name={words.accuracyBefore}>{formatPercent(before.accuracy, language.value)}</Fact>}
        {now !== null && now.order !== before?.order && <Fact name={words.accuracyNow}>{formatPercent(now.accuracy, language.value)}</Fact>}
        {seen !== null && !isOfPoints && (hasGroups ? sharing !== undefined : true) && (
          <Fact name={words.alike}>
            {hasGroups && sharing !== undefined ? words.others(Math.max(0, participation.isGuest.value ? sharing : sharing - 1)) : words.alikeAll}
          </Fact>
        )}
      </dl>
      {before !== null && <p class="quiet">{offer.policy.evaluatesOnClients ? words.accuracyNoteAsked : words.accuracyNote}</p>}
      {!isOfPoints && <AccuracyChart rounds={rounds.value} language={language.value} />}
      <ContributionsFacts contributions={contributions.value} />
    </section>
  )
}

function Fact({ name, title, children }: { name: string; title?: string | undefined; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{children}</dd>
    </div>
  )
}

function Controls({ participation, hasData }: { participation: Participation; hasData: boolean }): VNode | null {
  const { activity } = participation
  const words = say(trainingWords)
  const now = activity.value
  const isElsewhere = now.kind === 'elsewhere' || (now.kind === 'session' && now.state.kind === 'superseded')
  if (isElsewhere) {
    return (
      <div class="actions">
        <button type="button" onClick={() => void participation.start({ takeOver: true })}>
          {words.takeOver}
        </button>
      </div>
    )
  }
  if (now.kind === 'session' && now.state.kind === 'finished') return null
  if (!isTakingPart(now)) {
    return (
      <div class="actions">
        <button type="button" disabled={!hasData} onClick={() => void participation.start({ takeOver: false })}>
          {participation.isGuest.value ? words.startGuest : words.start}
        </button>
      </div>
    )
  }
  const isPausedByVolunteer = now.kind === 'session' && now.state.kind === 'paused' && now.state.by.includes('volunteer')
  return (
    <div class="actions">
      {isPausedByVolunteer ? (
        <button type="button" class="steady" onClick={participation.resume}>
          {words.resume}
        </button>
      ) : (
        <button type="button" class="steady" disabled={now.kind !== 'session'} onClick={participation.pause}>
          {words.pause}
        </button>
      )}
      <button type="button" class="secondary outline" onClick={() => void participation.stop()}>
        {words.stop}
      </button>
    </div>
  )
}
