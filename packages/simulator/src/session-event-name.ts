import type { SessionEvent } from '@shoal/client'

/** What came: the name of a message or of a timer, and whether an answer is a refusal. */
export function sessionEventName(event: SessionEvent): string {
  if (event.type === 'server-spoke') return `hears ${event.message.name}`
  if (event.type === 'timer-fired') return `timer ${event.timer}`
  if ('result' in event) return `${event.type} ${event.result.ok ? 'ok' : 'failed'}`
  return event.type
}
