import type { VNode } from 'preact'
import { appWords } from './app.words.ts'
import { ConditionsPanel } from './conditions-panel.tsx'
import { DataPanel } from './data-panel.tsx'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import { OutboxPanel } from './outbox-panel.tsx'
import type { Participation } from './participation.ts'
import { PolicyText } from './policy-text.tsx'
import { RehearsalPanel } from './rehearsal-panel.tsx'
import { ResultPanel } from './result-panel.tsx'
import { ServicePanel } from './service-panel.tsx'
import { Shortcomings } from './shortcomings-note.tsx'
import { TrainingPanel } from './training-panel.tsx'

/** The page after consent; loaded then, with everything else that is not needed before. */
export function AgreedPanels({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  return (
    <>
      <DataPanel participation={participation} offer={offer} />
      <TrainingPanel participation={participation} offer={offer} />
      <ServicePanel participation={participation} />
      <ResultPanel participation={participation} offer={offer} />
      <ConditionsPanel care={participation.care} training={participation.training} />
      <RehearsalPanel participation={participation} federation={offer.invite.federation} />
      <OutboxPanel participation={participation} federation={offer.invite.federation} />
      <Shortcomings offer={offer} />
      <details class="panel">
        <summary>{say(appWords).agreedText}</summary>
        <PolicyText offer={offer} />
      </details>
    </>
  )
}
