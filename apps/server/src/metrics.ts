import type { Clock, EventStore, FederationEvent } from '@shoal/coordinator'
import type { FederationId, Lifecycle } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { FederationRegistry } from './federation-registry.ts'
import type { TrafficLedger } from './traffic.ts'

/** Seconds. Rounds take from a blink in a test to a day between people. */
const ROUND_BUCKETS = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400]
const REQUEST_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60]
const LIFECYCLES: readonly Lifecycle[] = ['created', 'running', 'paused', 'finished']

export interface MetricsSources {
  readonly federations: () => ReturnType<FederationRegistry['all']>
  readonly traffic: TrafficLedger
  readonly clock: Clock
  /** Sockets by namespace. */
  readonly sockets: () => { readonly volunteers: number; readonly operators: number }
}

/** What Prometheus reads; docs/operations.md has the table of names. Federations are labelled by id, which operators make, so that labels stay few. */
export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>
  readonly contentType: string
  /** The store, watched: rounds and contributions are counted as their events are written. */
  watch(store: EventStore, startedAt: (federation: FederationId) => number | null): EventStore
  /** Counts every request of `app` by the pattern of its route, never by its address. */
  countRequests(app: FastifyInstance): void
}

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  addGauges(registry, sources)
  const rounds = new Counter({
    name: 'shoal_rounds_total',
    help: 'Rounds that ended, by outcome.',
    labelNames: ['federation', 'outcome'],
    registers: [registry],
  })
  const roundSeconds = new Histogram({
    name: 'shoal_round_seconds',
    help: 'Seconds from the beginning of a round to its end, aborted ones left out.',
    labelNames: ['federation'],
    buckets: ROUND_BUCKETS,
    registers: [registry],
  })
  const folded = new Counter({
    name: 'shoal_contributions_folded_total',
    help: 'Contributions that are durably in a sum.',
    labelNames: ['federation'],
    registers: [registry],
  })
  const refused = new Counter({
    name: 'shoal_contributions_refused_total',
    help: 'Contributions that were refused, by code.',
    labelNames: ['federation', 'code'],
    registers: [registry],
  })
  const requests = new Counter({
    name: 'shoal_http_requests_total',
    help: 'HTTP requests by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const requestSeconds = new Histogram({
    name: 'shoal_http_request_seconds',
    help: 'Seconds from a request to its answer, by route pattern.',
    labelNames: ['route'],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  })

  function count(federation: FederationId, event: FederationEvent, startedAt: number | null): void {
    if (event.type === 'contributions-folded') folded.inc({ federation }, event.clients.length)
    else if (event.type === 'round-aborted') rounds.inc({ federation, outcome: 'aborted' })
    else if (event.type === 'round-finished') {
      rounds.inc({ federation, outcome: event.models.length > 0 ? 'updated' : 'unchanged' })
      if (startedAt !== null) roundSeconds.observe({ federation }, Math.max(0, event.at - startedAt) / 1000)
    }
  }

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    watch: (store, startedAt) => ({
      ...store,
      async append(federation, firstSequence, events) {
        // Taken before: once the events are written, the next round may have begun.
        const began = startedAt(federation)
        const written = await store.append(federation, firstSequence, events)
        if (written.ok) for (const event of events) count(federation, event, began)
        return written
      },
    }),
    countRequests(app) {
      app.addHook('onResponse', (request, reply, done) => {
        const route = request.routeOptions.url ?? 'none'
        requests.inc({ method: request.method, route, status: String(reply.statusCode) })
        requestSeconds.observe({ route }, reply.elapsedTime / 1000)
        if (route === '/contributions/:ask' && reply.refusal !== null) refused.inc({ federation: request.session?.federation ?? 'none', code: reply.refusal })
        done()
      })
    },
  }
}

/** What is looked up when somebody asks. */
function addGauges(registry: Registry, { federations, traffic, clock, sockets }: MetricsSources): void {
  const registers = [registry]
  new Gauge({
    name: 'shoal_sockets',
    help: 'Open sockets, by side.',
    labelNames: ['side'],
    registers,
    collect() {
      for (const [side, count] of Object.entries(sockets())) this.set({ side }, count)
    },
  })
  new Gauge({
    name: 'shoal_federations',
    help: 'Federations, by lifecycle.',
    labelNames: ['lifecycle'],
    registers,
    collect() {
      for (const lifecycle of LIFECYCLES) this.set({ lifecycle }, federations().filter(({ host }) => host.state().lifecycle === lifecycle).length)
    },
  })
  new Gauge({
    name: 'shoal_clients_here',
    help: 'Clients that are connected, by federation.',
    labelNames: ['federation'],
    registers,
    collect() {
      for (const { host } of federations()) {
        const here = [...host.state().clients.values()].filter(({ presence }) => presence === 'here')
        this.set({ federation: host.id }, here.length)
      }
    },
  })
  new Gauge({
    name: 'shoal_round',
    help: 'The round that is open, or the next one.',
    labelNames: ['federation'],
    registers,
    collect() {
      for (const { host } of federations()) this.set({ federation: host.id }, host.state().round)
    },
  })
  new Gauge({
    name: 'shoal_accuracy',
    help: 'Accuracy as it was measured last, 0 to 1; missing where it never was.',
    labelNames: ['federation'],
    registers,
    collect() {
      for (const { host } of federations()) {
        const measured = host.state().rounds.findLast(({ metrics }) => metrics.accuracy !== null)
        if (measured?.metrics.accuracy != null) this.set({ federation: host.id }, measured.metrics.accuracy)
      }
    },
  })
  new Gauge({
    name: 'shoal_open_ask_age_seconds',
    help: 'Seconds since the open ask was put to clients; 0 where none is open.',
    labelNames: ['federation'],
    registers,
    collect() {
      for (const { host } of federations()) {
        const { openAsk } = host.view()
        const ageMs = openAsk === null ? 0 : clock.now() - (openAsk.deadlineAt - host.state().config.deadlineMs)
        this.set({ federation: host.id }, Math.max(0, ageMs) / 1000)
      }
    },
  })
  new Counter({
    name: 'shoal_bulk_bytes_total',
    help: 'Bytes of contributions (up) and models (down), over restarts.',
    labelNames: ['federation', 'direction'],
    registers,
    collect() {
      this.reset()
      for (const { host } of federations()) {
        const rounds = traffic.of(host.id)
        this.inc(
          { federation: host.id, direction: 'up' },
          rounds.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
        )
        this.inc(
          { federation: host.id, direction: 'down' },
          rounds.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
        )
      }
    },
  })
}
