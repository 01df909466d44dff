import type { VNode } from 'preact'
import { hasBegun } from './activity.ts'
import { appWords } from './app.words.ts'
import { ConditionsPanel } from './conditions-panel.tsx'
import { DataPanel } from './data-panel.tsx'
import { GuestPanel } from './guest-panel.tsx'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import { OutboxPanel } from './outbox-panel.tsx'
import type { Participation } from './participation.ts'
import { PointsPanel } from './points-panel.tsx'
import { PolicyText } from './policy-text.tsx'
import { RehearsalPanel } from './rehearsal-panel.tsx'
import { ResultPanel } from './result-panel.tsx'
import { ServicePanel } from './service-panel.tsx'
import { Shortcomings } from './shortcomings-note.tsx'
import { TrainingPanel } from './training-panel.tsx'

/** The page after consent; loaded then, with everything else that is not needed before. What it is about comes first: the data, and once it has begun the training. */
export function AgreedPanels({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const data = <DataPanel key="data" participation={participation} offer={offer} />
  const training = <TrainingPanel key="training" participation={participation} offer={offer} />
  const { isGuest } = participation
  const conditions = isGuest.value ? null : <ConditionsPanel key="conditions" care={participation.care} training={participation.training} />
  const service = <ServicePanel key="service" participation={participation} />
  // Who learns nothing gives nothing, and has nothing to rehearse.
  const guest = isGuest.value ? <GuestPanel key="guest" participation={participation} offer={offer} /> : null
  const rehearsal = isGuest.value ? null : (
    <RehearsalPanel key="rehearsal" participation={participation} federation={offer.invite.federation} isOfPoints={offer.policy.data.kind === 'points'} />
  )
  const result = <ResultPanel key="result" participation={participation} offer={offer} />
  const points = offer.policy.data.kind === 'points' ? <PointsPanel key="points" participation={participation} /> : null
  return (
    <>
      {hasBegun(participation.activity.value)
        ? [training, points, guest, service, result, conditions, data, rehearsal]
        : [data, training, points, guest, service, result, conditions, rehearsal]}
      <OutboxPanel participation={participation} federation={offer.invite.federation} />
      <Shortcomings offer={offer} />
      <details class="panel">
        <summary>{say(appWords).agreedText}</summary>
        <PolicyText offer={offer} />
      </details>
    </>
  )
}
