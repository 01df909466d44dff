import { Readable } from 'node:stream'
import type { EventStore } from '@shoal/coordinator'
import { fingerprintOf, type Sodium } from '@shoal/privacy'
import type { FederationConfig, FederationId } from '@shoal/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import * as z from 'zod'
import { clusterInsightOf } from './cluster-insight.ts'
import type { FederationRegistry, ServedFederation } from './federation-registry.ts'
import { federationReport } from './federation-report.ts'
import { findFederation } from './federation-routes.ts'
import { refuse } from './http-replies.ts'
import type { InsightComputing } from './insight-computing.ts'
import { metricsCsv, metricsJson } from './metrics-export.ts'
import { privacyInsightOf } from './privacy-insight.ts'
import type { RefusalCounts } from './refusal-counts.ts'
import { documented } from './route-documentation.ts'
import type { TrafficLedger } from './traffic.ts'

export interface ExportRoutesOptions {
  readonly registry: FederationRegistry
  readonly store: EventStore
  readonly insight: InsightComputing
  readonly refusals: RefusalCounts
  readonly traffic: TrafficLedger
  readonly sodium: Sodium
}

const MODEL_FILES: readonly string[] = ['model.json', 'weights.bin']
const EVENTS_AT_ONCE = 500

const FEDERATION = { id: 'The id of the federation.' }

type OfOne = { Params: { id: string } }

/** `GET /api/federations/:id/export/...`: what an operator takes along, as files. */
export function registerExportRoutes(scope: FastifyInstance, { registry, store, insight, refusals, traffic, sodium }: ExportRoutesOptions): void {
  function file(name: string, type: string, make: (federation: ServedFederation) => unknown): void {
    const document = documented({
      role: 'viewer',
      deed: `export-${name}`,
      summary: `The file ${name} of a federation.`,
      params: FEDERATION,
      response: z.string(),
      produces: type,
    })
    scope.get<OfOne>(`/api/federations/:id/export/${name}`, document, async ({ params }, reply) => {
      const found = findFederation(registry, params.id)
      return found.ok ? asFile(reply, fileNameOf(found.value, name), type).send(await make(found.value)) : refuse(reply, found.failure)
    })
  }

  file('metrics.csv', 'text/csv; charset=utf-8', ({ host }) => metricsCsv(host.state().rounds))
  file('metrics.json', 'application/json; charset=utf-8', ({ host }) => JSON.stringify(metricsJson(host.state(), traffic.of(host.id))))
  file('configuration.json', 'application/json; charset=utf-8', ({ host }) => configurationOf(host.state().config))
  file('events.ndjson', 'application/x-ndjson; charset=utf-8', ({ host }) => Readable.from(linesOf(store, host.id, host.state().version)))
  const model = documented({
    role: 'operator',
    deed: 'export-model',
    summary: 'The model of a cluster, or the expert, as TensorFlow.js reads it: model.json, or weights.bin.',
    params: { ...FEDERATION, cluster: 'The number of the cluster, or: expert.', file: 'model.json or weights.bin' },
    response: z.string(),
    produces: 'application/octet-stream',
  })
  scope.get<{ Params: { id: string; cluster: string; file: string } }>(
    '/api/federations/:id/export/models/:cluster/:file',
    model,
    async ({ params }, reply) => {
      const found = findFederation(registry, params.id)
      if (!found.ok) return refuse(reply, found.failure)
      const { host, blobs } = found.value
      const { models, expert, config } = host.state()
      const ofCluster = /^\d{1,5}$/.test(params.cluster) ? models[Number(params.cluster)] : undefined
      const digest = params.cluster === 'expert' ? expert?.model : ofCluster
      if (digest === undefined || !MODEL_FILES.includes(params.file)) return refuse(reply, { code: 'SHOAL_ERR_NOT_FOUND' })
      const files = await insight.modelFiles(digest, config.model, blobs)
      if (!files.ok) return refuse(reply, files.failure)
      // Under these very names: model.json finds its weights beside it.
      return params.file === 'model.json'
        ? asFile(reply, params.file, 'application/json; charset=utf-8').send(files.value.modelJson)
        : asFile(reply, params.file, 'application/octet-stream').send(Buffer.from(files.value.weights.buffer))
    },
  )
  file('report.html', 'text/html; charset=utf-8', async (federation) => {
    const { host, policy, policyHash } = federation
    const state = host.state()
    return federationReport(state, {
      clusters: await clusterInsightOf(federation, insight),
      privacy: privacyInsightOf(state, refusals.of(host.id)),
      policyHash,
      fingerprint: fingerprintOf(sodium, policy.federationKey),
    })
  })
}

/** The log to where it reached when it was asked for, a piece at a time. */
async function* linesOf(store: EventStore, federation: FederationId, end: number): AsyncGenerator<string> {
  for (let first = 0; first < end; first += EVENTS_AT_ONCE) {
    const events = await store.read(federation, first, Math.min(EVENTS_AT_ONCE, end - first))
    yield events.map((event, index) => `${JSON.stringify({ sequence: first + index, ...event })}\n`).join('')
  }
}

/** `digits-metrics.csv`: the federation's name in letters that every file system takes. */
function fileNameOf({ host }: ServedFederation, name: string): string {
  const plain = host
    .state()
    .config.name.normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\w]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
    .toLowerCase()
  return `${plain === '' ? 'federation' : plain}-${name}`
}

const asFile = (reply: FastifyReply, name: string, type: string): FastifyReply =>
  reply.headers({ 'content-type': type, 'content-disposition': `attachment; filename="${name}"`, 'cache-control': 'no-store' })

/** As a request for the same federation: the server fills the parameters in again. */
const configurationOf = ({ model: { parameters: _, ...model }, ...config }: FederationConfig): string => JSON.stringify({ ...config, model }, null, 2)
