import type { VNode } from 'preact'
import { pageTimers } from './browser-timers.ts'
import { say } from './language.ts'
import { useNow } from './now.ts'
import { statusPanelWords } from './status-panel.words.ts'

/** Counts down to the next attempt, beside the sentence that is read aloud. `at`: by the page's timers. */
export function Retry({ at }: { at: number }): VNode {
  const now = useNow(pageTimers.now)
  return (
    <p class="status-retry" role="timer">
      {say(statusPanelWords).retry(Math.max(0, Math.ceil((at - now) / 1_000)))}
    </p>
  )
}
