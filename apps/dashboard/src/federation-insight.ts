import {
  type ClientList,
  type ClusterInsight,
  type ConfigInsight,
  clientListSchema,
  clusterInsightSchema,
  configInsightSchema,
  type EventList,
  eventListSchema,
  type Failure,
  type FederationView,
  type ModelComparison,
  modelComparisonSchema,
  type PrivacyInsight,
  privacyInsightSchema,
  type Result,
  type RoundStanding,
  type RoundSummary,
  roundListSchema,
  roundStandingSchema,
  type TrafficList,
  trafficListSchema,
} from '@shoal/protocol'
import { withRounds } from '@shoal/ui'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { withEvents } from './event-log.ts'
import { call, readAs, type Schema } from './operator-call.ts'
import { createPacer, type Pacer } from './pacer.ts'

type FederationId = FederationView['id']

/** A look-up that was answered, or not yet, or not. What was answered last stays while a newer answer is on its way, or refused. */
export interface Looked<T> {
  readonly value: T | null
  /** Why the last look-up was refused. */
  readonly failure: Failure | null
}

const ROUNDS_AT_A_TIME = 500
const EVENTS_AT_A_TIME = 500

/** Everything about the clients: who is where. Asked again when the federation's view has changed. */
export const useClients = (view: FederationView): Looked<ClientList> => useLookUp(view.id, 'clients', clientListSchema, view.version)
export const useStanding = (view: FederationView): Looked<RoundStanding> => useLookUp(view.id, 'round', roundStandingSchema, view.version)
export const useTraffic = (view: FederationView): Looked<TrafficList> => useLookUp(view.id, 'traffic', trafficListSchema, lastRoundOf(view.rounds))
export const useClusterInsight = (view: FederationView): Looked<ClusterInsight> =>
  useLookUp(view.id, 'clusters', clusterInsightSchema, lastRoundOf(view.rounds))
export const usePrivacyInsight = (view: FederationView): Looked<PrivacyInsight> => useLookUp(view.id, 'privacy', privacyInsightSchema, view.version)
/** How it was set up, which does not change. */
export const useConfig = (view: FederationView): Looked<ConfigInsight> => useLookUp(view.id, 'config', configInsightSchema, '')

/** Two models beside each other; nothing is asked while one of them is missing. */
export const useComparison = (id: FederationId, a: string | null, b: string | null): Looked<ModelComparison> =>
  useLookUp(id, a === null || b === null ? null : `compare?a=${a}&b=${b}`, modelComparisonSchema, '')

/** Finished rounds do not change: what was fetched once stays, whichever part of the page is looked at. */
const roundsKnown = new Map<FederationId, readonly RoundSummary[]>()

/** Every round since the first, oldest first: what is missing is fetched 500 at a time, and the view's own rounds are there at once. */
export function useRounds(view: FederationView): Looked<readonly RoundSummary[]> {
  const { id } = view
  const [known, setKnown] = useState(roundsKnown.get(id) ?? [])
  const [failure, setFailure] = useState<Failure | null>(null)
  usePaced(id, lastRoundOf(view.rounds), async (signal) => {
    for (;;) {
      const before = roundsKnown.get(id) ?? []
      const answered = await lookUp(id, `rounds?from=${lastRoundOf(before) + 1}`, roundListSchema, signal)
      if (signal.aborted) return
      setFailure(answered.ok ? null : answered.failure)
      if (!answered.ok || answered.value.length === 0) return
      const rounds = withRounds(before, answered.value)
      roundsKnown.set(id, rounds)
      setKnown(rounds)
      if (answered.value.length < ROUNDS_AT_A_TIME) return
    }
  })
  const value = useMemo(() => withRounds(known, view.rounds), [known, view.rounds])
  return { value, failure }
}

/** The latest events, newest first. While `isPaused` nothing new is fetched; what came meanwhile is caught up with afterwards. */
export function useEvents(view: FederationView, isPaused: boolean): Looked<EventList['events']> {
  const [events, setEvents] = useState<EventList['events'] | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const after = useRef<number | null>(null)
  const paused = useRef(isPaused)
  paused.current = isPaused
  usePaced(view.id, isPaused ? 'paused' : view.version, async (signal) => {
    if (paused.current) return
    const answered = await lookUp(
      view.id,
      `events?limit=${EVENTS_AT_A_TIME}${after.current === null ? '' : `&after=${after.current}`}`,
      eventListSchema,
      signal,
    )
    if (signal.aborted) return
    setFailure(answered.ok ? null : answered.failure)
    if (!answered.ok) return
    const last = answered.value.events.at(-1)?.sequence ?? answered.value.latest
    // Too far behind to catch up step by step: next time the latest are asked for.
    after.current = last < answered.value.latest ? null : last
    setEvents((before) => withEvents(before ?? [], answered.value.events))
  })
  return { value: events, failure }
}

const lastRoundOf = (rounds: readonly RoundSummary[]): number => rounds[rounds.length - 1]?.round ?? -1

/** Who comes back to a part of the page sees at once what was known when it was left; a newer answer follows. */
const answeredLast = new Map<string, unknown>()
const lastAnswer = <T>(key: string): Looked<T> => ({ value: (answeredLast.get(key) as T | undefined) ?? null, failure: null })

/** `path` null: nothing to look up. `change`: looked up again whenever it is another, at most once a second. */
function useLookUp<T>(id: FederationId, path: string | null, schema: Schema<T>, change: string | number): Looked<T> {
  const key = `${id} ${path}`
  const [looked, setLooked] = useState<Looked<T> & { readonly key: string }>({ key, ...lastAnswer<T>(key) })
  usePaced(path === null ? '' : key, change, async (signal) => {
    if (path === null) return
    const answered = await lookUp(id, path, schema, signal)
    if (signal.aborted) return
    if (answered.ok && !path.includes('?')) answeredLast.set(key, answered.value)
    setLooked((before) =>
      answered.ok ? { key, value: answered.value, failure: null } : { key, value: before.key === key ? before.value : null, failure: answered.failure },
    )
  })
  // An answer about something else is none.
  return looked.key === key ? looked : lastAnswer<T>(key)
}

/** Runs `work` for `what`, and again when `change` is another; when `what` changes or the part of the page goes, what is on its way is called off. */
function usePaced(what: string, change: string | number, work: (signal: AbortSignal) => Promise<void>): void {
  const latest = useRef(work)
  latest.current = work
  const pacer = useRef<Pacer | null>(null)
  useEffect(() => {
    const made = createPacer({
      work: (signal) => latest.current(signal),
      now: () => performance.now(),
      wait: (task, ms) => setTimeout(task, ms),
      forget: clearTimeout,
    })
    pacer.current = made
    return () => made.stop()
  }, [what])
  useEffect(() => pacer.current?.wish(), [what, change])
}

/** One GET under `/api/federations/<id>/`. Never rejects. */
async function lookUp<T>(id: FederationId, path: string, schema: Schema<T>, signal: AbortSignal): Promise<Result<T>> {
  const address = `/api/federations/${id}/${path}`
  return readAs(await call('GET', address, undefined, signal), schema, path)
}
