import type { VNode } from 'preact'
import type { Offer } from './offer.ts'
import { shortcomingsOf } from './shortcomings.ts'

/** What is off in this browser or on this connection, and why. */
export function Shortcomings({ offer }: { offer: Offer }): VNode | null {
  const sentences = shortcomingsOf({ isSecureContext, hasLocks: 'locks' in navigator, isStorageLasting: offer.storage.isLasting })
  if (sentences.length === 0) return null
  return (
    <div class="note">
      <p>
        <strong>Some things are off here.</strong>
      </p>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  )
}
