import { failed, type Result } from '@shoal/protocol'
import type { FederationEffect } from './federation-effect.ts'
import type { FederationEvent } from './federation-event.ts'
import { type EventWatch, reduceAll } from './federation-machine.ts'
import type { FederationState } from './federation-state.ts'
import type { EventStore } from './ports.ts'

/** One federation's events: each goes through the machine, then to disk, and only then does anything follow from it. */
export interface EventLog {
  state(): FederationState
  /** Resolves when the event is on disk, or with the machine's or the store's coded refusal. Events are taken in the order in which they come. */
  dispatch(event: FederationEvent): Promise<Result<void>>
  isBusy(): boolean
  /** When everything that was dispatched so far has its answer. */
  settled(): Promise<void>
  /** Takes no more events. */
  close(): void
}

interface Waiting {
  readonly event: FederationEvent
  readonly done: (result: Result<void>) => void
}

/** `onCommitted` gets the effects of a batch once its events are written; what could not be written has none, and changed nothing. */
export function createEventLog(
  store: EventStore,
  initial: FederationState,
  onCommitted: (effects: readonly FederationEffect[]) => void,
  watch?: EventWatch,
): EventLog {
  let state = initial
  let waiting: Waiting[] = []
  let pumping: Promise<void> = Promise.resolve()
  /** True as long as the loop will look at `waiting` once more: what the promise says comes a moment later, and an event of that moment would wait for the next one. */
  let isPumping = false
  let isClosed = false

  async function pump(): Promise<void> {
    isPumping = true
    try {
      while (waiting.length > 0) await commit()
    } finally {
      isPumping = false
    }
  }

  async function commit(): Promise<void> {
    const batch = waiting
    waiting = []
    const { state: next, outcomes } = reduceAll(
      state,
      batch.map(({ event }) => event),
      watch,
    )
    const effects: FederationEffect[] = []
    const accepted: Waiting[] = []
    for (const [index, item] of batch.entries()) {
      const outcome = outcomes[index]
      if (!outcome.ok) {
        item.done(outcome)
        continue
      }
      effects.push(...outcome.value)
      accepted.push(item)
    }
    if (accepted.length === 0) return
    const events = accepted.map(({ event }) => event)
    const written = await store.append(state.id, state.version, events)
    if (written.ok) state = next
    for (const { done } of accepted) done(written)
    if (written.ok) onCommitted(effects)
  }

  return {
    state: () => state,
    dispatch(event) {
      if (isClosed) return Promise.resolve(failed('SHOAL_ERR_SHUTTING_DOWN'))
      return new Promise((done) => {
        waiting.push({ event, done })
        if (!isPumping) pumping = pump()
      })
    },
    isBusy: () => isPumping,
    async settled() {
      await pumping
    },
    close() {
      isClosed = true
    },
  }
}
