import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { fetchBytes, readInvite } from '../faults/wire-client.mjs'
import { joinMany, startTestServer, type TestServer, updateOf } from '../faults/wire-server.ts'
import { answersIn, heardUntilClosed, openConnection } from './raw-http.ts'
import { openCrowd, openSilentSocket } from './silent-crowd.ts'

let running: TestServer
afterEach(() => running.close())

/** A round of three good volunteers, from their joins to its end. */
async function completeRound(seed: string): Promise<void> {
  const { id, invitation } = await running.federate({ seed })
  const volunteers = await joinMany(3, running.url, invitation)
  const asks = await Promise.all(volunteers.map((volunteer) => volunteer.nextAsk()))
  await Promise.all(volunteers.map((volunteer, index) => volunteer.contribute(asks[index].ask, updateOf(1))))
  const { rounds } = await running.seen(id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 3 })
  await Promise.all(volunteers.map((volunteer) => volunteer.vanish()))
}

test.each([
  ['connections', openConnection],
  ['web sockets', openSilentSocket],
])('500 %s that never speak hold up no round, and are gone after the patience', async (what, open) => {
  running = await startTestServer({ limits: { headersTimeoutMs: 1500, joinTimeoutMs: 1500 } })
  const crowd = await openCrowd(running.url, 500, { open, perAddress: 250 })
  const gone = crowd.map((socket) => socket.closed || once(socket.resume(), 'close'))
  await completeRound(what)
  await Promise.all(gone)
  await completeRound(`${what} gone`)
})

test('one address gets as many connections as it may: the next is told so, and others come in', async () => {
  running = await startTestServer({ limits: { connectionsPerAddress: 20, headersTimeoutMs: 60_000 } })
  const crowd = await openCrowd(running.url, 20, { open: openConnection, perAddress: 20 })
  const refused = await openConnection(running.url, '127.0.1.1')
  refused.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
  const heard = await heardUntilClosed(refused)
  expect(answersIn(heard)).toEqual([{ status: 429, code: 'SHOAL_ERR_RATE_LIMITED' }])
  expect(heard).toMatch(/^retry-after: 60\r$/im)
  const socket = await openConnection(running.url, '127.0.1.1')
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  expect(answersIn(await heardUntilClosed(socket))).toEqual([{ status: 429, code: 'SHOAL_ERR_RATE_LIMITED' }])
  const silent = await openConnection(running.url, '127.0.1.1')
  expect(await heardUntilClosed(silent)).toBe('')
  await completeRound('others')
  for (const connection of crowd) connection.destroy()
})

test('all addresses together get as many connections as there are; the next is told so', async () => {
  running = await startTestServer({ limits: { connections: 20, headersTimeoutMs: 60_000 } })
  const crowd = await openCrowd(running.url, 20, { open: openConnection, perAddress: 2 })
  const { status, headers, body } = await fetchBytes(`${running.url}/healthz`)
  expect({ status, wait: headers['retry-after'], code: body.code }).toEqual({ status: 429, wait: '60', code: 'SHOAL_ERR_RATE_LIMITED' })
  for (const connection of crowd) connection.destroy()
  await Promise.all(crowd.map((connection) => connection.closed || once(connection, 'close')))
  while ((await fetchBytes(`${running.url}/healthz`)).status !== 200);
})

test('behind a proxy sockets are counted by the addresses that it names, and who names itself is not believed', async () => {
  const handshake = (forwarded: string) =>
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: ${forwarded}\r\n\r\n`
  const statusOf = async (from: string, forwarded: string): Promise<string> => {
    const socket = await openConnection(running.url, from)
    socket.write(handshake(forwarded))
    const [data] = (await once(socket, 'data')) as [Buffer]
    return data.toString('latin1').slice(9, 12)
  }
  running = await startTestServer({ trustProxy: ['127.0.1.0/24'], limits: { socketsPerAddress: 2 } })
  const believed = []
  for (const forwarded of ['198.51.100.1', '198.51.100.1', '198.51.100.1', '198.51.100.2', '198.51.100.2, 198.51.100.1'])
    believed.push(await statusOf('127.0.1.1', forwarded))
  expect(believed).toEqual(['101', '101', '429', '101', '429'])
  const unbelieved = []
  for (const forwarded of ['198.51.100.3', '198.51.100.4', '198.51.100.5']) unbelieved.push(await statusOf('127.0.2.1', forwarded))
  expect(unbelieved).toEqual(['101', '101', '429'])
  const { body } = await running.operator('POST', `/api/federations/${(await running.federate()).id}/invites`)
  await readInvite(running.url, body.url)
})
