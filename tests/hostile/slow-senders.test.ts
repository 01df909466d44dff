import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchBytes, joinAs, sha256Of } from '../faults/wire-client.mjs'
import { startTestServer, type TestServer } from '../faults/wire-server.ts'
import { answersIn, heardUntilClosed, openConnection } from './raw-http.ts'

const BODY_IDLE_MS = 400

const HEADERS_MS = 400

let running: TestServer
/** It waits for whole requests as long as servers do, so that only its patience for headers can end. */
let patient: TestServer
beforeAll(async () => {
  running = await startTestServer({ limits: { requestTimeoutMs: 3500, headersTimeoutMs: HEADERS_MS, joinTimeoutMs: 400, bodyIdleTimeoutMs: BODY_IDLE_MS } })
  patient = await startTestServer({ limits: { headersTimeoutMs: HEADERS_MS } })
})
afterAll(() => Promise.all([running, patient].map((server) => server.close())))

/** Sends one byte after the other, faster than any silence that is allowed, until the server has had enough. */
function trickle(socket: Socket, bytes: string): void {
  let sent = 0
  const timer = setInterval(() => {
    if (socket.writable) socket.write(bytes[sent++ % bytes.length])
  }, 50)
  socket.on('close', () => clearInterval(timer))
}

test.concurrent.each([
  ['says nothing', ''],
  ['stops in the first line', 'GET /hea'],
  ['stops in a header', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: a'],
])('who %s is cut off after the patience for headers: 408', async (_what, bytes) => {
  const socket = await openConnection(patient.url)
  if (bytes !== '') socket.write(bytes)
  expect(answersIn(await heardUntilClosed(socket))).toEqual([{ status: 408, code: 'SHOAL_ERR_BODY_INCOMPLETE' }])
})

test.concurrent('headers that trickle are cut off however steadily they come: 408', async () => {
  const socket = await openConnection(patient.url)
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n')
  trickle(socket, 'X-A: b\r\n')
  expect(answersIn(await heardUntilClosed(socket))).toEqual([{ status: 408, code: 'SHOAL_ERR_BODY_INCOMPLETE' }])
})

test.concurrent("a command's body that trickles is cut off after the patience for a request: 408", async () => {
  const socket = await openConnection(running.url)
  socket.write('POST /api/operator/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n')
  trickle(socket, ' ')
  expect(answersIn(await heardUntilClosed(socket))).toEqual([{ status: 408, code: 'SHOAL_ERR_BODY_INCOMPLETE' }])
})

test.concurrent('a contribution that trickles gives its buffer back, though it never falls silent: 400', async () => {
  const { invitation } = await running.federate({ cohort: { fraction: 1, min: 1, max: 10 } })
  const volunteer = await joinAs({ url: running.url, invitation })
  const { ask } = await volunteer.nextAsk()
  const sealed = await volunteer.seal(ask, volunteer.frameOf(new Float32Array(6186).fill(1)))
  const answer = await fetchBytes(`${running.url}/contributions/${ask}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${volunteer.session}`, 'content-length': String(sealed.length), 'x-shoal-digest': sha256Of(sealed) },
    send(outgoing) {
      outgoing.on('error', () => undefined)
      let sent = 0
      const timer = setInterval(() => outgoing.write(sealed.subarray(sent, ++sent)), BODY_IDLE_MS / 8)
      outgoing.on('close', () => clearInterval(timer))
    },
  })
  expect(answer).toMatchObject({ status: 400, body: { code: 'SHOAL_ERR_BODY_INCOMPLETE', detail: expect.stringMatching(/^too slow/) } })
  expect((await volunteer.put(ask, sealed)).status).toBe(200)
  await volunteer.vanish()
})

test.concurrent('a web socket that never says which side it belongs to is closed', async () => {
  const socket = await openConnection(running.url)
  const headers = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
  socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
  socket.resume()
  await once(socket, 'close')
  expect((await fetchBytes(`${running.url}/healthz`)).status).toBe(200)
})
