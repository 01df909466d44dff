import { type FederationId, failed, type Result, succeeded } from '@shoal/protocol'
import type { FederationEvent } from './federation-event.ts'
import { createFederationState, reduceAll } from './federation-machine.ts'
import type { FederationState } from './federation-state.ts'
import type { EventStore } from './ports.ts'

const EVENTS_REPLAYED_AT_ONCE = 10_000

/** The state that a log leads to: recovery is nothing else. */
export function replay(events: readonly FederationEvent[]): Result<FederationState> {
  const [first, ...rest] = events
  if (first?.type !== 'federation-created') return failed('SHOAL_ERR_UNKNOWN_FEDERATION', 'its log has no beginning')
  return replayOn(createFederationState(first), rest)
}

/** A log of hundreds of thousands of events is never in memory as a whole. */
export async function replayLog(store: Pick<EventStore, 'read'>, id: FederationId): Promise<Result<FederationState>> {
  const beginning = await store.read(id, 0, EVENTS_REPLAYED_AT_ONCE)
  let state = replay(beginning)
  for (let read = beginning.length; state.ok; ) {
    const events = await store.read(id, read, EVENTS_REPLAYED_AT_ONCE)
    if (events.length === 0) break
    read += events.length
    state = replayOn(state.value, events)
  }
  return state
}

function replayOn(before: FederationState, events: readonly FederationEvent[]): Result<FederationState> {
  const { state, outcomes } = reduceAll(before, events)
  for (const [index, outcome] of outcomes.entries())
    if (!outcome.ok)
      return failed('SHOAL_ERR_INTERNAL', `event ${before.version + index} (${events[index].type}) does not fit the state: ${outcome.failure.code}`)
  return succeeded(state)
}
