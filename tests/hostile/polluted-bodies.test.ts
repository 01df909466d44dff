import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, fetchBytes, joinAs, say } from '../faults/wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN, startTestServer, type TestServer } from '../faults/wire-server.ts'

let running: TestServer
let federation: Awaited<ReturnType<TestServer['federate']>>
beforeAll(async () => {
  running = await startTestServer()
  federation = await running.federate()
})
afterAll(() => running.close())

/** The server runs in this process: whatever it would pollute is polluted here. */
function expectNothingPolluted(what: string): void {
  const plain: Record<string, unknown> = {}
  expect([plain.polluted, plain.role, Object.keys(Object.prototype), ([] as { polluted?: unknown }).polluted], what).toEqual([
    undefined,
    undefined,
    [],
    undefined,
  ])
}

const POISONS = {
  __proto__: '{"__proto__":{"polluted":1,"role":"admin"}}',
  'constructor.prototype': '{"constructor":{"prototype":{"polluted":1,"role":"admin"}}}',
  'an escaped __proto__': String.raw`{"\u005f_proto__":{"polluted":1}}`,
}

interface Route {
  readonly method: string
  readonly path: string
  /** A JSON body that would be taken. */
  readonly body: string
}

const routes = (): Route[] => [
  { method: 'POST', path: '/api/operator/login', body: '{"name":"x","password":"x"}' },
  { method: 'POST', path: '/api/operator/people', body: '{"name":"x","role":"viewer","password":"long enough a word"}' },
  { method: 'PUT', path: '/api/operator/people/x/role', body: '{"role":"viewer"}' },
  { method: 'POST', path: '/api/operator/tokens', body: '{"name":"x","role":"viewer","expiresAt":null}' },
  { method: 'PUT', path: '/api/operator/password', body: '{"current":null,"password":"long enough a word"}' },
  { method: 'POST', path: '/api/federations', body: JSON.stringify(federationRequest()) },
  { method: 'POST', path: `/api/federations/${federation.id}/commands`, body: '{"command":"pause-federation"}' },
  { method: 'POST', path: `/api/federations/${federation.id}/invites`, body: '{"maxUses":1}' },
  { method: 'POST', path: '/api/models', body: '{"modelJson":{},"weights":""}' },
]

test.each(Object.entries(POISONS))('%s in a body is refused by every route that takes one, alone and inside', async (_name, poison) => {
  for (const { method, path, body } of routes()) {
    const inside = `${body.slice(0, -1)},${poison.slice(1)}`
    for (const text of [poison, inside, `[${poison}]`]) {
      const answer = await fetchBytes(`${running.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' },
        body: text,
      })
      expect([400, 403, 422], `${method} ${path} ${text.slice(0, 60)}`).toContain(answer.status)
      expect(['SHOAL_ERR_MALFORMED', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_MODEL_FILES', 'SHOAL_ERR_FORBIDDEN']).toContain(answer.body.code)
    }
  }
  expectNothingPolluted('bodies')
})

test('a federation whose options are poisoned is refused', async () => {
  for (const [name, poison] of Object.entries(POISONS)) {
    const text = JSON.stringify(federationRequest({ strategy: { name: 'fedavg', options: 'POISON' } })).replace('"POISON"', poison)
    const answer = await fetchBytes(`${running.url}/api/federations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' },
      body: text,
    })
    expect([400, 422], name).toContain(answer.status)
  }
  expectNothingPolluted('options')
})

test.each(['__proto__[polluted]=1', 'constructor[prototype][polluted]=1', '__proto__.polluted=1', '__proto__=1&constructor=1'])(
  'a query of %s changes nothing',
  async (query) => {
    for (const path of [`/api/federations/${federation.id}/events`, `/api/federations/${federation.id}/rounds`, '/api/operator/audit', '/healthz'])
      expect((await running.operator('GET', `${path}?${query}`)).status, path).toBeLessThan(500)
    expectNothingPolluted('queries')
  },
)

test('names of things that every object has are nobody: no federation, person, cluster or client', async () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']) {
    for (const path of [`/api/federations/${name}`, `/api/federations/${name}/events`, `/api/federations/${federation.id}/export/models/${name}/model.json`])
      expect(await running.operator('GET', path), path).toMatchObject({ status: 404 })
    expect(await running.operator('PUT', `/api/operator/people/${name}/role`, { role: 'viewer' })).toMatchObject({ status: 404 })
    expect((await fetchBytes(`${running.url}/api/invites/${name}`)).body.code).toBe('SHOAL_ERR_INVITE_INVALID')
    expect((await fetchBytes(`${running.url}/models/${name}`)).body.code).toBe('SHOAL_ERR_NOT_FOUND')
  }
})

test('poison in a message of a socket is refused, before a join and after it', async () => {
  const { socket } = connect(running.url)
  for (const text of Object.values(POISONS))
    expect(await say(socket, 'join', JSON.parse(text))).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  for (const name of ['__proto__', 'constructor', 'toString', 'prototype'])
    expect(await say(socket, name, {})).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  socket.disconnect()
  const volunteer = await joinAs({ url: running.url, invitation: federation.invitation })
  for (const name of ['ready', 'sit-out', 'placed', 'enter-sum', 'sum-frame'])
    for (const text of Object.values(POISONS))
      expect(await volunteer.say(name, JSON.parse(text)), name).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  expectNothingPolluted('messages')
  await volunteer.vanish()
})
