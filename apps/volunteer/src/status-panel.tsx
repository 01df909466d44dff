import type { ChosenBackend } from '@shoal/learning'
import { Progress } from '@shoal/ui'
import type { VNode } from 'preact'
import { say } from './language.ts'
import { Retry } from './retry-countdown.tsx'
import type { Status } from './status.ts'
import { statusPanelWords } from './status-panel.words.ts'

/** The one place that says what this page does and why. The sentence is read aloud when it changes; the step below it is not: `hasSteps` keeps room for it. */
export function StatusPanel({
  status,
  round,
  cluster,
  clusters,
  backend,
  hasSteps,
}: {
  status: Status
  round: number | null
  /** This device's cluster, and how many there are. */
  cluster: number | null
  clusters: number
  backend: ChosenBackend | null
  hasSteps: boolean
}): VNode {
  const { name, sentence, step, notices, retryAt } = status
  const words = say(statusPanelWords)
  return (
    <section class="panel status" aria-label={words.region} data-tone={toneOf(name)}>
      <p
        id="state"
        role="status"
        aria-live="polite"
        data-state={name}
        data-round={round ?? undefined}
        data-cluster={cluster ?? ''}
        data-backend={backend?.backend}
        data-renderer={backend?.renderer}
      >
        {sentence}
      </p>
      {retryAt !== null && <Retry at={retryAt} />}
      {cluster !== null && clusters > 1 && <p class="status-group">{words.group(cluster + 1, clusters)}</p>}
      {(hasSteps || step !== null) && (
        <div class="status-step">
          {step !== null && <Progress label={step.text} share={step.share} detail={step.share === null ? '' : `${Math.round(step.share * 100)} %`} />}
        </div>
      )}
      {notices.length > 0 && <p class="quiet status-notices">{notices.join(' ')}</p>}
    </section>
  )
}

function toneOf(name: string): 'calm' | 'busy' | 'halted' | 'wrong' {
  if (name === 'training') return 'busy'
  if (['closed', 'unverified', 'failed', 'refused'].includes(name)) return 'wrong'
  return ['paused', 'stopped', 'elsewhere', 'superseded', 'offline'].includes(name) ? 'halted' : 'calm'
}
