import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSyntheticImages, encodeLabelledImages } from '@shoal/data'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, fetchBytes, joinAs, readInvite } from './wire-client.mjs'
import { federationRequest, OPERATOR_TOKEN, startTestServer, type TestServer, updateOf } from './wire-server.ts'

let running: TestServer
const samples = mkdtempSync(join(tmpdir(), 'shoal-samples-'))

beforeAll(async () => {
  mkdirSync(samples, { recursive: true })
  for (const name of ['a', 'b']) writeFileSync(join(samples, `${name}.shard`), `shard ${name}`)
  running = await startTestServer({ samples })
})
afterAll(async () => {
  await running.close()
  rmSync(samples, { recursive: true })
})

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetchBytes(`${running.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

test('nobody creates, reads or commands federations without having signed in', async () => {
  const { id } = await running.federate()
  for (const [method, path] of [
    ['GET', '/api/federations'],
    ['POST', '/api/federations'],
    ['GET', `/api/federations/${id}`],
    ['GET', `/api/federations/${id}/traffic`],
    ['POST', `/api/federations/${id}/commands`],
    ['POST', `/api/federations/${id}/invites`],
    ['GET', `/api/federations/${id}/invites`],
    ['DELETE', `/api/federations/${id}/invites/abc`],
    ['PUT', `/api/federations/${id}/test-set`],
  ] as const) {
    for (const headers of [{}, { authorization: 'Bearer guess' }, { cookie: 'shoal_operator=guess' }]) {
      expect(await fetchBytes(`${running.url}${path}`, { method, headers }), `${method} ${path}`).toMatchObject({
        status: 401,
        body: { code: 'SHOAL_ERR_UNAUTHORISED' },
      })
    }
  }
})

test("a volunteer's session is no operator's", async () => {
  const { id, invitation } = await running.federate()
  const volunteer = await joinAs({ url: running.url, invitation })
  expect(await post(`/api/federations/${id}/commands`, { command: 'finish-federation' }, { authorization: `Bearer ${volunteer.session}` })).toMatchObject({
    status: 401,
  })
  await volunteer.vanish()
})

test('the one-time token logs in once, with a cookie that scripts and other sites can not use', async () => {
  const token = new URL(running.server.operatorLink()).hash.slice(1)
  expect(await post('/api/operator/login', { token: 'guess' })).toMatchObject({ status: 401 })
  const login = await post('/api/operator/login', { token })
  expect(login.status).toBe(200)
  const [cookie] = login.headers['set-cookie'] ?? []
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
  expect(await post('/api/operator/login', { token })).toMatchObject({ status: 401 })
  const session = { cookie: cookie.split(';')[0] }
  expect((await fetchBytes(`${running.url}/api/federations`, { headers: session })).status).toBe(200)
  const { socket, inbox } = connect(running.url, '/operator', { extraHeaders: session })
  await inbox.next('view')
  socket.disconnect()
})

test('the live picture is for operators only', async () => {
  const { socket, inbox } = connect(running.url, '/operator')
  const refused = new Promise<Error>((resolve) => socket.on('connect_error', resolve))
  expect((await refused).message).toBe('SHOAL_ERR_UNAUTHORISED')
  expect(inbox.arrived).toEqual([])
  socket.disconnect()
})

test.each([
  ['another origin', { origin: 'https://elsewhere.example' }],
  ['a page without an origin', { origin: 'null' }],
  ['another site by its fetch metadata', { 'sec-fetch-site': 'cross-site' }],
  ['a neighbouring site', { 'sec-fetch-site': 'same-site' }],
])('a command from %s is refused even with the right token', async (_what, headers) => {
  const answer = await post('/api/federations', federationRequest(), { authorization: `Bearer ${OPERATOR_TOKEN}`, ...headers })
  expect(answer).toMatchObject({ status: 403, body: { code: 'SHOAL_ERR_CROSS_ORIGIN' } })
})

test('a command from our own page is taken', async () => {
  const answer = await post('/api/federations', federationRequest(), {
    authorization: `Bearer ${OPERATOR_TOKEN}`,
    origin: running.url,
    'sec-fetch-site': 'same-origin',
  })
  expect(answer.status).toBe(201)
})

test.each([
  ['an unknown model', { model: { architecture: 'gpt' } }, 'SHOAL_ERR_MODEL_UNKNOWN', 'gpt'],
  ['an unknown strategy', { strategy: { name: 'magic', options: {} } }, 'SHOAL_ERR_CONFIG', 'magic'],
  ['an option that the strategy does not have', { strategy: { name: 'fedavg', options: { speed: 9 } } }, 'SHOAL_ERR_CONFIG', 'speed'],
  [
    'groups under noise',
    { strategy: { name: 'cfl', options: {} }, privacy: { level: 'masked+dp', view: 'rows' } },
    'SHOAL_ERR_IMPOSSIBLE_PAIRING',
    'works at sealed or masked',
  ],
  ['int8 under masks', { privacy: { level: 'masked', view: 'sums', encoding: 'int8' } }, 'SHOAL_ERR_IMPOSSIBLE_PAIRING', 'int8'],
  [
    'sums over two',
    { privacy: { level: 'masked', view: 'sums', masking: { cohortSize: 8, kMin: 2, kDiff: 3, ring: 16, clip: 10 } } },
    'SHOAL_ERR_CONFIG',
    'kMin',
  ],
  ['a view that the strategy can not work from', { privacy: { level: 'sealed', view: 'rows' } }, 'SHOAL_ERR_IMPOSSIBLE_PAIRING', 'rows'],
  ['a fraction above 1', { cohort: { fraction: 2, min: 1, max: 5 } }, 'SHOAL_ERR_CONFIG', 'cohort.fraction'],
  ['a field too many', { colour: 'blue' }, 'SHOAL_ERR_CONFIG', 'colour'],
  ['no name', { name: '' }, 'SHOAL_ERR_CONFIG', 'name'],
])('a federation with %s is refused with the reason', async (_what, change, code, word) => {
  const { status, body } = await running.operator('POST', '/api/federations', federationRequest(change))
  expect({ status, code: body.code }).toEqual({ status: 422, code })
  expect(body.detail).toContain(word)
})

test('commands change the state or are refused by code; the reply carries the version', async () => {
  const { body: view } = await running.operator('POST', '/api/federations', federationRequest())
  const command = async (name: string) => (await running.operator('POST', `/api/federations/${view.id}/commands`, { command: name })).body
  expect(await command('pause-federation')).toMatchObject({ code: 'SHOAL_ERR_WRONG_LIFECYCLE' })
  expect(await command('start-federation')).toEqual({ version: 2 })
  expect(await command('start-federation')).toMatchObject({ code: 'SHOAL_ERR_WRONG_LIFECYCLE' })
  expect(await command('abort-round')).toMatchObject({ code: 'SHOAL_ERR_WRONG_LIFECYCLE' })
  expect(await command('pause-federation')).toEqual({ version: 3 })
  expect(await command('dance')).toMatchObject({ code: 'SHOAL_ERR_MALFORMED' })
  expect(await command('finish-federation')).toEqual({ version: 4 })
  expect((await running.operator('GET', `/api/federations/${view.id}`)).body).toMatchObject({ version: 4, lifecycle: 'finished' })
})

test('an aborted round tells its clients by code and counts nothing', async () => {
  const { id, invitation } = await running.federate({ cohort: { fraction: 1, min: 1, max: 1 }, stop: { rounds: 1, accuracy: null } })
  const volunteer = await joinAs({ url: running.url, invitation })
  const { ask, models } = await volunteer.nextAsk()
  expect((await running.operator('POST', `/api/federations/${id}/commands`, { command: 'abort-round' })).status).toBe(200)
  expect(await volunteer.inbox.next('ask-closed')).toEqual({ ask, code: 'SHOAL_ERR_ASK_ABORTED' })
  expect((await volunteer.contribute(ask, updateOf(1))).status).toBeGreaterThanOrEqual(400)
  const view = await running.seen(id, ({ lifecycle }) => lifecycle === 'finished')
  expect(view).toMatchObject({ models, rounds: [{ outcome: 'aborted', clients: 0 }] })
  await volunteer.vanish()
})

test('the policy that an invite shows is signed by the key in its link and stays the same over a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-policy-'))
  const first = await startTestServer({}, directory)
  const { invitation } = await first.federate({ name: 'Kept' })
  expect(invitation.policy).toMatchObject({ name: 'Kept', model: { architecture: 'cnn-6186' }, evaluatesOnClients: false })
  expect(invitation.policy.model.parameters.map(({ name }) => name)).toEqual(['conv1/kernel', 'conv1/bias', 'output/kernel', 'output/bias'])
  const second = await first.restart()
  const again = await readInvite(second.url, `${second.url}/join/${invitation.invite}#${invitation.federationKey}`)
  expect(again.policyHash).toEqual(invitation.policyHash)
  await second.close()
})

test('sample shards go out in turn to whoever holds an invite', async () => {
  const { invitation } = await running.federate()
  const sample = async (key: string) => (await fetchBytes(`${running.url}/api/samples/${key}`)).bytes.toString()
  expect((await fetchBytes(`${running.url}/api/invites/${invitation.invite}`)).body.hasSamples).toBe(true)
  expect([await sample(invitation.invite), await sample(invitation.invite), await sample(invitation.invite)]).toEqual(['shard a', 'shard b', 'shard a'])
  expect(await fetchBytes(`${running.url}/api/samples/${'A'.repeat(43)}`)).toMatchObject({ status: 403, body: { code: 'SHOAL_ERR_INVITE_INVALID' } })
})

test('the new model is measured on the test set that the operator uploaded; without it the federation does not start', { timeout: 60_000 }, async () => {
  const bytes = encodeLabelledImages(createSyntheticImages(50, 'test set'))
  const testSet = createHash('sha256').update(bytes).digest('hex')
  const { body: view } = await running.operator(
    'POST',
    '/api/federations',
    federationRequest({ evaluation: { onClients: false, testSet }, cohort: { fraction: 1, min: 1, max: 1 } }),
  )
  const path = `/api/federations/${view.id}`
  const start = () => running.operator('POST', `${path}/commands`, { command: 'start-federation' })
  const upload = (body: Uint8Array) =>
    fetchBytes(`${running.url}${path}/test-set`, { method: 'PUT', headers: { authorization: `Bearer ${OPERATOR_TOKEN}` }, body })
  expect(await start()).toMatchObject({ status: 409, body: { code: 'SHOAL_ERR_WRONG_LIFECYCLE' } })
  expect(await upload(bytes.subarray(1))).toMatchObject({ status: 400, body: { code: 'SHOAL_ERR_DIGEST_MISMATCH' } })
  expect(await upload(bytes)).toMatchObject({ status: 200, body: { digest: testSet, examples: 50 } })
  expect((await start()).status).toBe(200)
  const { body: invite } = await running.operator('POST', `${path}/invites`)
  const volunteer = await joinAs({ url: running.url, invitation: await readInvite(running.url, invite.url) })
  await volunteer.contribute((await volunteer.nextAsk()).ask, updateOf(0.01))
  const { rounds } = await running.seen(view.id, (seen) => seen.rounds.length === 1)
  expect(rounds[0].metrics.accuracy).toBeGreaterThanOrEqual(0)
  expect(rounds[0].metrics.loss).toBeGreaterThan(0)
  await volunteer.vanish()
})

test('a test set that does not fit the federation is refused', async () => {
  const bytes = encodeLabelledImages({ count: 2, shape: [8, 8, 1], pixels: new Uint8Array(128), labels: new Uint8Array(2) })
  const testSet = createHash('sha256').update(bytes).digest('hex')
  const { body: view } = await running.operator('POST', '/api/federations', federationRequest({ evaluation: { onClients: false, testSet } }))
  const answer = await fetchBytes(`${running.url}/api/federations/${view.id}/test-set`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    body: bytes,
  })
  expect(answer).toMatchObject({ status: 400, body: { code: 'SHOAL_ERR_SHAPE' } })
})
