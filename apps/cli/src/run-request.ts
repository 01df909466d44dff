import type { PrivacyLevel, Robust, View } from '@shoal/protocol'
import type { TabBackend } from './chromium.ts'

/** What a person asks of a run in real tabs or in the simulator; both take the same flags. */
export interface RunFlags {
  readonly strategy: string
  readonly privacy: PrivacyLevel
  readonly view: View
  /** What is made of the updates of a round. */
  readonly robust: Robust
  /** Another strategy that makes the start; null for the strategy's own. */
  readonly init: 'k-fed' | null
  /** What makes one expert for all out of the groups' models; null for none. */
  readonly expert: 'disue' | null
  /** Tabs, or simulated clients. */
  readonly tabs: number
  /** The run ends after these, or earlier at its target. */
  readonly rounds: number
  readonly seed: string
  readonly backend: TabBackend
  /** Folder of a data set in MNIST's format; null for the strategy's own data. */
  readonly data: string | null
  /** File for the report; null for none. */
  readonly json: string | null
}
