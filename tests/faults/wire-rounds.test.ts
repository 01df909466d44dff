import { afterEach, expect, test } from 'vitest'
import { disconnected, fetchBytes, joinAs } from './wire-client.mjs'
import { joinMany, PARAMETERS, startTestServer, type TestServer, updateOf } from './wire-server.ts'

let running: TestServer | null = null
const start = async (...options: Parameters<typeof startTestServer>): Promise<TestServer> => {
  running = await startTestServer(...options)
  return running
}
afterEach(async () => {
  await running?.close()
  running = null
})

const modelOf = async (url: string, digest: string): Promise<Float32Array> => {
  const { bytes } = await fetchBytes(`${url}/models/${digest}`)
  return new Float32Array(new Uint8Array(bytes).buffer)
}

test('three volunteers join, contribute, and get the weighted average', async () => {
  const { url, federate, seen, operator } = await start()
  const { id, invitation } = await federate()
  const volunteers = await joinMany(3, url, invitation)
  const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
  const before = await modelOf(url, asks[0].models[0])
  expect(before).toHaveLength(PARAMETERS)
  const answers = await Promise.all(volunteers.map((volunteer, index) => volunteer.contribute(asks[index].ask, updateOf(index + 1), index + 1)))
  expect(answers.map(({ status, body }) => ({ status, ...body }))).toEqual(Array(3).fill({ status: 200, received: 'received' }))
  await Promise.all(volunteers.map(({ inbox }) => inbox.next('durable', ({ ask }: { ask: string }) => ask === asks[0].ask)))
  const { rounds, models } = await seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 3 })
  const after = await modelOf(url, models[0])
  const weightedMean = (1 * 1 + 2 * 2 + 3 * 3) / (1 + 2 + 3)
  for (const [index, value] of after.entries()) expect(value).toBeCloseTo(before[index] + weightedMean, 5)
  const { body: traffic } = await operator('GET', `/api/federations/${id}/traffic`)
  expect(traffic[0].bytesUp).toBeLessThanOrEqual(3 * (4 * PARAMETERS + 300))
  expect(traffic[0].bytesDown).toBe(4 * PARAMETERS)
})

test('the model that is served after a round is the trained one, not the first', async () => {
  const { url, federate, seen } = await start()
  const { id, invitation } = await federate({ cohort: { fraction: 1, min: 1, max: 10 } })
  const [volunteer] = await joinMany(1, url, invitation)
  const { ask, models } = await volunteer.nextAsk()
  await volunteer.contribute(ask, updateOf(1))
  const view = await seen(id, ({ rounds }) => rounds.length === 1)
  expect(view.models).not.toEqual(models)
  const late = await joinAs({ url, invitation })
  expect(late.standing.models).toEqual(view.models)
  const head = await fetchBytes(`${url}/models/${view.models[0]}`)
  const cached = await fetchBytes(`${url}/models/${view.models[0]}`, { headers: { 'if-none-match': String(head.headers.etag) } })
  expect([head.status, cached.status, cached.bytes.length]).toEqual([200, 304, 0])
})

test('three joined, two submitted, the third closes: the round completes with two', async () => {
  const { url, federate, seen } = await start()
  const { id, invitation } = await federate()
  const [a, b, c] = await joinMany(3, url, invitation)
  const { ask } = await a.nextAsk()
  await Promise.all([a.contribute(ask, updateOf(1)), b.contribute(ask, updateOf(2))])
  await c.vanish()
  const { rounds } = await seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 2 })
})

test('a frozen peer that answers no ping is let go and the round completes without it', async () => {
  const { url, federate, seen } = await start({ limits: { pingIntervalMs: 200, pingTimeoutMs: 400 } })
  const { id, invitation } = await federate()
  const [a, b, frozen] = await joinMany(3, url, invitation)
  const { ask } = await a.nextAsk()
  await frozen.nextAsk()
  const transport = frozen.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } }
  transport.ws._socket.pause()
  await Promise.all([a.contribute(ask, updateOf(1)), b.contribute(ask, updateOf(2))])
  const { rounds } = await seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 2 })
})

test('a straggler is waited for until the deadline and no longer; what it sends then is refused', async () => {
  const { url, federate, seen } = await start()
  const { id, invitation } = await federate({ deadlineMs: 1500 })
  const [a, b, straggler] = await joinMany(3, url, invitation)
  const { ask } = await a.nextAsk()
  await Promise.all([a.contribute(ask, updateOf(1)), b.contribute(ask, updateOf(2))])
  const { rounds } = await seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 2 })
  const late = await straggler.contribute(ask, updateOf(50))
  expect(late.body).toMatchObject({ code: 'SHOAL_ERR_STALE_UPDATE', retryable: false })
})

test('submit, then drop, then another submits: the live client is still waited for, and all three count', async () => {
  const { url, federate, seen } = await start()
  const { id, invitation } = await federate()
  const [gone, other, live] = await joinMany(3, url, invitation)
  const { ask } = await gone.nextAsk()
  await gone.contribute(ask, updateOf(1))
  await gone.inbox.next('durable')
  await gone.vanish()
  await other.contribute(ask, updateOf(2))
  await other.inbox.next('durable')
  expect(await live.say('where', {})).toMatchObject({ ok: true, value: { ask: { ask }, received: 'nothing' } })
  await live.contribute(ask, updateOf(3))
  const { rounds } = await seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 3 })
})

test('a volunteer that sits out is not waited for', async () => {
  const { url, federate, seen } = await start()
  const { id, invitation } = await federate()
  const [a, b, c] = await joinMany(3, url, invitation)
  const { ask } = await a.nextAsk()
  await Promise.all([a.contribute(ask, updateOf(1)), b.contribute(ask, updateOf(2))])
  expect(await c.say('sit-out', { ask, code: 'SHOAL_ERR_MEMORY_LOST' })).toEqual({ ok: true, value: null })
  const { rounds } = await seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 2 })
})

test('a tab that comes back with its session is the same client and is told of the open ask', async () => {
  const { url, federate } = await start()
  const { invitation } = await federate()
  const [first] = await joinMany(3, url, invitation)
  const { ask } = await first.nextAsk()
  await first.vanish()
  const again = await joinAs({ url, invitation, identity: first.identity, session: first.session })
  expect(again.client).toBe(first.client)
  expect(again.session).toBe(first.session)
  expect(again.standing.ask).toMatchObject({ ask })
})

test("two tabs of one profile are one client: the later one goes on, the earlier one is told and its end is nobody's departure", async () => {
  const { url, federate } = await start()
  const { id, invitation } = await federate({ cohort: { fraction: 1, min: 1, max: 10 } })
  const first = await joinAs({ url, invitation })
  const { ask } = await first.nextAsk()
  const second = await joinAs({ url, invitation, identity: first.identity, session: first.session })
  expect(second.standing.ask).toMatchObject({ ask })
  await first.inbox.next('superseded')
  await disconnected(first.socket)
  expect(second.client).toBe(first.client)
  expect(await second.say('where', {})).toMatchObject({ ok: true, value: { view: { id, clientsHere: 1 } } })
  expect((await second.contribute(ask, updateOf(1))).status).toBe(200)
})

test('two federations run side by side and do not see each other', async () => {
  const { url, federate, seen } = await start()
  const [one, two] = [await federate({ cohort: { fraction: 1, min: 1, max: 10 } }), await federate({ cohort: { fraction: 1, min: 1, max: 10 }, seed: 'other' })]
  const [a, b] = [await joinAs({ url, invitation: one.invitation }), await joinAs({ url, invitation: two.invitation })]
  const [askOfA, askOfB] = [await a.nextAsk(), await b.nextAsk()]
  expect(askOfA.models).not.toEqual(askOfB.models)
  const stranger = await a.put(askOfA.ask, await a.seal(askOfA.ask, a.frameOf(updateOf(1))), { 'x-shoal-federation': two.id })
  expect(stranger.body.code).toBe('SHOAL_ERR_WRONG_FEDERATION')
  await a.contribute(askOfA.ask, updateOf(1))
  await seen(one.id, ({ rounds }) => rounds.length === 1)
  expect((await seen(two.id, () => true)).rounds).toHaveLength(0)
})

test('what happens to a federation that nobody is in is told to nobody of another', async () => {
  const { url, federate, operator } = await start()
  const [one, empty] = [await federate(), await federate({ seed: 'other' })]
  const volunteer = await joinAs({ url, invitation: one.invitation })
  const command = (id: string, name: string) => operator('POST', `/api/federations/${id}/commands`, { command: name })
  await command(empty.id, 'pause-federation')
  // Views of one federation come apart: the second of these after the one of the other.
  for (const [name, lifecycle] of [
    ['pause-federation', 'paused'],
    ['resume-federation', 'running'],
  ]) {
    await command(one.id, name)
    await volunteer.inbox.next('view', (view) => view.id === one.id && view.lifecycle === lifecycle)
  }
  const heard = volunteer.inbox.arrived.filter(({ name }) => name === 'view').map(({ body }) => body.id)
  expect(heard.every((id) => id === one.id)).toBe(true)
})
