import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServer, type ShoalServer } from './application.ts'

let server: ShoalServer
const directory = mkdtempSync(join(tmpdir(), 'shoal-application-'))
beforeAll(async () => {
  server = await buildServer({
    dataDirectory: directory,
    logLevel: 'silent',
    federations: 'none',
    operatorToken: 'a-token-for-tests',
    limits: { requestsPerAddress: 40, loginsPerAddress: 3 },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

test('every answer carries the policy that keeps foreign code and foreign pages out', async () => {
  const { headers } = await server.app.inject({ url: '/healthz', headers: { host: 'shoal.example:8787' } })
  expect(headers['content-security-policy']).toBe(
    "default-src 'none';script-src 'self' 'wasm-unsafe-eval';style-src 'self';img-src 'self' data: blob:;font-src 'self';connect-src 'self' ws://shoal.example:8787;worker-src 'self';manifest-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
  )
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
})

test('a Host header can not write into the policy', async () => {
  const { headers } = await server.app.inject({ url: '/healthz', headers: { host: "x; script-src 'unsafe-inline'" } })
  expect(headers['content-security-policy']).toContain("connect-src 'self' 'self';")
})

test.each([
  ['GET', '/nothing/here', {}, '', 404, 'SHOAL_ERR_NOT_FOUND'],
  ['POST', '/models/abc', {}, '', 404, 'SHOAL_ERR_NOT_FOUND'],
  ['GET', `/models/${'a'.repeat(64)}`, {}, '', 404, 'SHOAL_ERR_NOT_FOUND'],
  ['GET', '/models/..%2f..%2fshoal.sqlite', {}, '', 404, 'SHOAL_ERR_NOT_FOUND'],
  ['GET', '/%', {}, '', 400, 'SHOAL_ERR_MALFORMED'],
  ['POST', '/api/operator/login', { 'content-type': 'application/json' }, '{', 400, 'SHOAL_ERR_MALFORMED'],
  ['POST', '/api/operator/login', { 'content-type': 'application/json' }, `{"__proto__": {"token": "x"}}`, 400, 'SHOAL_ERR_MALFORMED'],
  ['POST', '/api/federations', { 'content-type': 'text/xml', authorization: 'Bearer a-token-for-tests' }, '<a/>', 400, 'SHOAL_ERR_MALFORMED'],
  [
    'POST',
    '/api/federations',
    { 'content-type': 'application/json', authorization: 'Bearer a-token-for-tests' },
    `"${'x'.repeat(300_000)}"`,
    413,
    'SHOAL_ERR_BODY_TOO_LARGE',
  ],
  ['GET', '/api/invites/nobody', {}, '', 403, 'SHOAL_ERR_INVITE_INVALID'],
] as const)('%s %s is refused in the one form', async (method, url, headers, payload, status, code) => {
  const response = await server.app.inject({ method, url, headers, ...(payload === '' ? {} : { payload }) })
  expect(response.statusCode).toBe(status)
  const body = response.json()
  expect(body.code).toBe(code)
  expect(Object.keys(body).filter((key) => !['code', 'message', 'detail', 'retryable'].includes(key))).toEqual([])
})

test('guesses at the one-time token are limited', async () => {
  const guess = () => server.app.inject({ method: 'POST', url: '/api/operator/login', payload: { token: 'guess' }, remoteAddress: '10.0.0.1' })
  const codes: number[] = []
  for (let index = 0; index < 5; index += 1) codes.push((await guess()).statusCode)
  expect(codes).toEqual([401, 401, 401, 429, 429])
  expect((await guess()).json()).toMatchObject({ code: 'SHOAL_ERR_RATE_LIMITED', retryable: true })
})

test('an address that asks too often is told so by code; another one is not', async () => {
  const ask = (remoteAddress: string) => server.app.inject({ url: '/healthz', remoteAddress })
  const codes: number[] = []
  for (let index = 0; index < 41; index += 1) codes.push((await ask('10.0.0.2')).statusCode)
  expect([codes[39], codes[40], (await ask('10.0.0.3')).statusCode]).toEqual([200, 429, 200])
})

test('the thread that serves volunteers loads no TensorFlow.js', () => {
  const entry = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  const hook = 'export async function resolve(s, c, next) { const found = await next(s, c); process._rawDebug(found.url); return found }'
  const program = `
    import { createRequire, register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
    const { buildServer } = await import(${JSON.stringify(entry)})
    const server = await buildServer({ dataDirectory: ${JSON.stringify(join(directory, 'graph'))}, logLevel: 'silent', federations: 'none' })
    await server.close()
    for (const path of Object.keys(createRequire(import.meta.url).cache)) process._rawDebug(path)
  `
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  expect(stderr).toContain('fastify')
  expect(stderr).toContain('better-sqlite3')
  expect(stderr).not.toContain('@tensorflow')
  expect(stderr).not.toContain('packages/learning')
})
