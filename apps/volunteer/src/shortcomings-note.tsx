import type { VNode } from 'preact'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import { policyWords } from './policy-text.words.ts'
import { shortcomingsOf } from './shortcomings.ts'
import { shortcomingWords } from './shortcomings.words.ts'

/** What is off in this browser or on this connection, and why. */
export function Shortcomings({ offer }: { offer: Offer }): VNode | null {
  const sentences = shortcomingsOf({ isSecureContext, hasLocks: 'locks' in navigator, isStorageLasting: offer.storage.isLasting }, say(shortcomingWords))
  if (sentences.length === 0) return null
  return (
    <div class="note">
      <p>
        <strong>{say(policyWords).thingsOff}</strong>
      </p>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  )
}
