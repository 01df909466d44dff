import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { createIdentity, toBase64 } from '@shoal/privacy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, disconnected, fetchBytes, joinAs, joinMessage, readInvite, say, sodium } from './wire-client.mjs'
import { joinMany, startTestServer, type TestServer, updateOf } from './wire-server.ts'

let running: TestServer
let federation: Awaited<ReturnType<TestServer['federate']>>

beforeAll(async () => {
  running = await startTestServer({ limits: { joinTimeoutMs: 1500, messagesPerSocket: 50 } })
  federation = await running.federate()
})
afterAll(() => running.close())

/** The server still does what it is for. */
const isWell = async (): Promise<boolean> => (await fetchBytes(`${running.url}/healthz`)).status === 200

/** A web socket by hand: the connection after the handshake. */
function upgrade(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') }
    const outgoing = request(`${running.url}/socket.io/?EIO=4&transport=websocket`, { headers, agent: false })
    outgoing.on('upgrade', (_response, socket: Socket) => resolve(socket))
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** A client's frame (RFC 6455, 5.2) of less than 64 KiB. */
function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const mask = randomBytes(4)
  const long = payload.length > 125
  const header = Buffer.from([0x80 | opcode, 0x80 | (long ? 126 : payload.length), ...(long ? [payload.length >> 8, payload.length & 255] : []), ...mask])
  return Buffer.concat([header, Buffer.from(payload.map((byte, index) => byte ^ mask[index & 3]))])
}

test.each([
  ['a garbage text frame', 1, Buffer.from('no packet at all')],
  ['a garbage binary frame', 2, randomBytes(300)],
  ['a text frame that is no UTF-8', 1, Buffer.from([0xff, 0xfe, 0xfd])],
  ['a socket.io packet of an unknown type', 1, Buffer.from('49["join"]')],
  ['a socket.io event whose name is reserved', 1, Buffer.from('42["disconnect"]')],
  ['a socket.io event that is not JSON', 1, Buffer.from('42[')],
  ['a binary event without its attachments', 1, Buffer.from('4599999-["join",{"_placeholder":true,"num":0}]')],
  ['a frame larger than a message may be', 1, Buffer.alloc(65_500, '4')],
])('%s does not hurt the server', async (_what, opcode, payload) => {
  const connection = await upgrade()
  connection.on('error', () => undefined)
  connection.write(frameOf(1, Buffer.from('40')))
  connection.write(frameOf(opcode, payload))
  connection.end()
  await once(connection.resume(), 'close')
  expect(await isWell()).toBe(true)
})

test('bytes that are no HTTP are answered shortly', async () => {
  const connection = await upgrade().then((socket) => socket.destroy() && null)
  expect(connection).toBeNull()
  const answer = await fetchBytes(`${running.url}/contributions/0.0`, { method: 'PUT', headers: { 'content-length': 'many' } }).catch((error: Error) => error)
  expect(answer instanceof Error || answer.status === 400).toBe(true)
  expect(await isWell()).toBe(true)
})

test.each([
  ['where', {}],
  ['ready', { ready: true }],
  ['sit-out', { ask: '0.0', code: 'SHOAL_ERR_MEMORY_LOST' }],
  ['leave', {}],
])('%s before join is refused', async (name, body) => {
  const { socket } = connect(running.url)
  expect(await say(socket, name, body)).toEqual({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })
  socket.disconnect()
})

test.each([
  ['an event that does not exist', 'become-operator', {}],
  ['the name "error"', 'error', {}],
  ['the name of a method', 'constructor', {}],
  ['a join without a body', 'join', null],
  ['a join with text', 'join', 'let me in'],
  ['a join with a deep body', 'join', JSON.parse('['.repeat(500) + ']'.repeat(500))],
])('%s gets a coded refusal', async (_what, name, body) => {
  const { socket } = connect(running.url)
  expect(await say(socket, name, body)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  socket.disconnect()
})

test('after join, messages of a wrong form are refused and change nothing', async () => {
  const volunteer = await joinAs({ url: running.url, invitation: federation.invitation })
  for (const [name, body] of [
    ['ready', { ready: 'yes' }],
    ['ready', { ready: true, extra: 1 }],
    ['sit-out', { ask: 'x', code: 'y' }],
    ['where', 7],
    ['leave', []],
  ] as const) {
    expect(await volunteer.say(name, body), name).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  }
  expect(await volunteer.say('sit-out', { ask: '0.0', code: 'x' })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_ASK_CLOSED' } })
  expect(await volunteer.say('leave', {})).toEqual({ ok: true, value: null })
  expect(await volunteer.say('where', {})).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })
  await volunteer.vanish()
})

test('a flood of messages is refused beyond the limit', async () => {
  const { socket } = connect(running.url)
  const replies = await Promise.all(Array.from({ length: 60 }, () => say(socket, 'where')))
  expect(replies.filter((reply) => !reply.ok && reply.failure.code === 'SHOAL_ERR_RATE_LIMITED')).toHaveLength(10)
  socket.disconnect()
})

interface Change {
  protocol?: number
  federation?: string
  invite?: string | null
  session?: string | null
  proof?: string
  policyHash?: string
}

const tryJoin = async (change: Change, invitation = federation.invitation): Promise<unknown> => {
  const { socket, inbox } = connect(running.url)
  const { nonce } = await inbox.next('challenge')
  const identity = createIdentity(sodium)
  const right = joinMessage({
    federation: invitation.federation,
    invite: invitation.invite,
    identity,
    nonce,
    policyHash: toBase64(sodium, invitation.policyHash),
  })
  const reply = await say(socket, 'join', { ...right, ...change })
  socket.disconnect()
  return reply.ok ? 'joined' : reply.failure.code
}

test.each([
  ['another protocol', { protocol: 99 }, 'SHOAL_ERR_PROTOCOL_VERSION'],
  ['a federation that does not exist', { federation: 'fed-0000000000000000' }, 'SHOAL_ERR_UNKNOWN_FEDERATION'],
  ['an unknown invite', { invite: 'A'.repeat(43) }, 'SHOAL_ERR_INVITE_INVALID'],
  ['neither invite nor session', { invite: null }, 'SHOAL_ERR_SESSION_INVALID'],
  ['an unknown session and no invite', { invite: null, session: 'A'.repeat(43) }, 'SHOAL_ERR_SESSION_INVALID'],
  ['another policy', { policyHash: 'A'.repeat(43) }, 'SHOAL_ERR_POLICY_MISMATCH'],
  ["a proof that is somebody else's", { proof: 'A'.repeat(86) }, 'SHOAL_ERR_IDENTITY_UNPROVEN'],
  ['an unknown session but a good invite', { session: 'A'.repeat(43) }, 'joined'],
] as const)('a join with %s: %s', async (_what, change, outcome) => {
  expect(await tryJoin(change)).toBe(outcome)
})

test('a session works for its own identity and its own federation only', async () => {
  const volunteer = await joinAs({ url: running.url, invitation: federation.invitation })
  expect(await tryJoin({ session: volunteer.session })).toBe('SHOAL_ERR_SESSION_INVALID')
  const other = await running.federate({ seed: 'other' })
  expect(await tryJoin({ session: volunteer.session }, other.invitation)).toBe('SHOAL_ERR_WRONG_FEDERATION')
  await volunteer.vanish()
})

test('a revoked invite and one that has expired let nobody in; those inside stay', async () => {
  const path = `/api/federations/${federation.id}/invites`
  const invite = async (body?: unknown) => (await running.operator('POST', path, body)).body
  const revoked = await invite()
  const invitation = await readInvite(running.url, revoked.url)
  const volunteer = await joinAs({ url: running.url, invitation })
  expect((await running.operator('DELETE', `${path}/${revoked.token}`)).status).toBe(204)
  expect(await tryJoin({}, invitation)).toBe('SHOAL_ERR_INVITE_INVALID')
  expect((await fetchBytes(`${running.url}/api/invites/${revoked.token}`)).body.code).toBe('SHOAL_ERR_INVITE_INVALID')
  expect(await volunteer.say('where', {})).toMatchObject({ ok: true })
  const expired = await invite({ expiresAt: 1 })
  expect(await tryJoin({ invite: expired.token })).toBe('SHOAL_ERR_INVITE_INVALID')
  await volunteer.vanish()
})

test('100 sockets that never speak are closed after the patience, and block nobody meanwhile', async () => {
  const { id, invitation } = await running.federate({ seed: 'silent' })
  const silent = Array.from({ length: 100 }, () => connect(running.url))
  await Promise.all(silent.map(({ inbox }) => inbox.next('challenge')))
  const volunteers = await joinMany(3, running.url, invitation)
  const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
  await Promise.all(volunteers.map((volunteer, index) => volunteer.contribute(asks[index].ask, updateOf(1))))
  const { rounds } = await running.seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 3 })
  await Promise.all(silent.map(({ socket }) => disconnected(socket)))
  expect(await volunteers[0].say('where', {})).toMatchObject({ ok: true })
})
