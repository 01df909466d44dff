import {
  type ApiTokenList,
  type AuditList,
  apiTokenListSchema,
  auditListSchema,
  failed,
  type Login,
  type OperatorSelf,
  operatorSelfSchema,
  type PersonList,
  personListSchema,
  type Result,
  type Role,
  succeeded,
} from '@shoal/protocol'
import { call, objectOf, readAs } from './operator-call.ts'

export interface NewPerson {
  readonly name: string
  readonly role: Role
  readonly password: string
}

export interface NewApiToken {
  readonly name: string
  readonly role: Role
  readonly expiresAt: number | null
}

/** The routes of those who may come in. */
export const accessApi = {
  login: (login: Login): Promise<Result<unknown>> => call('POST', '/api/operator/login', login),
  logout: (): Promise<Result<unknown>> => call('POST', '/api/operator/logout', {}),

  async self(): Promise<Result<OperatorSelf>> {
    return readAs(await call('GET', '/api/operator/me'), operatorSelfSchema, 'who is signed in')
  },

  /** `current` is null for who has no password yet. */
  setPassword: (current: string | null, password: string): Promise<Result<unknown>> => call('PUT', '/api/operator/password', { current, password }),

  async people(): Promise<Result<PersonList>> {
    return readAs(await call('GET', '/api/operator/people'), personListSchema, 'the people')
  },
  addPerson: (person: NewPerson): Promise<Result<unknown>> => call('POST', '/api/operator/people', person),
  changeRole: (name: string, role: Role): Promise<Result<unknown>> => call('PUT', `/api/operator/people/${encodeURIComponent(name)}/role`, { role }),
  removePerson: (name: string): Promise<Result<unknown>> => call('DELETE', `/api/operator/people/${encodeURIComponent(name)}`),

  async tokens(): Promise<Result<ApiTokenList>> {
    return readAs(await call('GET', '/api/operator/tokens'), apiTokenListSchema, 'the tokens')
  },
  /** The secret of the new token, which the server tells this once. */
  async createToken(token: NewApiToken): Promise<Result<string>> {
    const answered = await call('POST', '/api/operator/tokens', token)
    if (!answered.ok) return answered
    const { secret } = objectOf(answered.value)
    return typeof secret === 'string' ? succeeded(secret) : failed('SHOAL_ERR_MALFORMED', 'the token')
  },
  revokeToken: (id: string): Promise<Result<unknown>> => call('DELETE', `/api/operator/tokens/${encodeURIComponent(id)}`),

  /** Newest first, from before the entry `before`. */
  async audit(before: number | null): Promise<Result<AuditList>> {
    return readAs(await call('GET', `/api/operator/audit${before === null ? '' : `?before=${before}`}`), auditListSchema, 'the audit log')
  },
}
