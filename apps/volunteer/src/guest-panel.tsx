import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { guestWords } from './guest.words.ts'
import type { GuestView } from './guest-view.tsx'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

/** For a volunteer without labels: which group's model serves, and what that is worth. Its parts are loaded when the group is found. */
export function GuestPanel({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const words = say(guestWords)
  const [View, setView] = useState<{ readonly of: typeof GuestView } | null>(null)
  const service = participation.service.value
  const data = participation.data.value
  const isFound = service !== null
  const view = participation.view.value
  const isOneGroup = service === null && view?.lifecycle === 'finished' && view.models.length === 1
  useEffect(() => {
    // Where it can not be loaded the sentence stays; the next visit tries again.
    if (isFound) import('./guest-view.tsx').then(({ GuestView: of }) => setView({ of })).catch(() => undefined)
  }, [isFound])
  return (
    <section class="panel guest" aria-labelledby="guest-title">
      <h2 id="guest-title">{words.title}</h2>
      {service === null || data.kind !== 'chosen' || View === null ? (
        <p>{isOneGroup ? words.oneGroup : words.looking}</p>
      ) : (
        <View.of participation={participation} contract={offer.policy.data} service={service} data={data.data} />
      )}
    </section>
  )
}
