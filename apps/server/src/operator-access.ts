import { failed, type Login, type PersonList, type Result, type Role, succeeded } from '@shoal/protocol'
import { type ApiTokens, openApiTokens } from './api-tokens.ts'
import { createAttemptLimit } from './attempt-limit.ts'
import type { Database } from './database.ts'
import { type OperatorSessions, openOperatorSessions } from './operator-sessions.ts'
import { createPasswordHashes } from './password-hash.ts'
import { FIRST_PERSON, openPeople, type People } from './people.ts'
import { createSecretToken, isSameSecret } from './secret-token.ts'

/** What a request or a socket brings to be known by. */
export interface Credentials {
  readonly session: string | null
  readonly bearer: string | null
}

/** Who acts on the operator's side, as of now. */
export interface Operator {
  /** As the audit log names it: a person's name, `token <name>`, or `configuration`. */
  readonly who: string
  readonly role: Role
  /** Null for a program. */
  readonly person: { readonly name: string; readonly hasPassword: boolean } | null
  /** When these credentials end; null for never. */
  readonly expiresAt: number | null
}

/** Who may do what on the operator's side: people with sessions, and programs with tokens. */
export interface OperatorAccess {
  /** Synchronous, because every request of the operator's side begins with it. Null: nobody. */
  identify(credentials: Credentials, at: number): Operator | null
  /** Calls back after anybody may have lost a session, a token or a role. */
  onChanged(listener: () => void): void
  /** A token that signs in once, as the first person and admin. It replaces the one before, and is gone after a restart. */
  issueOneTimeToken(): string
  /** A session's token and its person. SHOAL_ERR_UNAUTHORISED, SHOAL_ERR_RATE_LIMITED. */
  login(login: Login, at: number): Promise<Result<{ readonly session: string; readonly person: string }>>
  logout(session: string): Promise<Result<void>>
  /** Ends the person's other sessions. `current` null: there is none yet. SHOAL_ERR_PASSWORD_WRONG, SHOAL_ERR_RATE_LIMITED. */
  changePassword(
    change: { readonly name: string; readonly session: string | null; readonly current: string | null; readonly password: string },
    at: number,
  ): Promise<Result<void>>
  knows(name: string): boolean
  people(): PersonList
  /** SHOAL_ERR_NAME_TAKEN. */
  addPerson(person: { readonly name: string; readonly role: Role; readonly password: string }, at: number): Promise<Result<void>>
  /** SHOAL_ERR_NOT_FOUND, SHOAL_ERR_LAST_ADMIN. */
  setRole(name: string, role: Role): Promise<Result<void>>
  /** Ends the person's sessions. SHOAL_ERR_NOT_FOUND, SHOAL_ERR_LAST_ADMIN. */
  removePerson(name: string): Promise<Result<void>>
  tokens: Pick<ApiTokens, 'list' | 'create' | 'revoke'>
}

export interface OperatorAccessOptions {
  /** The configured token of programs, which may do everything. */
  readonly operatorToken: string | null
  /** Tries a minute under one name. */
  readonly loginsPerName: number
  readonly passwordCost: number
}

export async function openOperatorAccess(database: Database, { operatorToken, loginsPerName, passwordCost }: OperatorAccessOptions): Promise<OperatorAccess> {
  const people = await openPeople(database)
  const sessions = await openOperatorSessions(database)
  const tokens = await openApiTokens(database)
  const passwords = createPasswordHashes(passwordCost)
  const attempts = createAttemptLimit(loginsPerName)
  const listeners: (() => void)[] = []
  let oneTimeToken: string | null = null

  const changed = <T>(result: Result<T>): Result<T> => {
    for (const listener of listeners) listener()
    return result
  }

  async function loginByLink(token: string, at: number): Promise<Result<string>> {
    if (oneTimeToken === null || !isSameSecret(token, oneTimeToken))
      return failed('SHOAL_ERR_UNAUTHORISED', 'the token is not the one that the server printed last, or was used before')
    oneTimeToken = null
    // Whoever reads the server's console owns its data: the link lets in again who has locked everybody out.
    const first = await firstPerson(people, at)
    return first.ok ? succeeded(FIRST_PERSON) : first
  }

  async function loginByPassword(name: string, password: string, at: number): Promise<Result<string>> {
    if (!attempts.take(name, at)) return failed('SHOAL_ERR_RATE_LIMITED')
    const isRight = await passwords.isRight(password, people.find(name)?.password ?? null)
    if (!isRight.ok) return isRight
    if (!isRight.value) return failed('SHOAL_ERR_UNAUTHORISED', 'the name or the password is wrong')
    attempts.forgive(name)
    return succeeded(name)
  }

  return {
    identify({ session, bearer }, at) {
      if (bearer !== null) {
        if (operatorToken !== null && isSameSecret(bearer, operatorToken)) return { who: 'configuration', role: 'admin', person: null, expiresAt: null }
        const token = tokens.use(bearer, at)
        if (token !== null) return { who: `token ${token.name}`, role: token.role, person: null, expiresAt: token.expiresAt }
      }
      return session === null ? null : personOf(sessions, people, session, at)
    },
    onChanged: (listener) => void listeners.push(listener),
    issueOneTimeToken() {
      oneTimeToken = createSecretToken()
      return oneTimeToken
    },
    async login(login, at) {
      const person = 'token' in login ? await loginByLink(login.token, at) : await loginByPassword(login.name, login.password, at)
      if (!person.ok) return person
      const session = await sessions.create(person.value, at)
      return session.ok ? succeeded({ session: session.value, person: person.value }) : session
    },
    logout: async (session) => changed(await sessions.end(session)),
    async changePassword({ name, session, current, password }, at) {
      const before = people.find(name)?.password ?? null
      if (before !== null || current !== null) {
        if (!attempts.take(name, at)) return failed('SHOAL_ERR_RATE_LIMITED')
        const isRight = await passwords.isRight(current ?? '', before)
        if (!isRight.ok) return isRight
        if (!isRight.value) return failed('SHOAL_ERR_PASSWORD_WRONG')
        attempts.forgive(name)
      }
      const hash = await passwords.hash(password)
      if (!hash.ok) return hash
      const set = await people.setPassword(name, hash.value)
      return set.ok ? changed(await sessions.endAllOf(name, session)) : set
    },
    knows: (name) => people.find(name) !== null,
    people: people.list,
    async addPerson({ name, role, password }, at) {
      if (people.find(name) !== null) return failed('SHOAL_ERR_NAME_TAKEN')
      const hash = await passwords.hash(password)
      return hash.ok ? people.add({ name, role, password: hash.value }, at) : hash
    },
    setRole: async (name, role) => changed(await people.setRole(name, role)),
    async removePerson(name) {
      const removed = await people.remove(name)
      // Somebody else may come to have this name: no session of the one who is gone may outlive the name.
      return removed.ok ? changed(await sessions.endAllOf(name, null)) : removed
    },
    tokens: { list: tokens.list, create: tokens.create, revoke: async (id) => changed(await tokens.revoke(id)) },
  }
}

function personOf(sessions: OperatorSessions, people: People, token: string, at: number): Operator | null {
  const session = sessions.find(token, at)
  const person = session === null ? null : people.find(session.person)
  if (session === null || person === null) return null
  const { name, role, password } = person
  return { who: name, role, person: { name, hasPassword: password !== null }, expiresAt: session.expiresAt }
}

async function firstPerson(people: People, at: number): Promise<Result<void>> {
  const person = people.find(FIRST_PERSON)
  if (person === null) return people.add({ name: FIRST_PERSON, role: 'admin', password: null }, at)
  return person.role === 'admin' ? succeeded(undefined) : people.setRole(FIRST_PERSON, 'admin')
}
