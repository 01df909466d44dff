import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchBytes, joinAs, sha256Of } from './wire-client.mjs'
import { joinMany, PARAMETERS, startTestServer, type TestServer, updateOf } from './wire-server.ts'

/**
 * One server and one round that stays open through the whole file: three were asked, two of them behave badly in every way there is, and at the end all three give
 * what they should. Whatever was refused must have left no trace in the result.
 */
let running: TestServer
let federation: Awaited<ReturnType<TestServer['federate']>>
let villain: Awaited<ReturnType<typeof joinAs>>
let others: Awaited<ReturnType<typeof joinMany>>
let ask: string
let before: Float32Array

const modelOf = async (digest: string): Promise<Float32Array> =>
  new Float32Array(new Uint8Array((await fetchBytes(`${running.url}/models/${digest}`)).bytes).buffer)

beforeAll(async () => {
  // The budget holds two bodies: a buffer that is not given back stops everything after it.
  running = await startTestServer({ limits: { bodyIdleTimeoutMs: 300, bodyBudgetBytes: 64 * 1024 } })
  federation = await running.federate()
  ;[villain, ...others] = await joinMany(3, running.url, federation.invitation)
  const message = await villain.nextAsk()
  ask = message.ask
  before = await modelOf(message.models[0])
})
afterAll(() => running.close())

const sealed = (frame: Uint8Array): Promise<Uint8Array> => villain.seal(ask, frame)
const refusalOf = async (frame: Uint8Array): Promise<unknown> => {
  const { status, body } = await villain.put(ask, await sealed(frame))
  return { status, code: body.code }
}
const poisoned = (value: number): Float32Array => {
  const vector = updateOf(0.5)
  vector[PARAMETERS - 1] = value
  return vector
}

test.each([
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['minus infinity', Number.NEGATIVE_INFINITY],
  ['an entry beyond the limit', 64.5],
])('an update with %s is refused', async (_what, value) => {
  expect(await refusalOf(villain.frameOf(poisoned(value)))).toEqual({ status: 400, code: 'SHOAL_ERR_NOT_FINITE' })
})

test.each([
  ['one entry too few', PARAMETERS - 1],
  ['one entry too many', PARAMETERS + 1],
  ['a single number that could be broadcast', 1],
  ['nothing in it', 0],
])('an update with %s is refused', async (_what, length) => {
  expect(await refusalOf(villain.frameOf(new Float32Array(length).fill(0.5)))).toEqual({ status: 400, code: 'SHOAL_ERR_SHAPE' })
})

test.each([0, -1, 1.5, 1001, 1e300])('a weight of %s is refused', async (weight) => {
  expect(await refusalOf(villain.frameOf(updateOf(1), weight))).toEqual({ status: 400, code: 'SHOAL_ERR_WEIGHT' })
})

test('an update for a block that was not asked for is refused', async () => {
  expect(await refusalOf(villain.frameOf(updateOf(1), 1, 7))).toEqual({ status: 400, code: 'SHOAL_ERR_PARTS' })
})

test.each([
  ['no bytes', new Uint8Array(0)],
  ['a header length beyond the frame', new Uint8Array([255, 255, 0, 0, 1, 2, 3])],
  ['a header that is not JSON', new Uint8Array([4, 0, 0, 0, 200, 201, 202, 203])],
  ['a header of another form', new TextEncoder().encode('\u0002\0\0\0{}\0\0')],
])('an envelope with %s inside is refused', async (_what, frame) => {
  expect(await refusalOf(frame)).toMatchObject({ status: 400, code: 'SHOAL_ERR_MALFORMED' })
})

test('bytes that are no envelope are refused', async () => {
  const garbage = new Uint8Array(500).fill(7)
  expect((await villain.put(ask, garbage)).body.code).toBe('SHOAL_ERR_MALFORMED')
  expect((await villain.put(ask, new Uint8Array(0))).body.code).toBe('SHOAL_ERR_MALFORMED')
})

test('an envelope with one changed bit is refused', async () => {
  const bytes = await sealed(villain.frameOf(updateOf(1)))
  bytes[bytes.length - 100] ^= 1
  expect((await villain.put(ask, bytes)).body.code).toBe('SHOAL_ERR_ENVELOPE')
})

test('an envelope that was sealed for another ask is refused: nothing can be replayed into a later one', async () => {
  const bytes = await villain.seal('0.1', villain.frameOf(updateOf(1)))
  expect((await villain.put(ask, bytes)).body.code).toBe('SHOAL_ERR_POLICY_MISMATCH')
})

test('a contribution to round 999 is stale, an ask that is no ask is unknown', async () => {
  expect((await villain.contribute('999.0', updateOf(1))).body).toMatchObject({ code: 'SHOAL_ERR_STALE_UPDATE' })
  expect((await villain.put('first', new Uint8Array(9))).body).toMatchObject({ code: 'SHOAL_ERR_ASK_UNKNOWN' })
  expect((await villain.put('0.7', new Uint8Array(9))).body).toMatchObject({ code: 'SHOAL_ERR_ASK_CLOSED' })
})

test('a contribution without a session, or with one that nobody has, is refused', async () => {
  const bytes = await sealed(villain.frameOf(updateOf(1)))
  expect(await villain.put(ask, bytes, { authorization: '' })).toMatchObject({ status: 401, body: { code: 'SHOAL_ERR_SESSION_INVALID' } })
  expect(await villain.put(ask, bytes, { authorization: `Bearer ${'A'.repeat(43)}` })).toMatchObject({
    status: 401,
    body: { code: 'SHOAL_ERR_SESSION_INVALID' },
  })
})

test('a client that was not asked is refused, as is a session of another federation', async () => {
  const latecomer = await joinAs({ url: running.url, invitation: federation.invitation })
  const bytes = await latecomer.seal(ask, latecomer.frameOf(updateOf(1)))
  expect(await latecomer.put(ask, bytes)).toMatchObject({ status: 403, body: { code: 'SHOAL_ERR_NOT_IN_COHORT' } })
  expect(await villain.put(ask, bytes, { 'x-shoal-federation': 'fed-0123456789abcdef' })).toMatchObject({
    status: 403,
    body: { code: 'SHOAL_ERR_WRONG_FEDERATION' },
  })
  await latecomer.vanish()
})

test('a body whose digest is not the one in its header is refused', async () => {
  const bytes = await sealed(villain.frameOf(updateOf(1)))
  expect(await villain.put(ask, bytes, { 'x-shoal-digest': sha256Of(new Uint8Array(1)) })).toMatchObject({
    status: 400,
    body: { code: 'SHOAL_ERR_DIGEST_MISMATCH' },
  })
  expect(await villain.put(ask, bytes, { 'x-shoal-digest': 'abc' })).toMatchObject({ status: 400, body: { code: 'SHOAL_ERR_MALFORMED' } })
})

const headers = (extra: Record<string, string>): Record<string, string> => ({
  authorization: `Bearer ${villain.session}`,
  'x-shoal-digest': 'a'.repeat(64),
  ...extra,
})

test('a body that does not say how long it is, is refused', async () => {
  const answer = await fetchBytes(`${running.url}/contributions/${ask}`, {
    method: 'PUT',
    headers: headers({ 'transfer-encoding': 'chunked' }),
    send: (outgoing) => outgoing.end('some bytes'),
  })
  expect(answer).toMatchObject({ status: 411, body: { code: 'SHOAL_ERR_LENGTH_REQUIRED' } })
})

test('an oversized body is refused by its length and cut off while it streams', async () => {
  const declared = 200_000_000
  let sent = 0
  let closed: Promise<unknown> = Promise.resolve()
  const answer = await fetchBytes(`${running.url}/contributions/${ask}`, {
    method: 'PUT',
    // As browsers do: a sender that asks for the connection to be closed gets that at once anyway.
    headers: headers({ 'content-length': String(declared), connection: 'keep-alive' }),
    send: (outgoing) => {
      const chunk = Buffer.alloc(65_536)
      const pour = (): void => {
        while (sent < declared && !outgoing.destroyed) {
          sent += chunk.length
          if (!outgoing.write(chunk)) return void outgoing.once('drain', pour)
        }
      }
      closed = new Promise((resolve) => outgoing.once('close', resolve))
      pour()
    },
  })
  expect(answer).toMatchObject({ status: 413, body: { code: 'SHOAL_ERR_BODY_TOO_LARGE' } })
  await closed
  expect(sent).toBeLessThan(16 * 1024 * 1024)
})

test('a body that stops half way is refused after the silence that is allowed', async () => {
  const answer = await fetchBytes(`${running.url}/contributions/${ask}`, {
    method: 'PUT',
    headers: headers({ 'content-length': '20000' }),
    send: (outgoing) => outgoing.write(Buffer.alloc(10_000)),
  })
  expect(answer).toMatchObject({ status: 400, body: { code: 'SHOAL_ERR_BODY_INCOMPLETE', retryable: true } })
})

test('a body whose connection breaks half way leaves its buffer to the next', async () => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await fetchBytes(`${running.url}/contributions/${ask}`, {
      method: 'PUT',
      headers: headers({ 'content-length': '20000' }),
      send: (outgoing) => outgoing.write(Buffer.alloc(10_000), () => outgoing.destroy(new Error('gone'))),
    }).catch((error: Error) => expect(error.message).toBe('gone'))
  }
  expect((await villain.put(ask, new Uint8Array(500).fill(7))).body.code).toBe('SHOAL_ERR_MALFORMED')
})

test('the same contribution fifty times is folded once and answered in a few bytes; another one after it is refused', async () => {
  const bytes = await sealed(villain.frameOf(updateOf(1)))
  const answers = await Promise.all(Array.from({ length: 50 }, () => villain.put(ask, bytes)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50)
  expect(Math.max(...answers.map((answer) => answer.bytes.length))).toBeLessThan(100)
  const different = await villain.contribute(ask, updateOf(2))
  expect(different).toMatchObject({ status: 409, body: { code: 'SHOAL_ERR_DUPLICATE_DIFFERS' } })
})

test('after all of that the round closes with the three good contributions and nothing else', async () => {
  await Promise.all(others.map((volunteer) => volunteer.contribute(ask, updateOf(4))))
  const { rounds, models } = await running.seen(federation.id, (view) => view.rounds.length === 1)
  expect(rounds[0]).toMatchObject({ outcome: 'updated', clients: 3 })
  const after = await modelOf(models[0])
  for (const [index, value] of after.entries()) expect(value).toBeCloseTo(before[index] + (1 + 4 + 4) / 3, 5)
})
