import { type ClientList, clientListSchema, type FederationConfig, type FederationView, federationViewSchema, type OperatorCommand } from '@shoal/protocol'
import { connectTo, jsonBody, type RequestBody } from './server-connection.ts'

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

export function createOperatorApi(server: { readonly origin: string; readonly operatorToken: string }): OperatorApi {
  const connection = connectTo(server)
  const call = (method: 'GET' | 'POST' | 'PUT', path: string, body?: RequestBody): Promise<unknown> => connection.call(method, `/api/federations${path}`, body)
  const post = (path: string, content: unknown): Promise<unknown> => call('POST', path, jsonBody(content))

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
