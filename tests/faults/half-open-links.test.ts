import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { type StallingProxy, startStallingProxy } from './stalling-proxy.ts'
import { fetchBytes, joinAs } from './wire-client.mjs'
import { joinMany, startTestServer, type TestServer, updateOf } from './wire-server.ts'

let running: TestServer | null = null
let proxy: StallingProxy | null = null
afterEach(async () => {
  await proxy?.close()
  await running?.close()
  running = null
  proxy = null
})

test('a link that stays open and leads nowhere is given up at both ends; the client comes back, and what it had sent is in the sum once', async () => {
  running = await startTestServer({ limits: { pingIntervalMs: 300, pingTimeoutMs: 2000 } })
  const { url, federate, seen } = running
  const { id, invitation } = await federate({ stop: { rounds: 1, accuracy: null } })
  proxy = await startStallingProxy(url)
  const far = await joinAs({ url: proxy.url, invitation })
  const [b, c] = await joinMany(2, url, invitation)
  const { ask, models } = await far.nextAsk()
  const { bytes } = await fetchBytes(`${url}/models/${models[0]}`)
  const before = new Float32Array(new Uint8Array(bytes).buffer)[0]

  // It arrives, and the answer to it does not.
  const sealed = await far.seal(ask, far.frameOf(updateOf(1)))
  proxy.muteAnswers(true)
  const unanswered = far.put(ask, sealed).catch(() => undefined)
  await far.inbox.next('durable') // over the link that still stands
  proxy.muteAnswers(false)

  const lost = once(far.socket as unknown as NodeJS.EventEmitter, 'disconnect')
  proxy.stall()
  await seen(id, ({ clientsHere }) => clientsHere === 2)
  expect(await lost).toContain('ping timeout')
  expect(running.server.federation(id)?.view().openAsk).toMatchObject({ answered: 1, gone: 0 })

  const back = await joinAs({ url: proxy.url, invitation, identity: far.identity, session: far.session })
  expect(back.client).toBe(far.client)
  expect(back.standing).toMatchObject({ ask: { ask }, received: 'durable' })
  expect(await back.put(ask, sealed)).toMatchObject({ status: 200, body: { received: 'durable' } })
  // The same answer sealed anew: what the client gave already is what counts.
  expect(await back.contribute(ask, updateOf(1))).toMatchObject({ status: 409, body: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } })
  await Promise.all([b.contribute(ask, updateOf(2)), c.contribute(ask, updateOf(6))])
  const view = await seen(id, ({ lifecycle }) => lifecycle === 'finished')
  expect(view.rounds).toMatchObject([{ outcome: 'updated', clients: 3 }])
  const after = await fetchBytes(`${url}/models/${view.models[0]}`)
  expect(new Float32Array(new Uint8Array(after.bytes).buffer)[0]).toBeCloseTo(before + 3, 5)
  await proxy.close()
  proxy = null
  await unanswered
})

test('a contribution that stops on its way is given up; the client sends it again over another connection, and it counts once', async () => {
  running = await startTestServer({ limits: { bodyIdleTimeoutMs: 300 } })
  const { url, federate, seen } = running
  const { id, invitation } = await federate({ stop: { rounds: 1, accuracy: null } })
  proxy = await startStallingProxy(url)
  const far = await joinAs({ url: proxy.url, invitation })
  const [b, c] = await joinMany(2, url, invitation)
  const { ask } = await far.nextAsk()
  const sealed = await far.seal(ask, far.frameOf(updateOf(1)))
  const headers = { authorization: `Bearer ${far.session}`, 'content-type': 'application/octet-stream', 'content-length': String(sealed.length) }
  const { count, stall } = proxy
  const connections = count()
  const half = fetchBytes(`${proxy.url}/contributions/${ask}`, {
    method: 'PUT',
    headers: { ...headers, 'x-shoal-digest': '0'.repeat(64) },
    send: (outgoing) => outgoing.write(sealed.subarray(0, sealed.length / 2)),
  }).catch(() => undefined)
  while (count() === connections) await new Promise((resume) => setImmediate(resume))
  stall()
  const back = await joinAs({ url: proxy.url, invitation, identity: far.identity, session: far.session })
  expect(back.standing).toMatchObject({ ask: { ask }, received: 'nothing' })
  expect(await back.put(ask, sealed)).toMatchObject({ status: 200 })
  await Promise.all([b.contribute(ask, updateOf(2)), c.contribute(ask, updateOf(6))])
  const view = await seen(id, ({ lifecycle }) => lifecycle === 'finished')
  expect(view.rounds).toMatchObject([{ outcome: 'updated', clients: 3 }])
  await proxy.close()
  proxy = null
  await half
})
