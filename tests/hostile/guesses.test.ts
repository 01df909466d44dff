import { createIdentity, toBase64 } from '@shoal/privacy'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect, fetchBytes, joinAs, joinMessage, readInvite, say, sodium } from '../faults/wire-client.mjs'
import { OPERATOR_TOKEN, startTestServer, type TestServer } from '../faults/wire-server.ts'

const GUESSES = 5

let running: TestServer
let federation: Awaited<ReturnType<TestServer['federate']>>
beforeEach(async () => {
  running = await startTestServer({
    trustProxy: ['127.0.0.1'],
    limits: { guessesPerAddress: GUESSES, joinsPerInvite: 3, filesPerAddress: 4, requestsPerAddress: 60, requestsPerSession: 8 },
  })
  federation = await running.federate()
})
afterEach(() => running.close())

/** The proxy in front says that this comes from there. */
const from = (address: string, headers: Record<string, string> = {}) => ({ headers: { 'x-forwarded-for': address, ...headers } })
const get = (path: string, options: { headers: Record<string, string> }) => fetchBytes(`${running.url}${path}`, options)
const LIMITED = { status: 429, body: { code: 'SHOAL_ERR_RATE_LIMITED' } }

/** A join whose parts the attacker chooses, from an address that the proxy names. */
async function join(address: string, change: object = {}): Promise<string> {
  const { federation: id, invite, policyHash } = federation.invitation
  const { socket, inbox } = connect(running.url, '/', { extraHeaders: { 'x-forwarded-for': address } })
  const { nonce } = await inbox.next('challenge')
  const right = joinMessage({ federation: id, invite, identity: createIdentity(sodium), nonce, policyHash: toBase64(sodium, policyHash) })
  const reply = await say(socket, 'join', { ...right, ...change })
  socket.disconnect()
  return reply.ok ? 'joined' : reply.failure.code
}

test('an invite that nobody made, one that was revoked and one that has expired are refused in the same words', async () => {
  const path = `/api/federations/${federation.id}/invites`
  const { body: revoked } = await running.operator('POST', path)
  await running.operator('DELETE', `${path}/${revoked.token}`)
  const { body: expired } = await running.operator('POST', path, { expiresAt: 1 })
  const answers = await Promise.all(['A'.repeat(43), revoked.token, expired.token].map((token) => get(`/api/invites/${token}`, from('198.51.100.1'))))
  const said = answers.map(({ status, bytes }) => ({ status, text: bytes.toString() }))
  expect(said[0].status).toBe(403)
  expect(said[1]).toEqual(said[0])
  expect(said[2]).toEqual(said[0])
  const samples = await Promise.all([revoked.token, expired.token].map((token) => get(`/api/samples/${token}`, from('198.51.100.1'))))
  for (const { bytes } of samples) expect(bytes.toString()).toBe(said[0].text)
})

test('who guesses invites is not listened to any more, right or wrong, by page, samples or socket; others are', async () => {
  const right = `/api/invites/${federation.invitation.invite}`
  const ways = ['/api/invites/', '/api/samples/'] as const
  for (let guess = 0; guess < GUESSES; guess += 1) {
    expect(await get(`${ways[guess % 2]}${'A'.repeat(42)}${guess}`, from('198.51.100.1'))).toMatchObject({
      status: 403,
      body: { code: 'SHOAL_ERR_INVITE_INVALID' },
    })
  }
  const limited = await get(right, from('198.51.100.1'))
  expect(limited).toMatchObject({ ...LIMITED, headers: { 'retry-after': '60' } })
  expect(await get(`/api/samples/${federation.invitation.invite}`, from('198.51.100.1'))).toMatchObject(LIMITED)
  expect(await join('198.51.100.1')).toBe('SHOAL_ERR_RATE_LIMITED')
  expect(await get(right, from('198.51.100.1', { 'x-real-ip': '198.51.100.9', forwarded: 'for=198.51.100.9' }))).toMatchObject(LIMITED)
  expect(await get(right, from('198.51.100.77, 198.51.100.1'))).toMatchObject(LIMITED)
  expect(await get(right, from('198.51.100.2'))).toMatchObject({ status: 200 })
  expect(await join('198.51.100.2')).toBe('joined')
})

test.each([
  ['invites', { invite: 'A'.repeat(43) }, 'SHOAL_ERR_INVITE_INVALID'],
  ['sessions', { invite: null, session: 'A'.repeat(43) }, 'SHOAL_ERR_SESSION_INVALID'],
  ['proofs', { proof: 'A'.repeat(86) }, 'SHOAL_ERR_IDENTITY_UNPROVEN'],
] as const)('who guesses %s by socket is not listened to any more', async (_what, change, code) => {
  const outcomes = []
  for (let guess = 0; guess <= GUESSES; guess += 1) outcomes.push(await join('198.51.100.1', change))
  expect(outcomes).toEqual([...Array(GUESSES).fill(code), 'SHOAL_ERR_RATE_LIMITED'])
  expect(await join('198.51.100.2', change)).toBe(code)
})

test("who guesses an operator's token or cookie is not listened to any more, by HTTP or by socket; who comes with none may go on", async () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  for (let guess = 0; guess < GUESSES; guess += 1) {
    const headers = guess % 2 === 0 ? bearer(`guess-${guess}-of-a-token`) : { cookie: `shoal_operator=guess-${guess}` }
    expect(await get('/api/federations', from('198.51.100.1', headers))).toMatchObject({ status: 401 })
  }
  expect(await get('/api/federations', from('198.51.100.1', bearer(OPERATOR_TOKEN)))).toMatchObject(LIMITED)
  const { socket } = connect(running.url, '/operator', { auth: { token: OPERATOR_TOKEN }, extraHeaders: { 'x-forwarded-for': '198.51.100.1' } })
  const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve))
  expect(error.message).toBe('SHOAL_ERR_RATE_LIMITED')
  socket.disconnect()
  expect(await get('/api/federations', from('198.51.100.2', bearer(OPERATOR_TOKEN)))).toMatchObject({ status: 200 })
  for (let visit = 0; visit < 3 * GUESSES; visit += 1) expect((await get('/api/federations', from('198.51.100.3'))).status).toBe(401)
})

test('an invite lets in so many a minute; who has a session comes back past that', async () => {
  const inside = await joinAs({ url: running.url, invitation: federation.invitation })
  const outcomes = []
  for (let stranger = 0; stranger < 3; stranger += 1) outcomes.push(await join(`198.51.100.${stranger}`))
  expect(outcomes).toEqual(['joined', 'joined', 'SHOAL_ERR_RATE_LIMITED'])
  const back = await joinAs({ url: running.url, invitation: federation.invitation, identity: inside.identity, session: inside.session })
  const { body } = await running.operator('POST', `/api/federations/${federation.id}/invites`)
  const another = await readInvite(running.url, body.url)
  const guest = await joinAs({ url: running.url, invitation: another })
  await Promise.all([back, guest].map((volunteer) => volunteer.vanish()))
})

test('requests are counted by session, else by address; where there is nothing they are counted too', async () => {
  const volunteer = await joinAs({ url: running.url, invitation: federation.invitation })
  const statuses = []
  for (let index = 0; index < 9; index += 1) statuses.push((await volunteer.put('9.9', Buffer.alloc(1), { 'x-forwarded-for': `198.51.100.${index}` })).status)
  expect(statuses.slice(0, 8)).not.toContain(429)
  expect(statuses[8]).toBe(429)
  for (let index = 0; index < 60; index += 1) expect((await get(`/nothing/${index}`, from('198.51.100.1'))).status).toBe(404)
  const limited = await get('/nothing', from('198.51.100.1'))
  expect(limited).toMatchObject(LIMITED)
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
  expect((await get('/nothing', from('198.51.100.2'))).status).toBe(404)
  await volunteer.vanish()
})

test('files are counted by their kind: exports and uploads have a limit of their own', async () => {
  const path = `/api/federations/${federation.id}/export`
  const statuses = []
  for (let index = 0; index < 5; index += 1) statuses.push((await running.operator('GET', `${path}/metrics.csv`)).status)
  expect(statuses).toEqual([200, 200, 200, 200, 429])
  expect((await running.operator('GET', `${path}/metrics.json`)).status).toBe(200)
  const uploads = []
  for (let index = 0; index < 5; index += 1) uploads.push((await running.operator('POST', '/api/models', { modelJson: {}, weights: '' })).status)
  expect(uploads).toEqual([422, 422, 422, 422, 429])
})
