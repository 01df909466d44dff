import { formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import type { Participation } from './participation.ts'
import { describeService } from './service.ts'

/** Which model serves this volunteer, once this device has found it out. */
export function ServicePanel({ participation }: { participation: Participation }): VNode | null {
  const { service } = participation
  const text = service.value === null ? null : describeService(service.value)
  if (text === null) return null
  return (
    <section class="panel service" aria-labelledby="service-title">
      <h2 id="service-title">What you get</h2>
      <p>{text.sentence}</p>
      <dl class="facts">
        {text.models.map(({ name, accuracy, serves }) => (
          <div key={name} class={serves ? 'serves' : undefined}>
            <dt>{name}</dt>
            <dd>
              {formatPercent(accuracy)}
              {serves && <span class="mark">serves you</span>}
            </dd>
          </div>
        ))}
      </dl>
      <p class="quiet">Measured on those of your pictures that this page keeps back for testing. The comparison stays on this device.</p>
    </section>
  )
}
