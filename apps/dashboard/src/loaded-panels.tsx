import { signal } from '@preact/signals'
import type { FederationView } from '@shoal/protocol'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'

type Panels = typeof import('./federation-panels.ts')

const panels = signal<Panels | null>(null)
const problem = signal(false)

async function load(): Promise<void> {
  if (panels.value !== null) return
  try {
    panels.value = await import('./federation-panels.ts')
    problem.value = false
  } catch {
    problem.value = true
  }
}

const loaded =
  (name: keyof Panels) =>
  ({ view }: { view: FederationView }): VNode => {
    useEffect(() => void load(), [])
    if (panels.value !== null) {
      const Panel = panels.value[name]
      return <Panel view={view} />
    }
    if (problem.value) return <p class="note problem">This part of the page could not be loaded. Reload the page.</p>
    return <progress aria-label="Loading this part of the page" />
  }

export const LivePanel = loaded('LivePanel')
export const LearningPanel = loaded('LearningPanel')
export const ClustersPanel = loaded('ClustersPanel')
export const PrivacyPanel = loaded('PrivacyPanel')
