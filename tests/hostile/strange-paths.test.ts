import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OPERATOR_TOKEN, startTestServer, type TestServer } from '../faults/wire-server.ts'
import { answersIn, sendRaw } from './raw-http.ts'

let running: TestServer
const samples = mkdtempSync(join(tmpdir(), 'shoal-paths-'))
beforeAll(async () => {
  writeFileSync(join(samples, 'a.shard'), 'shard a')
  writeFileSync(join(samples, 'secret.txt'), 'a secret beside the shards')
  running = await startTestServer({ samples })
})
afterAll(async () => {
  await running.close()
  rmSync(samples, { recursive: true })
})

/** What must never be read: files of this project, of the data directory, and of the machine. */
const SECRETS = ['root:', '@shoal/server', 'SQLite format', 'a secret beside the shards']

const UP = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..\\', '..%5c', '%2e%2e%5c', '....//', '..%252f', '..%c0%af', '..;/', './/../', '..%00/']
const TARGETS = ['etc/passwd', 'package.json', 'server/package.json', 'shoal.db', 'secret.txt', 'dist/.vite/manifest.json']
const PREFIXES = [
  '/',
  '/volunteer/',
  '/volunteer/assets/',
  '/operator/',
  '/models/',
  '/api/samples/',
  '/join/',
  '/api/invites/',
  '/docs/static/',
  '/api/federations/',
]

test.each(PREFIXES)('nothing above %s can be read, however the way up is written', async (prefix) => {
  for (const up of UP) {
    const requests = TARGETS.flatMap((target) => [1, 3, 8].map((depth) => `${prefix}${up.repeat(depth)}${target}`))
    const head = `Host: x\r\nAuthorization: Bearer ${OPERATOR_TOKEN}\r\n`
    const bytes = requests.map((path, index) => `GET ${path} HTTP/1.1\r\n${head}${index === requests.length - 1 ? 'Connection: close\r\n' : ''}\r\n`).join('')
    const heard = await sendRaw(running.url, bytes)
    const statuses = answersIn(heard).map(({ status }) => status)
    expect(statuses.length, up).toBe(requests.length)
    // `/dashboard` and `/join/<anything>` are pages; a link to nowhere opens them, and they say so.
    for (const status of statuses) expect([200, 302, 400, 403, 404], up).toContain(status)
    for (const secret of SECRETS) expect(heard.includes(secret), `${prefix}${up}: ${secret}`).toBe(false)
  }
})

test.each([
  ['NUL', '%00'],
  ['a line', '%0d%0aset-cookie:%20a=b'],
  ['a drive', 'C:%5cwindows%5cwin.ini'],
  ['a share', '%5c%5chost%5cshare'],
  ['an absolute path', '%2fetc%2fpasswd'],
  ['4000 letters', 'a'.repeat(4000)],
])('%s in the place of a name is refused with a code', async (_what, name) => {
  for (const path of [
    `/models/${name}`,
    `/api/samples/${name}`,
    `/api/invites/${name}`,
    `/volunteer/${name}`,
    `/operator/assets/${name}`,
    `/contributions/${name}`,
  ]) {
    const heard = await sendRaw(running.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const [{ status, code }] = answersIn(heard)
    expect([400, 403, 404, 414], path).toContain(status)
    expect(code, path).toMatch(/^SHOAL_ERR_(NOT_FOUND|INVITE_INVALID|MALFORMED)$/)
    expect(heard.toLowerCase()).not.toContain('set-cookie')
  }
})

test('hidden files beside the pages are not served, nor are folders', async () => {
  for (const path of ['/volunteer/.vite/manifest.json', '/operator/.vite/manifest.json', '/volunteer/', '/volunteer/assets/', '/volunteer/assets'])
    expect(answersIn(await sendRaw(running.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))[0].code, path).toMatch(
      /^SHOAL_ERR_(NOT_FOUND|MALFORMED)$/,
    )
})

test('an upload names its own file: nothing outside of the store is written', async () => {
  const before = readFileSync(join(samples, 'a.shard'), 'utf8')
  const path = '/api/federations/..%2f..%2fx/test-set'
  const heard = await sendRaw(
    running.url,
    `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATOR_TOKEN}\r\nContent-Length: 1\r\nConnection: close\r\n\r\na`,
  )
  expect(answersIn(heard)).toEqual([{ status: 404, code: 'SHOAL_ERR_UNKNOWN_FEDERATION' }])
  expect(readFileSync(join(samples, 'a.shard'), 'utf8')).toBe(before)
})
