import { ERRORS } from '@shoal/protocol'
import type { AskSpec, FederationEvent } from './federation-event.ts'

/** What happened, in one sentence. Of a client it says the id and nothing else. */
export function eventSentence(event: FederationEvent): string {
  switch (event.type) {
    case 'federation-created':
      return `The federation "${event.config.name}" was created.`
    case 'federation-started':
      return 'The federation was started.'
    case 'federation-paused':
      return `The federation was paused: ${event.reason}.`
    case 'federation-resumed':
      return 'The federation was resumed.'
    case 'federation-finished':
      return `The federation was finished: ${event.reason}.`
    case 'server-restarted':
      return 'The server was restarted.'
    case 'client-joined':
      return `${event.client} joined.`
    case 'client-readied':
      return event.ready ? `${event.client} is ready to take part.` : `${event.client} does not take part for now.`
    case 'client-left':
      return `${event.client} left.`
    case 'client-sat-out':
      return `${event.client} sits out ask ${event.ask}: ${ERRORS[event.code].message}`
    case 'client-placed':
      return event.cluster === null ? `${event.client} found that no cluster is for it, and waits.` : `${event.client} found its cluster: ${event.cluster}.`
    case 'ask-opened':
      return `Ask ${event.ask.ask} was opened: ${workOf(event.ask)}.`
    case 'contributions-folded':
      return `${counted(event.clients.length, 'contribution')} to ask ${event.ask} ${event.clients.length === 1 ? 'is' : 'are'} safe on disk.`
    case 'deadline-passed':
      return `The deadline of ask ${event.ask} passed.`
    case 'ask-closed':
      return `Ask ${event.ask} was closed.`
    case 'round-finished':
      return `Round ${event.round} was finished: ${event.models.length === 0 ? 'nothing changed' : counted(event.models.length, 'new model')}${
        event.metrics.accuracy === null ? '' : `, accuracy ${event.metrics.accuracy.toFixed(4)}`
      }.`
    case 'round-aborted':
      return `Round ${event.round} was aborted: ${ERRORS[event.failure.code].message}`
  }
}

function workOf(spec: AskSpec): string {
  switch (spec.kind) {
    case 'sum':
      return `a sum of what clients answer to "${spec.procedure}"`
    case 'rows':
      return `one row of each client's "${spec.procedure}"`
    case 'compute':
      return `the server computes "${spec.job}"`
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
