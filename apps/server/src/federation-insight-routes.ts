import { eventSentence, type FederationState } from '@shoal/coordinator'
import { createLayout } from '@shoal/numeric'
import { fingerprintOf, type Sodium } from '@shoal/privacy'
import {
  type ConfigInsight,
  clusterInsightSchema,
  configInsightSchema,
  type Digest,
  digestSchema,
  type EventList,
  eventListSchema,
  failed,
  modelComparisonSchema,
  privacyInsightSchema,
  type Result,
  roundListSchema,
  roundStandingSchema,
} from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { clusterInsightOf } from './cluster-insight.ts'
import { type ExportRoutesOptions, registerExportRoutes } from './export-routes.ts'
import type { ServedFederation } from './federation-registry.ts'
import { findFederation } from './federation-routes.ts'
import { refuse } from './http-replies.ts'
import { privacyInsightOf } from './privacy-insight.ts'
import { documented, type RouteDocumentation } from './route-documentation.ts'

const EVENTS_AT_ONCE = 500
const ROUNDS_AT_ONCE = 500
/** Rounds before the present one whose models can be compared, if they are still there. */
const ROUNDS_COMPARED = 3
/** Parameters of a model that are named one by one. */
const MAX_PARAMETERS_LISTED = 200

const eventsQuery = z.object({
  after: z.coerce.number().int().min(-1).optional(),
  limit: z.coerce.number().int().min(1).max(EVENTS_AT_ONCE).default(100),
})
const roundsQuery = z.object({ from: z.coerce.number().int().min(0).default(0) })
const comparisonQuery = z.object({ a: digestSchema, b: digestSchema })

type OfOne = { Params: { id: string }; Querystring: Record<string, unknown> }
type Query = Record<string, unknown>
type Says = Pick<RouteDocumentation, 'summary' | 'response' | 'query'>

/** What operators may look up about a federation, and take along. Every answer is made when it is asked for and bounded in size; none holds a row or an update. */
export function registerFederationInsight(scope: FastifyInstance, options: ExportRoutesOptions): void {
  const { registry, store, insight, refusals, sodium } = options

  /** `GET /api/federations/:id/<name>`. */
  function answer(name: string, says: Says, make: (federation: ServedFederation, query: Query) => Result<unknown> | Promise<Result<unknown>>): void {
    const document = documented({ role: 'viewer', params: { id: 'The id of the federation.' }, ...says })
    scope.get<OfOne>(`/api/federations/:id/${name}`, document, async ({ params, query }, reply) => {
      const found = findFederation(registry, params.id)
      const made = found.ok ? await make(found.value, query) : found
      return made.ok ? reply.header('cache-control', 'no-store').send(made.value) : refuse(reply, made.failure)
    })
  }

  answer('round', { summary: 'The open round, ask by ask.', response: roundStandingSchema }, ({ host }) => ({ ok: true, value: host.roundStanding() }))
  answer('rounds', { summary: 'Finished rounds from one on, at most 500 at a time.', response: roundListSchema, query: roundsQuery }, ({ host }, query) => {
    const parsed = roundsQuery.safeParse(query)
    if (!parsed.success) return failed('SHOAL_ERR_MALFORMED', 'from')
    const { from } = parsed.data
    return { ok: true, value: host.state().rounds.slice(from, from + ROUNDS_AT_ONCE) }
  })
  answer(
    'events',
    { summary: 'The log in sentences: the latest, or what came after an event.', response: eventListSchema, query: eventsQuery },
    async ({ host }, query) => {
      const parsed = eventsQuery.safeParse(query)
      if (!parsed.success) return failed('SHOAL_ERR_MALFORMED', 'after, limit')
      const { after, limit } = parsed.data
      const { version } = host.state()
      const first = after === undefined ? Math.max(0, version - limit) : after + 1
      const events = await store.read(host.id, first, limit)
      const list: EventList = {
        events: events.map((event, index) => ({ sequence: first + index, at: event.at, type: event.type, sentence: eventSentence(event) })),
        latest: version - 1,
      }
      return { ok: true, value: list }
    },
  )
  answer('config', { summary: 'How the federation runs, and what its volunteers agreed to.', response: configInsightSchema }, (federation) => ({
    ok: true,
    value: configInsightOf(federation, sodium),
  }))
  answer('clusters', { summary: 'How the clusters came about, and how alike they are.', response: clusterInsightSchema }, async (federation) => ({
    ok: true,
    value: await clusterInsightOf(federation, insight),
  }))
  answer(
    'compare',
    { summary: 'Two models that the federation keeps, layer by layer.', response: modelComparisonSchema, query: comparisonQuery },
    async ({ host, blobs }, query) => {
      const parsed = comparisonQuery.safeParse(query)
      if (!parsed.success) return failed('SHOAL_ERR_MALFORMED', 'a and b name two models')
      const { a, b } = parsed.data
      const state = host.state()
      const known = comparableModelsOf(state)
      if (![a, b].every((digest) => known.has(digest) && host.serves(digest))) return failed('SHOAL_ERR_NOT_FOUND', 'the federation keeps no such model')
      return insight.compare(a, b, state.config.model, blobs)
    },
  )
  answer('privacy', { summary: 'What protects the volunteers, and what it has come to so far.', response: privacyInsightSchema }, ({ host }) => ({
    ok: true,
    value: privacyInsightOf(host.state(), refusals.of(host.id)),
  }))
  registerExportRoutes(scope, options)
}

function configInsightOf({ host, policy, policyHash }: ServedFederation, sodium: Sodium): ConfigInsight {
  const { config } = host.state()
  const { parameters } = config.model
  return {
    config: parameters.length <= MAX_PARAMETERS_LISTED ? config : { ...config, model: { ...config.model, parameters: [] } },
    parameters: createLayout(parameters).length,
    policyHash,
    fingerprint: fingerprintOf(sodium, policy.federationKey),
  }
}

function comparableModelsOf({ models, rounds, splits }: FederationState): ReadonlySet<Digest> {
  return new Set([...models, ...rounds.slice(-ROUNDS_COMPARED).flatMap((round) => round.models), ...splits.map(({ model }) => model)])
}
