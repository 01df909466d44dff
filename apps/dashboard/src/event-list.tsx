import type { FederationView } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { typesOf } from './event-log.ts'
import { useEvents } from './federation-insight.ts'

const SHOWN_AT_ONCE = 100

/** What happened, newest first. */
export function EventLog({ view }: { view: FederationView }): VNode {
  const [isPaused, setPaused] = useState(false)
  const [type, setType] = useState('')
  const [shown, setShown] = useState(SHOWN_AT_ONCE)
  const { value, failure } = useEvents(view, isPaused)
  const events = value ?? []
  const wanted = type === '' ? events : events.filter((event) => event.type === type)
  return (
    <section aria-labelledby="events-title">
      <h3 id="events-title">Events</h3>
      {failure !== null && <FailureNote title="The log could not be read." failure={failure} />}
      <div class="event-tools">
        <label>
          Show
          <select value={type} onChange={({ currentTarget }) => setType(currentTarget.value)}>
            <option value="">everything ({events.length})</option>
            {typesOf(events).map(([name, count]) => (
              <option key={name} value={name}>
                {name.replaceAll('-', ' ')} ({count})
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="secondary outline" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Hold the list'}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without a focus of its own a scrolling region can not be scrolled by keyboard */}
      <section class="event-list" aria-label="Events, newest first" tabIndex={0}>
        {wanted.length === 0 && <p class="quiet">Nothing yet. Everything that happens to this federation is written down here, one sentence each.</p>}
        <ol>
          {wanted.slice(0, shown).map(({ sequence, at, sentence }) => (
            <li key={sequence}>
              <time dateTime={new Date(at).toISOString()}>{timeOf(at)}</time> {sentence}
            </li>
          ))}
        </ol>
        {wanted.length > shown && (
          <button type="button" class="link" onClick={() => setShown(shown + SHOWN_AT_ONCE)}>
            Show {Math.min(SHOWN_AT_ONCE, wanted.length - shown)} more
          </button>
        )}
      </section>
    </section>
  )
}

const CLOCK = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const timeOf = (at: number): string => CLOCK.format(at)
