import type { VNode } from 'preact'
import { sparklinePath } from './sparkline-path.ts'

/** A curve as small as a word, for the eye alone: the number beside it says the same. */
export function Sparkline({ values }: { values: readonly number[] }): VNode {
  return (
    <svg class="sparkline" viewBox="0 0 60 18" width="60" height="18" aria-hidden="true">
      <polyline class="chart-line" points={sparklinePath(values, 60, 18)} />
    </svg>
  )
}
