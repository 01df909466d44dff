import { type BlobStore, type Clock, clientListOf, type FederationEvent } from '@shoal/coordinator'
import {
  clientListSchema,
  digestSchema,
  failed,
  federationConfigSchema,
  federationIdSchema,
  federationViewSchema,
  type OperatorCommand,
  operatorCommandSchema,
  type Result,
  succeeded,
  trafficListSchema,
} from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod/mini'
import { sha256Of } from './blob-store.ts'
import { foundFederation } from './federation-founding.ts'
import type { FederationJobs } from './federation-jobs.ts'
import type { FederationRegistry, ServedFederation } from './federation-registry.ts'
import { refuse } from './http-replies.ts'
import { documented } from './route-documentation.ts'
import type { TrafficLedger } from './traffic.ts'

const MAX_TEST_SET_BYTES = 256 * 1024 * 1024

export interface FederationRoutesOptions {
  readonly registry: FederationRegistry
  readonly jobs: FederationJobs
  readonly testSets: BlobStore
  readonly traffic: TrafficLedger
  readonly clock: Clock
}

type OfOne = { Params: { id: string } }

const FEDERATION = { id: 'The id of the federation.' }

/** A configuration as it is posted: what the server finds out about the model may be left out. */
const federationRequestSchema = z.extend(federationConfigSchema, { model: z.partial(federationConfigSchema.shape.model, { parameters: true }) })

/** The operator's routes under `/api/federations`; the scope they are registered in has checked who calls. */
export function registerFederationRoutes(scope: FastifyInstance, { registry, jobs, testSets, traffic, clock }: FederationRoutesOptions): void {
  const list = documented({ role: 'viewer', summary: 'Every federation as it stands.', response: z.array(federationViewSchema) })
  scope.get('/api/federations', list, async () => registry.all().map(({ host }) => host.view()))

  const create = documented({
    role: 'operator',
    deed: 'create-federation',
    summary: 'Create a federation from its configuration.',
    body: federationRequestSchema,
    response: federationViewSchema,
    status: 201,
  })
  scope.post('/api/federations', create, async (request, reply) => {
    const created = await foundFederation(request.body, { registry, jobs })
    if (created.ok) request.deed = { target: created.value.host.id }
    return created.ok ? reply.code(201).send(created.value.host.view()) : refuse(reply, created.failure)
  })

  const one = documented({ role: 'viewer', summary: 'One federation as it stands.', params: FEDERATION, response: federationViewSchema })
  scope.get<OfOne>('/api/federations/:id', one, async ({ params }, reply) => {
    const found = findFederation(registry, params.id)
    return found.ok ? found.value.host.view() : refuse(reply, found.failure)
  })

  const clients = documented({ role: 'viewer', summary: 'Who takes part, and where each is in the open ask.', params: FEDERATION, response: clientListSchema })
  scope.get<OfOne>('/api/federations/:id/clients', clients, async ({ params }, reply) => {
    const found = findFederation(registry, params.id)
    return found.ok ? clientListOf(found.value.host.state()) : refuse(reply, found.failure)
  })

  const bytes = documented({ role: 'viewer', summary: 'Bytes of contributions and models, by round.', params: FEDERATION, response: trafficListSchema })
  scope.get<OfOne>('/api/federations/:id/traffic', bytes, async ({ params }, reply) => {
    const found = findFederation(registry, params.id)
    return found.ok ? traffic.of(found.value.host.id) : refuse(reply, found.failure)
  })

  const command = documented({
    role: 'operator',
    deed: 'command',
    summary: 'Start, pause, resume or finish a federation, or abort its round.',
    params: FEDERATION,
    body: operatorCommandSchema,
    response: z.strictObject({ version: z.int() }),
  })
  scope.post<OfOne>('/api/federations/:id/commands', command, async (request, reply) => {
    const { params, body } = request
    const command = operatorCommandSchema.safeParse(body)
    if (command.success) request.deed = { what: command.data.command }
    const found = findFederation(registry, params.id)
    if (!found.ok) return refuse(reply, found.failure)
    if (!command.success) return refuse(reply, { code: 'SHOAL_ERR_MALFORMED', detail: 'there is no such command' })
    const { host } = found.value
    const event = eventOf(command.data, host.state(), clock.now())
    if (!event.ok) return refuse(reply, event.failure)
    const { testSet } = host.state().config.evaluation
    if (event.value.type === 'federation-started' && testSet !== null && !(await jobs.hasTestSet(testSet))) {
      return refuse(reply, { code: 'SHOAL_ERR_WRONG_LIFECYCLE', detail: 'its test set has not been uploaded yet' })
    }
    const done = await host.dispatch(event.value)
    return done.ok ? { version: host.view().version } : refuse(reply, done.failure)
  })

  void scope.register((uploads, _options, done) => {
    uploads.removeAllContentTypeParsers()
    uploads.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_TEST_SET_BYTES }, (_request, body, parsed) => parsed(null, body))
    const upload = documented({
      role: 'operator',
      deed: 'upload-test-set',
      summary: 'Upload the test set that the configuration names by its digest; before the start.',
      params: FEDERATION,
      consumes: 'application/octet-stream',
      response: z.strictObject({ digest: digestSchema, examples: z.int() }),
    })
    uploads.put<OfOne>('/api/federations/:id/test-set', { ...upload, bodyLimit: MAX_TEST_SET_BYTES }, async ({ params, body }, reply) => {
      const found = findFederation(registry, params.id)
      if (!found.ok) return refuse(reply, found.failure)
      const { config } = found.value.host.state()
      const { testSet } = config.evaluation
      if (testSet === null) return refuse(reply, { code: 'SHOAL_ERR_WRONG_LIFECYCLE', detail: 'its configuration names no test set' })
      if (!Buffer.isBuffer(body) || sha256Of(body) !== testSet)
        return refuse(reply, { code: 'SHOAL_ERR_DIGEST_MISMATCH', detail: 'the configuration names another test set' })
      const checked = await jobs.checkTestSet(testSet, body, config)
      if (!checked.ok) return refuse(reply, checked.failure)
      const stored = await testSets.put(body)
      return stored.ok ? { digest: stored.value, examples: checked.value.examples } : refuse(reply, stored.failure)
    })
    done()
  })
}

export function findFederation(registry: FederationRegistry, id: string): Result<ServedFederation> {
  const parsed = federationIdSchema.safeParse(id)
  const found = parsed.success ? registry.find(parsed.data) : undefined
  return found === undefined ? failed('SHOAL_ERR_UNKNOWN_FEDERATION') : succeeded(found)
}

function eventOf(
  { command }: OperatorCommand,
  state: { readonly round: number; readonly stage: { readonly kind: string } },
  at: number,
): Result<FederationEvent> {
  switch (command) {
    case 'start-federation':
      return succeeded({ type: 'federation-started', at })
    case 'pause-federation':
      return succeeded({ type: 'federation-paused', at, reason: 'paused by the operator' })
    case 'resume-federation':
      return succeeded({ type: 'federation-resumed', at })
    case 'finish-federation':
      return succeeded({ type: 'federation-finished', at, reason: 'finished by the operator' })
    case 'abort-round':
      if (state.stage.kind !== 'open') return failed('SHOAL_ERR_WRONG_LIFECYCLE', 'no round is open')
      return succeeded({ type: 'round-aborted', at, round: state.round, failure: { code: 'SHOAL_ERR_ASK_ABORTED', detail: 'by the operator' } })
  }
}
