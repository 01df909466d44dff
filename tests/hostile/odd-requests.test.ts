import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchBytes, joinAs, sha256Of } from '../faults/wire-client.mjs'
import { startTestServer, type TestServer } from '../faults/wire-server.ts'
import { answersIn, sendRaw } from './raw-http.ts'

let running: TestServer
beforeAll(async () => {
  running = await startTestServer()
})
afterAll(() => running.close())

const isWell = async (): Promise<boolean> => (await fetchBytes(`${running.url}/healthz`)).status === 200

const MALFORMED = { status: 400, code: 'SHOAL_ERR_MALFORMED' }
const TOO_MUCH = { status: 431, code: 'SHOAL_ERR_MALFORMED' }
const WELL = { status: 200, code: undefined }
const LOGIN = 'POST /api/operator/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
const SMUGGLED = 'GET /api/federations HTTP/1.1\r\nHost: x\r\n\r\n'

test.each<[what: string, bytes: string, answers: object[]]>([
  ['headers of 20 KB', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`, [TOO_MUCH]],
  ['an address of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [TOO_MUCH]],
  ['a query of 20 KB', `GET /healthz?${'a=1&'.repeat(5000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [TOO_MUCH]],
  ['cookies of 20 KB', `GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: ${'a=b; '.repeat(4000)}\r\n\r\n`, [TOO_MUCH]],
  ['10,000 headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'a:b\r\n'.repeat(10_000)}\r\n`, [TOO_MUCH]],
  ['2000 headers within the size', `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'a:b\r\n'.repeat(2000)}\r\n`, [WELL]],
  ['a length and chunks', `${LOGIN}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, [MALFORMED]],
  ['chunks and a length', `${LOGIN}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`, [MALFORMED]],
  ['two lengths', `${LOGIN}Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}${SMUGGLED}`, [MALFORMED]],
  ['a length in a list', `${LOGIN}Content-Length: 2, 2\r\n\r\n{}${SMUGGLED}`, [MALFORMED]],
  ['a length with a sign', `${LOGIN}Content-Length: +2\r\n\r\n{}${SMUGGLED}`, [MALFORMED]],
  ['a negative length', `${LOGIN}Content-Length: -1\r\n\r\n{}${SMUGGLED}`, [MALFORMED]],
  ['a length beyond 64 bits', `${LOGIN}Content-Length: 99999999999999999999\r\n\r\n{}`, [MALFORMED]],
  ['chunks under another name', `${LOGIN}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, [MALFORMED]],
  ['chunks twice', `${LOGIN}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`, [MALFORMED]],
  ['a space before the colon', `${LOGIN}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, [MALFORMED]],
  ['lines that end with a line feed alone', `GET /healthz HTTP/1.1\nHost: x\nConnection: close\n\n${SMUGGLED}`, [MALFORMED]],
  ['a folded header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n`, [MALFORMED]],
  ['a chunk size that is no number', `${LOGIN}Transfer-Encoding: chunked\r\n\r\nzz\r\n${SMUGGLED}`, [MALFORMED]],
  ['a NUL in a header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n`, [MALFORMED]],
  ['a NUL in the address', `GET /health\0z HTTP/1.1\r\nHost: x\r\n\r\n`, [MALFORMED]],
  ['no host', `GET /healthz HTTP/1.1\r\n\r\n`, [{ status: 400 }]],
  ['HTTP of the future', `GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n`, [MALFORMED]],
  ['an unknown method', `DANCE /healthz HTTP/1.1\r\nHost: x\r\n\r\n`, [MALFORMED]],
  ['bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [MALFORMED]],
  ['an address that ends within an escape', `GET /join/%zz%2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, [MALFORMED]],
])('%s: every answer by its code, and nothing that was hidden inside', async (_what, bytes, answers) => {
  expect(answersIn(await sendRaw(running.url, Buffer.from(bytes, 'latin1')))).toEqual(answers.map((answer) => expect.objectContaining(answer)))
  expect(await isWell()).toBe(true)
})

test.each(['CONNECT', 'TRACE'])('%s opens and echoes nothing', async (method) => {
  const heard = await sendRaw(running.url, `${method} x:80 HTTP/1.1\r\nHost: x\r\nX-Echo: secret-echo\r\nConnection: close\r\n\r\n`)
  expect(heard).not.toContain('secret-echo')
  expect(answersIn(heard).every(({ status }) => status >= 400)).toBe(true)
  expect(await isWell()).toBe(true)
})

test('200 requests in one breath are answered one by one and in order', async () => {
  const one = (path: string, rest = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${rest}\r\n`
  const paths = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? '/healthz' : '/nothing'))
  const heard = await sendRaw(running.url, paths.map((path, index) => one(path, index === 199 ? 'Connection: close\r\n' : '')).join(''))
  expect(answersIn(heard).map(({ status }) => status)).toEqual(paths.map((path) => (path === '/healthz' ? 200 : 404)))
})

/** 64 MB of nothing in 64 KB. */
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024))

test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip'])('a body that is said to be %s is read as the bytes that it is', async (encoding) => {
  const before = process.memoryUsage().rss
  for (const [path, headers] of [
    ['/api/operator/login', {}],
    ['/api/federations', { authorization: 'Bearer a-token-for-tests-only' }],
    ['/api/models', { authorization: 'Bearer a-token-for-tests-only' }],
  ] as const) {
    const answer = await fetchBytes(`${running.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding, ...headers },
      body: BOMB,
    })
    expect(['SHOAL_ERR_MALFORMED', 'SHOAL_ERR_MODEL_FILES'], path).toContain(answer.body.code)
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024)
})

test('a contribution that would unfold is measured and digested as it came', async () => {
  const { invitation } = await running.federate({ cohort: { fraction: 1, min: 1, max: 10 } })
  const volunteer = await joinAs({ url: running.url, invitation })
  const { ask } = await volunteer.nextAsk()
  expect((await volunteer.put(ask, BOMB, { 'content-encoding': 'gzip' })).body).toMatchObject({ code: 'SHOAL_ERR_BODY_TOO_LARGE' })
  const small = gzipSync(Buffer.alloc(1024 * 1024))
  expect((await volunteer.put(ask, small, { 'content-encoding': 'gzip', 'x-shoal-digest': sha256Of(small) })).body).toMatchObject({
    code: 'SHOAL_ERR_MALFORMED',
  })
  await volunteer.vanish()
})

test('a web socket that offers compression gets none', async () => {
  const upgrade = [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    '\r\n',
  ].join('\r\n')
  const close = Buffer.from([0x88, 0x80, 0, 0, 0, 0])
  const heard = await sendRaw(running.url, Buffer.concat([Buffer.from(upgrade), close]))
  expect(heard).toMatch(/^HTTP\/1\.1 101 /)
  expect(heard.toLowerCase()).not.toContain('sec-websocket-extensions')
})

test('there is no transport but the web socket: nothing can be posted past the limits of requests', async () => {
  for (const [method, query] of [
    ['GET', 'EIO=4&transport=polling'],
    ['POST', 'EIO=4&transport=polling&sid=x'],
    ['GET', 'EIO=4&transport=__proto__'],
    ['GET', 'EIO=4&transport=constructor'],
    ['OPTIONS', 'EIO=4&transport=polling'],
  ] as const) {
    const { status, headers } = await fetchBytes(`${running.url}/socket.io/?${query}`, { method, headers: { origin: 'https://elsewhere.example' } })
    expect(status, `${method} ${query}`).toBe(400)
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
})
