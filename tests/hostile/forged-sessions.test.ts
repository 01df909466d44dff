import { createIdentity, proveIdentity, toBase64 } from '@shoal/privacy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, fetchBytes, joinAs, joinMessage, say, sodium } from '../faults/wire-client.mjs'
import { startTestServer, type TestServer } from '../faults/wire-server.ts'

let running: TestServer
let federation: Awaited<ReturnType<TestServer['federate']>>
let other: Awaited<ReturnType<TestServer['federate']>>
beforeAll(async () => {
  running = await startTestServer()
  federation = await running.federate({ cohort: { fraction: 1, min: 1, max: 10 } })
  other = await running.federate({ seed: 'other', name: 'Other' })
})
afterAll(() => running.close())

type Invitation = typeof federation.invitation

/** A join whose parts the attacker chooses, on a socket of its own. `forge` sees the challenge of that socket. */
async function attempt(forge: (nonce: string) => object): Promise<string> {
  const { socket, inbox } = connect(running.url)
  const { nonce } = await inbox.next('challenge')
  const reply = await say(socket, 'join', forge(nonce))
  socket.disconnect()
  return reply.ok ? 'joined' : reply.failure.code
}

const rightMessage = ({ federation: id, invite, policyHash }: Invitation, identity: ReturnType<typeof createIdentity>, nonce: string) =>
  joinMessage({ federation: id, invite, identity, nonce, policyHash: toBase64(sodium, policyHash) })

test('a proof that was seen on one socket is worth nothing on another', async () => {
  const identity = createIdentity(sodium)
  let seen: object = {}
  expect(await attempt((nonce) => (seen = rightMessage(federation.invitation, identity, nonce)))).toBe('joined')
  expect(await attempt(() => seen)).toBe('SHOAL_ERR_IDENTITY_UNPROVEN')
})

test('a proof for one federation is worth nothing in another, nor is one under the name of somebody else', async () => {
  const [identity, victim] = [createIdentity(sodium), createIdentity(sodium)]
  const elsewhere = (nonce: string) => ({
    ...rightMessage(federation.invitation, identity, nonce),
    proof: proveIdentity(sodium, identity, { federation: other.id, nonce }),
  })
  expect(await attempt(elsewhere)).toBe('SHOAL_ERR_IDENTITY_UNPROVEN')
  expect(await attempt((nonce) => ({ ...rightMessage(federation.invitation, identity, nonce), identity: victim.publicKey }))).toBe(
    'SHOAL_ERR_IDENTITY_UNPROVEN',
  )
})

test('the invite of one federation opens no other, and is told like one that nobody made', async () => {
  const forge = (invite: string) => (nonce: string) => ({ ...rightMessage(federation.invitation, createIdentity(sodium), nonce), invite })
  expect(await attempt(forge(other.invitation.invite))).toBe('SHOAL_ERR_INVITE_INVALID')
  expect(await attempt(forge('A'.repeat(43)))).toBe('SHOAL_ERR_INVITE_INVALID')
})

test('a stolen session opens no socket without its identity, nor another federation with it', async () => {
  const volunteer = await joinAs({ url: running.url, invitation: federation.invitation })
  const thief = createIdentity(sodium)
  expect(await attempt((nonce) => ({ ...rightMessage(federation.invitation, thief, nonce), session: volunteer.session }))).toBe('SHOAL_ERR_SESSION_INVALID')
  expect(await attempt((nonce) => ({ ...rightMessage(other.invitation, volunteer.identity, nonce), session: volunteer.session }))).toBe(
    'SHOAL_ERR_WRONG_FEDERATION',
  )
  expect(await volunteer.say('where', {})).toMatchObject({ ok: true })
  await volunteer.vanish()
})

test('a session that was replaced by a newer one of its client is nobody', async () => {
  const identity = createIdentity(sodium)
  const first = await joinAs({ url: running.url, invitation: federation.invitation, identity })
  const second = await joinAs({ url: running.url, invitation: federation.invitation, identity })
  const { ask } = await second.nextAsk()
  expect(await first.put(ask, Buffer.alloc(10))).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_SESSION_INVALID' } })
  expect(first.session).not.toBe(second.session)
  await second.vanish()
})

test('who has left says nothing more by that socket until it has proven itself again, and not by the old proof', async () => {
  const identity = createIdentity(sodium)
  const { socket, inbox } = connect(running.url)
  const { nonce } = await inbox.next('challenge')
  const message = rightMessage(federation.invitation, identity, nonce)
  expect(await say(socket, 'join', message)).toMatchObject({ ok: true })
  expect(await say(socket, 'join', message)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED' } })
  expect(await say(socket, 'leave', {})).toMatchObject({ ok: true })
  for (const [name, body] of [
    ['where', {}],
    ['ready', { ready: true }],
    ['leave', {}],
  ] as const)
    expect(await say(socket, name, body), name).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_NOT_JOINED' } })
  socket.disconnect()
})

test.each([
  ['nothing', {}],
  ['a token of nobody', { authorization: `Bearer ${'A'.repeat(43)}` }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
  ['two tokens', { authorization: `Bearer ${'A'.repeat(43)}, Bearer ${'B'.repeat(43)}` }],
  ['a token of 10 KB', { authorization: `Bearer ${'A'.repeat(10_000)}` }],
  ['a session in a cookie', { cookie: `session=${'A'.repeat(43)}` }],
  ['a session in the query', {}],
])('a contribution that comes with %s has no session', async (_what, headers) => {
  const answer = await fetchBytes(`${running.url}/contributions/0.0?session=${'A'.repeat(43)}`, {
    method: 'PUT',
    headers: { ...headers, 'content-length': '0' },
  })
  expect(answer).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_SESSION_INVALID' } })
})

test("a volunteer's session and an invite are no credentials of the operator's side, in any place", async () => {
  const volunteer = await joinAs({ url: running.url, invitation: federation.invitation })
  for (const token of [volunteer.session, federation.invitation.invite]) {
    for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: `shoal_operator=${token}` }])
      expect(await fetchBytes(`${running.url}/api/federations`, { headers })).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_UNAUTHORISED' } })
    const { socket } = connect(running.url, '/operator', { auth: { token } })
    const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve))
    expect(error.message).toBe('SHOAL_ERR_UNAUTHORISED')
    socket.disconnect()
  }
  await volunteer.vanish()
})
