import { signal } from '@preact/signals'
import { consentKeyOf } from '@shoal/client'
import { type Failure, failed, policySchema, type Result, succeeded } from '@shoal/protocol'
import type { describeActivity } from './activity.ts'
import { type Address, parseAddress } from './address.ts'
import type { AgreedPanels } from './agreed-panels.tsx'
import { fetchInvite } from './browser-transport.ts'
import { openDeviceStorage } from './device-storage.ts'
import { fingerprintOf, textHashOf } from './fingerprint.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

export type Visit =
  | { readonly kind: 'opening' }
  | { readonly kind: 'closed'; readonly failure: Failure }
  | { readonly kind: 'asking'; readonly offer: Offer }
  | { readonly kind: 'declined'; readonly offer: Offer }
  | { readonly kind: 'verifying'; readonly offer: Offer }
  | { readonly kind: 'unverified'; readonly offer: Offer; readonly failure: Failure }
  | {
      readonly kind: 'agreed'
      readonly offer: Offer
      readonly participation: Participation
      readonly Panels: typeof AgreedPanels
      readonly describeActivity: typeof describeActivity
    }

/** How far this visit is. Written by the four functions below alone. */
export const visit = signal<Visit>({ kind: 'opening' })

export async function openInvitation(href: string): Promise<void> {
  visit.value = { kind: 'opening' }
  const address = parseAddress(href)
  const offer = address.ok ? await offerAt(address.value) : address
  visit.value = offer.ok ? { kind: 'asking', offer: offer.value } : { kind: 'closed', failure: offer.failure }
}

export function decline(offer: Offer): void {
  visit.value = { kind: 'declined', offer }
}

export function reconsider(offer: Offer): void {
  visit.value = { kind: 'asking', offer }
}

/** Loads everything else, checks the signature with it, and only then goes on. */
export async function agree(offer: Offer): Promise<void> {
  visit.value = { kind: 'verifying', offer }
  try {
    const [{ beginParticipation }, { AgreedPanels: Panels }, { describeActivity }] = await Promise.all([
      import('./participation.ts'),
      import('./agreed-panels.tsx'),
      import('./activity.ts'),
    ])
    const begun = await beginParticipation(offer)
    visit.value = begun.ok
      ? { kind: 'agreed', offer, participation: begun.value, Panels, describeActivity }
      : { kind: 'unverified', offer, failure: begun.failure }
  } catch {
    visit.value = { kind: 'closed', failure: { code: 'SHOAL_ERR_UNREACHABLE', detail: 'a part of this page could not be loaded' } }
  }
}

async function offerAt(address: Address): Promise<Result<Offer>> {
  const fetched = await fetchInvite(address.invite)
  if (!fetched.ok) return fetched
  const { federation, policy: signed } = fetched.value
  const policy = policySchema.safeParse(parsedJson(signed.text))
  if (!policy.success) return failed('SHOAL_ERR_POLICY_UNVERIFIED', 'this page does not understand what it asks you to agree to')
  const storage = await openDeviceStorage(federation)
  const { robust = 'mean' } = policy.data.privacy
  const hasNotes = robust !== 'mean' || !isSecureContext || !('locks' in navigator) || storage.isLasting === false
  const notes = hasNotes ? await import('./consent-notes.ts').catch(() => undefined) : null
  if (notes === undefined) return failed('SHOAL_ERR_UNREACHABLE')
  const agreed = await storage.storage.load(consentKeyOf(federation)).catch(() => null)
  const textHash = textHashOf(signed.text)
  return succeeded({
    address,
    invite: fetched.value,
    policy: policy.data,
    fingerprint: fingerprintOf(address.federationKey),
    textHash,
    storage,
    notes,
    agreedBefore: agreed === null ? 'never' : agreed === textHash ? 'same' : 'other',
  })
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
