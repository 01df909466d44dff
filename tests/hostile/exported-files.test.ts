import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchBytes } from '../faults/wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN, startTestServer, type TestServer } from '../faults/wire-server.ts'

let running: TestServer
beforeAll(async () => {
  running = await startTestServer()
})
afterAll(() => running.close())

const NAMES = [
  'a"; filename="evil.exe',
  'a\r\nset-cookie: a=b\r\n\r\n<script>alert(1)</script>',
  '../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '\u202Egpj.exe',
  '=HYPERLINK("https://elsewhere.example")',
  '<img src=x onerror=alert(1)>',
  '<!-- ',
  '</script><script>alert(1)</script>',
  '\u0000\u001b[2J',
  'фео ☃',
  '{{constructor}}',
  "' or 1=1 --",
]

const FILES = ['metrics.csv', 'metrics.json', 'configuration.json', 'events.ndjson', 'report.html']

test.each(NAMES)('a federation called %j is exported in files of plain names, whose contents stay text', async (name) => {
  const request = federationRequest({ name, description: name, operator: name.slice(0, 100) })
  const { status, body } = await running.operator('POST', '/api/federations', request)
  expect(status).toBe(201)
  for (const file of FILES) {
    const answer = await fetchBytes(`${running.url}/api/federations/${body.id}/export/${file}`, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="[a-z0-9_-]+-[a-z]+\.[a-z]+"$/)
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['set-cookie']).toBeUndefined()
    const text = answer.bytes.toString()
    if (file === 'report.html') expect(text).not.toMatch(/<script|<img|<!-- /)
    if (file.endsWith('.csv')) for (const cell of text.split(/[,\r\n]+/)) expect(cell).not.toMatch(/^[=+@\t]/)
    if (file === 'configuration.json') expect(JSON.parse(text).name).toBe(name)
    if (file === 'events.ndjson') for (const line of text.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
  }
})

test('a person or a token can not be called what would be read as something else', async () => {
  for (const name of ['a\nb', '=1+1', '<b>', 'a b', '../x', '']) {
    expect((await running.operator('POST', '/api/operator/people', { name, role: 'viewer', password: 'long enough a word' })).status, name).toBe(400)
  }
})
