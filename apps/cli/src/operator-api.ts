import {
  type ClientList,
  clientListSchema,
  type FederationConfig,
  type FederationView,
  federationViewSchema,
  isErrorCode,
  type OperatorCommand,
  ShoalError,
} from '@shoal/protocol'

type FederationId = FederationView['id']

/** Bulk bytes of one round, over all clients. */
export interface TrafficOfRound {
  readonly round: number
  readonly bytesUp: number
  readonly bytesDown: number
}

/** The operator's routes, for programs. Every call rejects with the server's ShoalError where it is refused. */
export interface OperatorApi {
  /** The server describes the model and makes the first one from the configuration's seed. */
  createFederation(config: FederationConfig): Promise<FederationView>
  /** The set whose digest the configuration names, as `encodeLabelledImages` gives it. */
  putTestSet(federation: FederationId, bytes: Uint8Array): Promise<void>
  /** The link of a new invite. */
  createInvite(federation: FederationId): Promise<string>
  command(federation: FederationId, command: OperatorCommand['command']): Promise<void>
  view(federation: FederationId): Promise<FederationView>
  traffic(federation: FederationId): Promise<readonly TrafficOfRound[]>
  /** Who takes part, and where each belongs. */
  clients(federation: FederationId): Promise<ClientList>
}

export function createOperatorApi({ origin, operatorToken }: { readonly origin: string; readonly operatorToken: string }): OperatorApi {
  async function call(method: 'GET' | 'POST' | 'PUT', path: string, body?: { readonly type: string; readonly content: string | Uint8Array }): Promise<unknown> {
    const headers = { authorization: `Bearer ${operatorToken}`, ...(body === undefined ? {} : { 'content-type': body.type }) }
    const response = await fetch(`${origin}/api/federations${path}`, { method, headers, ...(body === undefined ? {} : { body: body.content as BodyInit }) })
    const answer: unknown = await response.json().catch(() => null)
    if (response.ok) return answer
    const { code, detail } = (answer ?? {}) as { code?: unknown; detail?: unknown }
    const known = typeof code === 'string' && isErrorCode(code) ? code : 'SHOAL_ERR_INTERNAL'
    throw new ShoalError({ code: known, detail: typeof detail === 'string' ? detail : `${method} ${path || '/'}: HTTP ${response.status}` })
  }
  const post = (path: string, content: unknown): Promise<unknown> => call('POST', path, { type: 'application/json', content: JSON.stringify(content) })

  return {
    createFederation: async ({ model: { parameters, ...model }, ...config }) => federationViewSchema.parse(await post('', { ...config, model })),
    async putTestSet(federation, bytes) {
      await call('PUT', `/${federation}/test-set`, { type: 'application/octet-stream', content: bytes })
    },
    createInvite: async (federation) => ((await post(`/${federation}/invites`, {})) as { url: string }).url,
    async command(federation, command) {
      await post(`/${federation}/commands`, { command })
    },
    view: async (federation) => federationViewSchema.parse(await call('GET', `/${federation}`)),
    clients: async (federation) => clientListSchema.parse(await call('GET', `/${federation}/clients`)),
    traffic: async (federation) => (await call('GET', `/${federation}/traffic`)) as TrafficOfRound[],
  }
}
