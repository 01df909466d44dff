import { formatPercent } from '@shoal/ui'
import type { VNode } from 'preact'
import { language, say } from './language.ts'
import type { Participation } from './participation.ts'
import { describeService } from './service.ts'
import { serviceWords } from './service.words.ts'

/** Which model serves this volunteer, once this device has found it out. */
export function ServicePanel({ participation }: { participation: Participation }): VNode | null {
  const { service } = participation
  const text = service.value === null ? null : describeService(service.value, language.value)
  if (text === null) return null
  const words = say(serviceWords)
  return (
    <section class="panel service" aria-labelledby="service-title">
      <h2 id="service-title">{words.title}</h2>
      <p>{text.sentence}</p>
      <dl class="facts">
        {text.models.map(({ name, accuracy, serves }) => (
          <div key={name} class={serves ? 'serves' : undefined}>
            <dt>{name}</dt>
            <dd>
              {formatPercent(accuracy, language.value)}
              {serves && <span class="mark">{words.serves}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <p class="quiet">{words.note}</p>
    </section>
  )
}
