import {
  type FederationView,
  failed,
  federationViewSchema,
  type InviteList,
  inviteListSchema,
  type OperatorCommand,
  type Result,
  succeeded,
} from '@shoal/protocol'
import type { FederationRequest } from './federation-request.ts'
import type { UploadedModel } from './model-choice.ts'
import { call, readAs } from './operator-call.ts'
import { type ModelFiles, readUploadedModel } from './uploaded-model.ts'

type FederationId = FederationView['id']
type Invite = InviteList[number]

/** What an invite is made for. */
export interface InviteTerms {
  /** Milliseconds since the epoch; null for one without an end. */
  readonly expiresAt: number | null
  /** Null for any number. */
  readonly maxUses: number | null
}

/** The routes of federations. Nothing here rejects; a refusal is the server's own failure. */
export const operatorApi = {
  async federations(): Promise<Result<readonly FederationView[]>> {
    const answered = await call('GET', '/api/federations')
    if (!answered.ok) return answered
    const views = Array.isArray(answered.value) ? answered.value.map((entry) => federationViewSchema.safeParse(entry)) : []
    return succeeded(views.flatMap((view) => (view.success ? [view.data] : [])))
  },

  async federation(id: FederationId): Promise<Result<FederationView>> {
    return readAs(await call('GET', `/api/federations/${id}`), federationViewSchema, 'the federation')
  },

  async createFederation(request: FederationRequest): Promise<Result<FederationView>> {
    return readAs(await call('POST', '/api/federations', request), federationViewSchema, 'the federation')
  },

  command: (id: FederationId, command: OperatorCommand['command']): Promise<Result<unknown>> => call('POST', `/api/federations/${id}/commands`, { command }),

  async invites(id: FederationId): Promise<Result<InviteList>> {
    return readAs(await call('GET', `/api/federations/${id}/invites`), inviteListSchema, 'the invites')
  },

  async createInvite(id: FederationId, terms: InviteTerms): Promise<Result<Invite>> {
    const answered = await call('POST', `/api/federations/${id}/invites`, terms)
    if (!answered.ok) return answered
    const [invite] = inviteListSchema.safeParse([answered.value]).data ?? []
    return invite === undefined ? failed('SHOAL_ERR_MALFORMED', 'the invite') : succeeded(invite)
  },

  revokeInvite: (id: FederationId, token: Invite['token']): Promise<Result<unknown>> => call('DELETE', `/api/federations/${id}/invites/${token}`),

  /** The server reads the files and says what it can train of them. */
  async uploadModel(name: string, files: ModelFiles): Promise<Result<UploadedModel>> {
    const answered = await call('POST', '/api/models', files)
    if (!answered.ok) return answered
    const model = readUploadedModel(name, answered.value)
    return model === null ? failed('SHOAL_ERR_MALFORMED', 'the model') : succeeded(model)
  },
}
