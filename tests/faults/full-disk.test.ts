import type { FederationView } from '@shoal/protocol'
import { afterEach, expect, test } from 'vitest'
import { connect, fetchBytes, joinAs } from './wire-client.mjs'
import { OPERATOR_TOKEN, startTestServer, type TestServer } from './wire-server.ts'

let running: TestServer | null = null
afterEach(async () => {
  await running?.close()
  running = null
})

test('when the disk is full the event does not happen: it is refused, nobody hears of it, and the server stays up', async () => {
  running = await startTestServer({ limits: { maxDatabasePages: 60 }, logLevel: 'silent' })
  const { url, federate, operator, server } = running
  const { id, invitation } = await federate({ cohort: { fraction: 1, min: 2, max: 10 } })
  const volunteer = await joinAs({ url, invitation })
  const watcher = connect(url, '/operator', { auth: { token: OPERATOR_TOKEN } })
  await watcher.inbox.next('view')

  const versions: number[] = []
  let refusal: { status: number; body: { code: string } } | null = null
  for (let attempt = 0; refusal === null; attempt += 1) {
    if (attempt > 10_000) throw new Error('the disk never fills up')
    const command = attempt % 2 === 0 ? 'pause-federation' : 'resume-federation'
    const answer = await operator('POST', `/api/federations/${id}/commands`, { command })
    if (answer.status === 200) versions.push(answer.body.version)
    else refusal = answer
  }
  expect(refusal).toMatchObject({ status: 507, body: { code: 'SHOAL_ERR_STORE_FAILED', retryable: true } })
  const last = versions[versions.length - 1]
  expect(server.federation(id)?.view().version).toBe(last)
  expect(await volunteer.say('ready', { ready: false })).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED' } })
  await expect(joinAs({ url, invitation })).rejects.toThrow('SHOAL_ERR_STORE_FAILED')
  expect(await volunteer.say('where', {})).toMatchObject({ ok: true, value: { view: { version: last } } })
  // The last view always goes out; whoever was told anything was told no more than what is on disk.
  await watcher.inbox.next('view', ({ version }: FederationView) => version === last)
  expect(watcher.inbox.arrived.filter(({ body }) => body.version > last)).toEqual([])
  // Changes that come faster than anybody can look are announced together.
  expect(watcher.inbox.arrived.length).toBeLessThan(versions.length)
  expect((await fetchBytes(`${url}/healthz`)).status).toBe(200)
  watcher.socket.disconnect()
})
