import type { VNode } from 'preact'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import { PolicyText } from './policy-text.tsx'
import { policyWords } from './policy-text.words.ts'

export function ConsentPanel({ offer, onAgree, onDecline }: { offer: Offer; onAgree: () => void; onDecline: () => void }): VNode {
  const words = say(policyWords)
  return (
    <section class="panel" aria-labelledby="consent-title">
      <h2 id="consent-title">{words.asked(offer.policy.operator)}</h2>
      <PolicyText offer={offer} />
      {offer.notes && <offer.notes.Shortcomings offer={offer} />}
      {offer.agreedBefore === 'same' && <p class="quiet">{words.agreedBefore}</p>}
      {offer.agreedBefore === 'other' && <p class="note">{words.changed}</p>}
      <div class="actions">
        <button type="button" onClick={onAgree}>
          {words.agree}
        </button>
        <button type="button" class="secondary outline" onClick={onDecline}>
          {words.decline}
        </button>
      </div>
    </section>
  )
}
