import type { FederationView } from '@shoal/protocol'
import type { VNode } from 'preact'
import { levelInWords } from './privacy-choice.ts'

/** What protects the volunteers. */
export function PrivacyPanel({ view }: { view: FederationView }): VNode {
  return <p>{levelInWords(view.privacy)}</p>
}
