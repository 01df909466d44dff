import { createIdentity } from '@shoal/privacy'
import type { AuditList, InviteList, TrafficList } from '@shoal/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, disconnected, fetchBytes, joinAs, readInvite, sodium } from './wire-client.mjs'
import { OPERATOR_TOKEN, startTestServer, type TestServer, updateOf } from './wire-server.ts'

const PASSWORD = 'correct horse battery'

let running: TestServer
beforeAll(async () => {
  running = await startTestServer()
})
afterAll(async () => {
  await running.close()
})

/** A person's cookie, signed in. */
async function signIn(name: string, isNew = true): Promise<{ cookie: string }> {
  if (isNew) expect((await running.operator('POST', '/api/operator/people', { name, role: 'viewer', password: PASSWORD })).status).toBe(204)
  const { headers } = await fetchBytes(`${running.url}/api/operator/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password: PASSWORD }),
  })
  return { cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '' }
}

/** A socket of the operator's side that has been let in. */
async function watch(options: { extraHeaders?: Record<string, string>; auth?: { token: string } }) {
  const { socket } = connect(running.url, '/operator', options)
  await new Promise((resolve, reject) => socket.once('connect', () => resolve(null)).once('connect_error', reject))
  return socket
}

test.each([
  ['is removed', (name: string) => running.operator('DELETE', `/api/operator/people/${name}`)],
  ['signs out', (_name: string, cookie: Record<string, string>) => fetchBytes(`${running.url}/api/operator/logout`, { method: 'POST', headers: cookie })],
  [
    'sets another password elsewhere',
    async (name: string) =>
      fetchBytes(`${running.url}/api/operator/password`, {
        method: 'PUT',
        headers: { ...(await signIn(name, false)), 'content-type': 'application/json' },
        body: JSON.stringify({ current: PASSWORD, password: 'another long password' }),
      }),
  ],
])('the live picture of a person who %s ends; that of another person goes on', async (what, end) => {
  const name = what.replaceAll(' ', '-')
  const cookie = await signIn(name)
  const [ended, other] = [await watch({ extraHeaders: cookie }), await watch({ auth: { token: OPERATOR_TOKEN } })]
  const gone = disconnected(ended)
  expect((await end(name, cookie)).status).toBe(204)
  await gone
  expect(other.connected).toBe(true)
  other.disconnect()
  await expect(watch({ extraHeaders: cookie })).rejects.toThrow('SHOAL_ERR_UNAUTHORISED')
})

test('the live picture of a program ends with its token: revoked, or expired', async () => {
  const make = async (expiresAt: number | null) => (await running.operator('POST', '/api/operator/tokens', { name: 'watcher', role: 'viewer', expiresAt })).body
  const revoked = await make(null)
  const first = await watch({ auth: { token: revoked.secret } })
  const goneFirst = disconnected(first)
  expect((await running.operator('DELETE', `/api/operator/tokens/${revoked.id}`)).status).toBe(204)
  await goneFirst
  const second = await watch({ auth: { token: (await make(Date.now() + 2500)).secret } })
  await disconnected(second)
})

test('a role below operator sees the picture and commands nothing', async () => {
  const cookie = await signIn('vera')
  const { id } = await running.federate()
  const socket = await watch({ extraHeaders: cookie })
  socket.disconnect()
  expect(await fetchBytes(`${running.url}/api/federations/${id}/invites`, { method: 'POST', headers: cookie })).toMatchObject({
    status: 403,
    body: { code: 'SHOAL_ERR_FORBIDDEN' },
  })
  expect((await fetchBytes(`${running.url}/api/federations/${id}/invites`, { headers: cookie })).status).toBe(200)
})

test('an invite for two lets two in however many come at once; those come back, by their session or by the invite', async () => {
  const { id } = await running.federate()
  const path = `/api/federations/${id}/invites`
  const { body: made } = await running.operator('POST', path, { maxUses: 2 })
  expect(made).toMatchObject({ maxUses: 2, uses: 0, expiresAt: null })
  const invitation = await readInvite(running.url, made.url)
  const identities = Array.from({ length: 6 }, () => createIdentity(sodium))
  const tries = await Promise.allSettled(identities.map((identity) => joinAs({ url: running.url, invitation, identity })))
  const refused = tries.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).message] : []))
  expect(refused).toEqual(Array.from({ length: 4 }, () => 'SHOAL_ERR_INVITE_EXHAUSTED'))
  const inside = tries.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  for (const { identity, session, vanish } of inside) {
    await vanish()
    await (await joinAs({ url: running.url, invitation, identity, session })).vanish()
    await (await joinAs({ url: running.url, invitation, identity })).vanish()
  }
  const listed = ((await running.operator('GET', path)).body as InviteList).find(({ token }) => token === made.token)
  expect(listed).toMatchObject({ maxUses: 2, uses: 2, revokedAt: null })
  expect((await running.operator('DELETE', `${path}/${made.token}`)).status).toBe(204)
  await expect(joinAs({ url: running.url, invitation, identity: inside[0].identity })).rejects.toThrow('SHOAL_ERR_INVITE_INVALID')
  const audit = (await running.operator('GET', '/api/operator/audit')).body as AuditList
  expect(audit.slice(0, 1)).toMatchObject([{ who: 'configuration', what: 'revoke-invite', target: `${id} ${made.token.slice(0, 6)}`, refusal: null }])
  expect(JSON.stringify(audit)).not.toContain(made.token)
})

test('a join that is refused for another reason uses nothing up', async () => {
  const { id } = await running.federate()
  const { body: made } = await running.operator('POST', `/api/federations/${id}/invites`, { maxUses: 1 })
  const invitation = await readInvite(running.url, made.url)
  await expect(joinAs({ url: running.url, invitation: { ...invitation, policyHash: new Uint8Array(32) } })).rejects.toThrow('SHOAL_ERR_POLICY_MISMATCH')
  await (await joinAs({ url: running.url, invitation })).vanish()
})

test.each([{ maxUses: 0 }, { maxUses: 1.5 }, { maxUses: 2_000_000 }, { expiresAt: -1 }, { uses: 5 }])('an invite with %j is refused', async (body) => {
  const { id } = await running.federate()
  expect(await running.operator('POST', `/api/federations/${id}/invites`, body)).toMatchObject({ status: 400, body: { code: 'SHOAL_ERR_MALFORMED' } })
})

test('rounds, contributions, refusals, bytes and sockets are counted; bytes also over a restart', async () => {
  const first = await startTestServer()
  const { id, invitation } = await first.federate({ cohort: { fraction: 1, min: 1, max: 1 }, stop: { rounds: 1, accuracy: null } })
  const volunteer = await joinAs({ url: first.url, invitation })
  const { ask, models } = await volunteer.nextAsk()
  const { bytes } = await fetchBytes(`${first.url}/models/${models[0]}`)
  const rubbish = await volunteer.put(ask, new Uint8Array(100))
  expect(rubbish.status).toBe(400)
  const sealed = await volunteer.seal(ask, volunteer.frameOf(updateOf(1)))
  expect((await volunteer.put(ask, sealed)).status).toBe(200)
  await first.seen(id, ({ lifecycle }) => lifecycle === 'finished')
  const scrape = async (server: TestServer): Promise<string> => (await server.operator('GET', '/metrics')).bytes.toString()
  const text = await scrape(first)
  for (const line of [
    `shoal_rounds_total{federation="${id}",outcome="updated"} 1`,
    `shoal_round_seconds_count{federation="${id}"} 1`,
    `shoal_contributions_folded_total{federation="${id}"} 1`,
    `shoal_contributions_refused_total{federation="${id}",code="${rubbish.body.code}"} 1`,
    `shoal_bulk_bytes_total{federation="${id}",direction="up"} ${100 + sealed.length}`,
    `shoal_bulk_bytes_total{federation="${id}",direction="down"} ${bytes.length}`,
    `shoal_clients_here{federation="${id}"} 1`,
    'shoal_sockets{side="volunteers"} 1',
    'shoal_sockets{side="operators"} 1',
    'shoal_federations{lifecycle="finished"} 1',
    'shoal_http_requests_total{method="PUT",route="/contributions/:ask",status="200"} 1',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).not.toContain(invitation.invite)
  const traffic = async (server: TestServer): Promise<TrafficList> => (await server.operator('GET', `/api/federations/${id}/traffic`)).body
  const before = await traffic(first)
  expect(before).toEqual([{ round: 0, bytesUp: 100 + sealed.length, bytesDown: bytes.length }])
  await volunteer.vanish()
  const second = await first.restart()
  expect(await traffic(second)).toEqual(before)
  expect((await scrape(second)).split('\n')).toContain(`shoal_bulk_bytes_total{federation="${id}",direction="down"} ${bytes.length}`)
  await second.close()
})

test('metrics are for those who sign in, or for everybody where the configuration says so', async () => {
  expect(await fetchBytes(`${running.url}/metrics`)).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_UNAUTHORISED' } })
  const open = await startTestServer({ metrics: 'open' })
  const { status, headers } = await fetchBytes(`${open.url}/metrics`)
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  expect((await fetchBytes(`${open.url}/api/federations`)).status).toBe(401)
  await open.close()
})
