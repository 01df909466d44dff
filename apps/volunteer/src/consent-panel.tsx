import type { VNode } from 'preact'
import type { Offer } from './offer.ts'
import { PolicyText } from './policy-text.tsx'
import { Shortcomings } from './shortcomings-note.tsx'

export function ConsentPanel({ offer, onAgree, onDecline }: { offer: Offer; onAgree: () => void; onDecline: () => void }): VNode {
  return (
    <section class="panel" aria-labelledby="consent-title">
      <h2 id="consent-title">{offer.policy.operator} asks you to help train a model</h2>
      <PolicyText offer={offer} />
      <Shortcomings offer={offer} />
      {offer.agreedBefore === 'same' && <p class="quiet">You agreed to exactly this text on this device before.</p>}
      {offer.agreedBefore === 'other' && <p class="note">This text has changed since you agreed on this device.</p>}
      <div class="actions">
        <button type="button" onClick={onAgree}>
          I agree and want to take part
        </button>
        <button type="button" class="secondary outline" onClick={onDecline}>
          No, thank you
        </button>
      </div>
    </section>
  )
}
