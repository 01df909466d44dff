import {
  type ClientList,
  clientListSchema,
  type Failure,
  type FederationView,
  failed,
  federationViewSchema,
  isErrorCode,
  type OperatorCommand,
  type Result,
  succeeded,
} from '@shoal/protocol'
import type { FederationRequest } from './federation-request.ts'

type FederationId = FederationView['id']

const UNREACHABLE: Failure = { code: 'SHOAL_ERR_UNREACHABLE' }

/** The operator's routes. Nothing here rejects; a refusal is the server's own failure. */
export const operatorApi = {
  login: (token: string): Promise<Result<unknown>> => call('POST', '/api/operator/login', { token }),

  async federations(): Promise<Result<readonly FederationView[]>> {
    const answered = await call('GET', '/api/federations')
    if (!answered.ok) return answered
    const views = Array.isArray(answered.value) ? answered.value.map((entry) => federationViewSchema.safeParse(entry)) : []
    return succeeded(views.flatMap((view) => (view.success ? [view.data] : [])))
  },

  async federation(id: FederationId): Promise<Result<FederationView>> {
    return viewOf(await call('GET', `/api/federations/${id}`))
  },

  async createFederation(request: FederationRequest): Promise<Result<FederationView>> {
    return viewOf(await call('POST', '/api/federations', request))
  },

  async clients(id: FederationId): Promise<Result<ClientList>> {
    const answered = await call('GET', `/api/federations/${id}/clients`)
    if (!answered.ok) return answered
    const clients = clientListSchema.safeParse(answered.value)
    return clients.success ? succeeded(clients.data) : failed('SHOAL_ERR_MALFORMED', 'the volunteers')
  },

  command: (id: FederationId, command: OperatorCommand['command']): Promise<Result<unknown>> => call('POST', `/api/federations/${id}/commands`, { command }),

  /** Links of all invites that can still be used, oldest first. */
  async invites(id: FederationId): Promise<Result<readonly string[]>> {
    const answered = await call('GET', `/api/federations/${id}/invites`)
    if (!answered.ok) return answered
    const invites = Array.isArray(answered.value) ? answered.value.map(objectOf) : []
    return succeeded(invites.flatMap(({ url, revokedAt }) => (typeof url === 'string' && revokedAt === null ? [url] : [])))
  },

  async createInvite(id: FederationId): Promise<Result<string>> {
    const answered = await call('POST', `/api/federations/${id}/invites`, {})
    if (!answered.ok) return answered
    const { url } = objectOf(answered.value)
    return typeof url === 'string' ? succeeded(url) : failed('SHOAL_ERR_MALFORMED', 'the invite')
  },
}

function viewOf(answered: Result<unknown>): Result<FederationView> {
  if (!answered.ok) return answered
  const view = federationViewSchema.safeParse(answered.value)
  return view.success ? succeeded(view.data) : failed('SHOAL_ERR_MALFORMED', 'the federation')
}

async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Result<unknown>> {
  try {
    const content = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(path, { method, ...content })
    const answer: unknown = await response.json().catch(() => null)
    if (response.ok) return succeeded(answer)
    const { code, detail } = objectOf(answer)
    if (typeof code !== 'string' || !isErrorCode(code)) return failed('SHOAL_ERR_INTERNAL', `status ${response.status}`)
    return failed(code, typeof detail === 'string' ? detail : undefined)
  } catch {
    return { ok: false, failure: UNREACHABLE }
  }
}

const objectOf = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
