import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiTokenList, AuditList, Role } from '@shoal/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildServer, type ShoalServer } from './application.ts'

const PASSWORD = 'correct horse battery'
const CONFIGURED = 'a-token-for-tests'

let server: ShoalServer
let directory = ''
const build = (): Promise<ShoalServer> =>
  buildServer({
    dataDirectory: directory,
    logLevel: 'silent',
    federations: 'none',
    operatorToken: CONFIGURED,
    limits: { loginsPerAddress: 100, loginsPerName: 3, passwordCost: 2 ** 10 },
  })
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-access-'))
  server = await build()
})
afterEach(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

type Headers = Record<string, string>
interface Answer {
  readonly status: number
  readonly body: { readonly code?: string; readonly [field: string]: unknown }
  readonly cookie: Headers
}

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, headers: Headers = {}, payload?: object): Promise<Answer> {
  const { statusCode, body, headers: answered } = await server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return {
    status: statusCode,
    body: body.startsWith('{') || body.startsWith('[') ? JSON.parse(body) : {},
    cookie: { cookie: String(answered['set-cookie']).split(';')[0] },
  }
}
const CONFIGURATION = { authorization: `Bearer ${CONFIGURED}` }
const login = (name: string, password: string): Promise<Answer> => call('POST', '/api/operator/login', {}, { name, password })
const loginByLink = (): Promise<Answer> => call('POST', '/api/operator/login', {}, { token: new URL(server.operatorLink()).hash.slice(1) })
const audited = async (): Promise<AuditList> => (await call('GET', '/api/operator/audit', CONFIGURATION)).body as unknown as AuditList
async function personAs(role: Role, name = `some-${role}`): Promise<Headers> {
  expect((await call('POST', '/api/operator/people', CONFIGURATION, { name, role, password: PASSWORD })).status).toBe(204)
  const { status, cookie } = await login(name, PASSWORD)
  expect(status).toBe(200)
  return cookie
}

test('the link signs in an admin without a password, who sets one and comes back by it, also after a restart', async () => {
  const { cookie } = await loginByLink()
  expect((await call('GET', '/api/operator/me', cookie)).body).toEqual({ name: 'admin', role: 'admin', hasPassword: false })
  expect(await login('admin', '')).toMatchObject({ status: 401 })
  expect(await call('PUT', '/api/operator/password', cookie, { current: null, password: 'short' })).toMatchObject({
    status: 400,
    body: { code: 'SHOAL_ERR_MALFORMED' },
  })
  expect((await call('PUT', '/api/operator/password', cookie, { current: null, password: PASSWORD })).status).toBe(204)
  expect((await call('GET', '/api/operator/me', cookie)).body.hasPassword).toBe(true)
  await server.close()
  server = await build()
  expect((await call('GET', '/api/operator/me', cookie)).status).toBe(200)
  const back = await login('admin', PASSWORD)
  expect(back.status).toBe(200)
  expect((await call('GET', '/api/operator/me', back.cookie)).body).toEqual({ name: 'admin', role: 'admin', hasPassword: true })
})

test('a wrong password and a name that nobody has are refused in the same words', async () => {
  await personAs('viewer', 'vera')
  const [wrong, unknown] = [await login('vera', 'wrong'), await login('nobody-here', 'wrong')]
  expect(wrong).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_UNAUTHORISED' } })
  expect(unknown.body).toEqual(wrong.body)
})

test('guesses are limited under each name, known or not; another name is not held up', async () => {
  await personAs('viewer', 'vera')
  for (const name of ['vera', 'nobody-here']) {
    const statuses = []
    for (let index = 0; index < 4; index += 1) statuses.push((await login(name, 'wrong')).status)
    expect(statuses, name).toEqual([401, 401, 401, 429])
  }
  expect(await login('vera', PASSWORD)).toMatchObject({ status: 429, body: { code: 'SHOAL_ERR_RATE_LIMITED' } })
  expect((await login('other', 'wrong')).status).toBe(401)
})

test('guesses that come together are counted one by one', async () => {
  await personAs('viewer', 'vera')
  const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await login('vera', 'wrong')).status))
  expect(statuses.sort()).toEqual([401, 401, 401, 429])
})

const NEEDS: readonly [role: Role, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string][] = [
  ['viewer', 'GET', '/api/operator/me'],
  ['viewer', 'GET', '/api/operator/audit'],
  ['viewer', 'GET', '/api/federations'],
  ['viewer', 'GET', '/api/federations/fed-0123456789abcdef/traffic'],
  ['viewer', 'GET', '/api/federations/fed-0123456789abcdef/invites'],
  ['viewer', 'GET', '/metrics'],
  ['operator', 'POST', '/api/federations'],
  ['operator', 'POST', '/api/federations/fed-0123456789abcdef/commands'],
  ['operator', 'POST', '/api/federations/fed-0123456789abcdef/invites'],
  ['operator', 'DELETE', '/api/federations/fed-0123456789abcdef/invites/abc'],
  ['operator', 'PUT', '/api/federations/fed-0123456789abcdef/test-set'],
  ['admin', 'GET', '/api/operator/people'],
  ['admin', 'POST', '/api/operator/people'],
  ['admin', 'PUT', '/api/operator/people/x/role'],
  ['admin', 'DELETE', '/api/operator/people/x'],
  ['admin', 'GET', '/api/operator/tokens'],
  ['admin', 'POST', '/api/operator/tokens'],
  ['admin', 'DELETE', '/api/operator/tokens/x'],
]
test('each role may do what those before it may, and nothing more', async () => {
  const roles: readonly Role[] = ['viewer', 'operator', 'admin']
  for (const [level, role] of roles.entries()) {
    const cookie = await personAs(role)
    for (const [needed, method, url] of NEEDS) {
      const { status, body } = await call(method, url, cookie)
      const isAllowed = level >= roles.indexOf(needed)
      expect(body.code === 'SHOAL_ERR_FORBIDDEN', `${role}: ${method} ${url} (${status})`).toBe(!isAllowed)
      if (!isAllowed) expect(status).toBe(403)
    }
  }
  for (const [, method, url] of NEEDS)
    expect(await call(method, url), `${method} ${url}`).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_UNAUTHORISED' } })
})

test('another role holds at once, in a session that is open', async () => {
  const cookie = await personAs('operator', 'otto')
  expect((await call('POST', '/api/federations', cookie)).body.code).not.toBe('SHOAL_ERR_FORBIDDEN')
  expect((await call('PUT', '/api/operator/people/otto/role', CONFIGURATION, { role: 'viewer' })).status).toBe(204)
  expect(await call('POST', '/api/federations', cookie)).toMatchObject({ status: 403 })
  expect((await call('GET', '/api/operator/me', cookie)).body).toMatchObject({ role: 'viewer' })
})

test('who is removed is out; somebody new of the same name does not come into the old session', async () => {
  const cookie = await personAs('operator', 'otto')
  expect((await call('DELETE', '/api/operator/people/otto', CONFIGURATION)).status).toBe(204)
  expect((await call('GET', '/api/operator/me', cookie)).status).toBe(401)
  expect((await login('otto', PASSWORD)).status).toBe(401)
  await personAs('admin', 'otto')
  await server.close()
  server = await build()
  expect((await call('GET', '/api/operator/me', cookie)).status).toBe(401)
})

test('the last admin can neither be removed nor be given another role, two at a time included', async () => {
  await personAs('admin', 'anna')
  await personAs('admin', 'arno')
  const [first, second] = await Promise.all([
    call('PUT', '/api/operator/people/anna/role', CONFIGURATION, { role: 'viewer' }),
    call('DELETE', '/api/operator/people/arno', CONFIGURATION),
  ])
  expect([first.status, second.status].sort()).toEqual([204, 409])
  expect([first, second].find(({ status }) => status === 409)?.body.code).toBe('SHOAL_ERR_LAST_ADMIN')
})

test("another password ends a person's other sessions and needs the present one", async () => {
  const here = await personAs('viewer', 'vera')
  const { cookie: elsewhere } = await login('vera', PASSWORD)
  const change = (current: string | null) => call('PUT', '/api/operator/password', here, { current, password: 'another long password' })
  expect(await change('wrong')).toMatchObject({ status: 403, body: { code: 'SHOAL_ERR_PASSWORD_WRONG' } })
  expect(await change(null)).toMatchObject({ status: 403, body: { code: 'SHOAL_ERR_PASSWORD_WRONG' } })
  expect((await call('GET', '/api/operator/me', elsewhere)).status).toBe(200)
  expect((await change(PASSWORD)).status).toBe(204)
  expect((await call('GET', '/api/operator/me', elsewhere)).status).toBe(401)
  expect((await call('GET', '/api/operator/me', here)).status).toBe(200)
  expect((await login('vera', PASSWORD)).status).toBe(401)
})

test('a name is given once', async () => {
  const add = () => call('POST', '/api/operator/people', CONFIGURATION, { name: 'vera', role: 'viewer', password: PASSWORD })
  const both = await Promise.all([add(), add()])
  expect(both.map(({ status }) => status).sort()).toEqual([204, 409])
  expect((await call('GET', '/api/operator/people', CONFIGURATION)).body).toMatchObject([{ name: 'vera', role: 'viewer' }])
})

test('signing out ends the session and takes the cookie back', async () => {
  const cookie = await personAs('viewer')
  const out = await call('POST', '/api/operator/logout', cookie)
  expect([out.status, out.cookie.cookie]).toEqual([204, 'shoal_operator='])
  expect((await call('GET', '/api/operator/me', cookie)).status).toBe(401)
})

test('a token of a program has its role until it expires or is revoked; its secret is told once and is not on disk', async () => {
  const make = async (expiresAt: number | null): Promise<{ id: string; secret: string }> => {
    const made = await call('POST', '/api/operator/tokens', CONFIGURATION, { name: 'prometheus', role: 'viewer', expiresAt })
    expect(made).toMatchObject({ status: 201, body: { name: 'prometheus', role: 'viewer', expiresAt } })
    return made.body as { id: string; secret: string }
  }
  const [kept, expired] = [await make(null), await make(1)]
  const bearer = { authorization: `Bearer ${kept.secret}` }
  const list = async () => (await call('GET', '/api/operator/tokens', CONFIGURATION)).body as unknown as ApiTokenList
  expect((await list())[0].lastUsedAt).toBeNull()
  expect(await call('GET', '/api/operator/me', bearer)).toMatchObject({ status: 200, body: { name: 'token prometheus', role: 'viewer', hasPassword: false } })
  expect(await call('POST', '/api/federations', bearer)).toMatchObject({ status: 403 })
  expect(await call('PUT', '/api/operator/password', bearer, { current: null, password: PASSWORD })).toMatchObject({ status: 403 })
  expect((await call('GET', '/api/operator/me', { authorization: `Bearer ${expired.secret}` })).status).toBe(401)
  await server.close()
  const bytes = readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [readFileSync(join(directory, entry.name), 'latin1')] : [],
  )
  expect(bytes.length).toBeGreaterThan(0)
  for (const file of bytes) for (const secret of [kept.secret, PASSWORD]) expect(file.includes(secret)).toBe(false)
  server = await build()
  const [first] = await list()
  expect(first).toMatchObject({ id: kept.id, lastUsedAt: expect.any(Number) })
  expect(first).not.toHaveProperty('secret')
  expect((await call('GET', '/api/operator/me', bearer)).status).toBe(200)
  expect((await call('DELETE', `/api/operator/tokens/${kept.id}`, CONFIGURATION)).status).toBe(204)
  expect((await call('GET', '/api/operator/me', bearer)).status).toBe(401)
  expect((await call('DELETE', `/api/operator/tokens/${kept.id}`, CONFIGURATION)).body.code).toBe('SHOAL_ERR_NOT_FOUND')
})

test('the audit log says who did what to whom, what was refused, and no secret', async () => {
  const cookie = await personAs('operator', 'otto')
  await login('otto', 'a wrong password')
  await login('typed-password', 'typed-password')
  const { body: token } = await call('POST', '/api/operator/tokens', CONFIGURATION, { name: 'ci', role: 'operator', expiresAt: null })
  await call('DELETE', '/api/operator/people/otto', cookie)
  const federation = 'fed-0123456789abcdef'
  await call('POST', `/api/federations/${federation}/commands`, { authorization: `Bearer ${token.secret}` }, { command: 'start-federation' })
  await call('GET', '/api/federations', cookie)
  await call('POST', '/api/operator/logout', cookie)
  const entries = await audited()
  expect(entries.map(({ who, what, target, refusal }) => [who, what, target, refusal]).reverse()).toEqual([
    ['configuration', 'add-person', 'otto', null],
    ['otto', 'login', 'otto', null],
    ['otto', 'login', 'otto', 'SHOAL_ERR_UNAUTHORISED'],
    ['nobody', 'login', 'nobody', 'SHOAL_ERR_UNAUTHORISED'],
    ['configuration', 'create-token', token.id, null],
    ['otto', 'remove-person', 'otto', 'SHOAL_ERR_FORBIDDEN'],
    ['token ci', 'start-federation', federation, 'SHOAL_ERR_UNKNOWN_FEDERATION'],
    ['otto', 'logout', '', null],
  ])
  for (const secret of [PASSWORD, 'a wrong password', 'typed-password', String(token.secret), CONFIGURED]) expect(JSON.stringify(entries)).not.toContain(secret)
  const older = (await call('GET', `/api/operator/audit?before=${entries[1].id}`, CONFIGURATION)).body as unknown as AuditList
  expect(older).toEqual(entries.slice(2))
  expect(await call('GET', '/api/operator/audit?before=x', CONFIGURATION)).toMatchObject({ status: 400 })
})
