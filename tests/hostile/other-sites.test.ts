import { request } from 'node:http'
import { connect as connectSocket } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchBytes } from '../faults/wire-client.mjs'
import { OPERATOR_TOKEN, startTestServer, type TestServer } from '../faults/wire-server.ts'

const PASSWORD = 'correct horse battery'
const ELSEWHERE = 'https://elsewhere.example'

let running: TestServer
let federation: Awaited<ReturnType<TestServer['federate']>>
let cookie = ''
beforeAll(async () => {
  running = await startTestServer({ trustProxy: ['127.0.0.1'] })
  federation = await running.federate()
  await running.operator('POST', '/api/operator/people', { name: 'ada', role: 'admin', password: PASSWORD })
  cookie = (await login()).headers['set-cookie']?.[0]?.split(';')[0] ?? ''
})
afterAll(() => running.close())

const login = (headers: Record<string, string> = {}) =>
  fetchBytes(`${running.url}/api/operator/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ name: 'ada', password: PASSWORD }),
  })

interface ApiDocument {
  readonly paths: Record<string, Record<string, unknown>>
}

/** Every route that changes something, from the server's own document of them. */
async function changingRoutes(): Promise<{ method: string; path: string }[]> {
  const { body } = await running.operator('GET', '/docs/json')
  const named: Record<string, string> = { id: federation.id, name: 'ada', token: 'x'.repeat(43) }
  return Object.entries((body as ApiDocument).paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => !['get', 'head', 'options'].includes(method))
      .map((method) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? 'x') })),
  )
}

test('every route that changes something refuses other sites, whatever cookie or form they send with it', async () => {
  const routes = await changingRoutes()
  expect(routes.length).toBeGreaterThanOrEqual(14)
  for (const { method, path } of routes) {
    for (const [what, headers] of [
      ['another origin', { origin: ELSEWHERE }],
      ['no origin of its own', { origin: 'null' }],
      ['our name as a prefix', { origin: `${running.url}.elsewhere.example` }],
      ['another port', { origin: 'http://127.0.0.1:1' }],
      ['a form of another site', { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' }],
      ['a neighbour', { 'sec-fetch-site': 'same-site' }],
    ] as const)
      expect(await fetchBytes(`${running.url}${path}`, { method, headers: { cookie, ...headers } }), `${method} ${path}: ${what}`).toMatchObject({
        status: 403,
        body: { code: 'SHOAL_ERR_CROSS_ORIGIN' },
      })
  }
  expect((await fetchBytes(`${running.url}/api/operator/me`, { headers: { cookie } })).status).toBe(200)
})

test('a form that needs no leave of the browser is no command, even from here', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await fetchBytes(`${running.url}/api/federations/${federation.id}/commands`, {
      method: 'POST',
      headers: { cookie, 'content-type': type },
      body: '{"command":"finish-federation"}',
    })
    expect(answer.body.code, type).toBe('SHOAL_ERR_MALFORMED')
  }
  expect(running.server.federation(federation.id)?.view().lifecycle).toBe('running')
})

test('no GET changes anything', async () => {
  for (const { path } of await changingRoutes()) {
    const before = running.server.federation(federation.id)?.view().version
    await fetchBytes(`${running.url}${path}`, { headers: { cookie, origin: ELSEWHERE } })
    expect(running.server.federation(federation.id)?.view().version, path).toBe(before)
  }
})

test.each(['/', '/operator'])('a socket of %s from another site is refused before its handshake', async (side) => {
  for (const headers of [{ origin: ELSEWHERE }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { origin: `${running.url}.elsewhere.example` }]) {
    const socket = connectSocket(`${running.url}${side}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: { cookie, ...headers },
    })
    const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve))
    expect(error.message).toBe('websocket error')
    socket.disconnect()
  }
})

const ADDRESSES = () => [
  '/dashboard',
  `/join/${federation.invitation.invite}`,
  `/api/invites/${federation.invitation.invite}`,
  '/api/federations',
  '/nothing',
  '/healthz',
  `/api/federations/${federation.id}/export/report.html`,
  `/api/federations/${federation.id}/export/metrics.csv`,
]

test('every answer is framed by nobody, read by no other origin, taken for nothing else, and tells nobody where it was', async () => {
  for (const path of ADDRESSES()) {
    const { headers } = await fetchBytes(`${running.url}${path}`, { headers: { cookie, origin: ELSEWHERE } })
    expect(headers, path).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    })
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split(';')
        .map((directive) => directive.trim().split(' '))
        .map(([name, ...sources]) => [name, sources.join(' ')]),
    )
    expect(policy, path).toMatchObject({
      'default-src': "'none'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
      'worker-src': "'self'",
      'form-action': "'self'",
    })
    expect(policy['script-src'], path).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*|data:/)
    expect(policy['connect-src'], path).not.toMatch(/\*|https?:/)
    expect(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      path,
    ).toEqual([])
    expect(headers['x-powered-by']).toBeUndefined()
    expect(headers.server).toBeUndefined()
  }
})

test('a host header is no way into the policy of a page', async () => {
  for (const host of ['evil.example; script-src *', "x' 'unsafe-inline'", 'a b', '*', 'https://x']) {
    const { headers } = await fetchBytes(`${running.url}/dashboard`, { headers: { host } })
    expect(String(headers['content-security-policy'])).not.toContain(host)
  }
})

test('a question before a request of another origin gets no leave', async () => {
  const { headers, status } = await fetchBytes(`${running.url}/api/federations`, {
    method: 'OPTIONS',
    headers: { origin: ELSEWHERE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  })
  expect(status).toBe(404)
  expect(headers['access-control-allow-origin']).toBeUndefined()
})

test('the cookie is for this site alone and no script; where the page came by https it never goes by http', async () => {
  const plain = (await login()).headers['set-cookie']?.[0] ?? ''
  expect(plain).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
  const secured = await login({ 'x-forwarded-proto': 'https' })
  expect(secured.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; Secure; SameSite=Strict$/)
  expect(secured.headers['strict-transport-security']).toMatch(/max-age=31536000/)
  const { headers } = await login()
  expect(headers['strict-transport-security']).toBeUndefined()
})

test.each([
  '//elsewhere.example',
  '//elsewhere.example/%2f..',
  '/\\elsewhere.example',
  '/.//elsewhere.example',
  '/join/x?next=https://elsewhere.example',
  '/?next=//elsewhere.example',
  '/volunteer//elsewhere.example/..',
  '//elsewhere.example/volunteer/assets',
])('nothing at %s leads away from here', async (path) => {
  const { port } = new URL(running.url)
  const { status, headers } = await rawGet(Number(port), path)
  if (status >= 300 && status < 400) expect(headers.location).toBe('/dashboard')
  expect(headers.refresh).toBeUndefined()
})

/** A GET whose path nobody tidies up before it leaves. */
function rawGet(port: number, path: string): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, headers: response.headers })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

test('an answer for one role is kept by no cache on the way', async () => {
  const { headers } = await fetchBytes(`${running.url}/api/federations`, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } })
  expect(headers['cache-control']).toBe('no-store')
})
