import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createRng, deriveSeed, type Rng } from '@shoal/numeric'
import { outcomeOf } from './answer-check.ts'
import { mutateBytes } from './byte-mutator.ts'
import type { CaseTable } from './case-table.ts'
import { type HttpRequest, type Knowledge, validRequest } from './hostile-requests.ts'
import { mutateJsonText } from './json-mutator.ts'
import { type Mutation, oneOf } from './mutation.ts'
import type { Route } from './route-table.ts'

/** Bytes on a connection, as no well-behaved library would write them: requests whose lines and lengths lie, and frames of web sockets. */

const bytesOfText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const join = (...pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces))

/** The head of a request as text, and its body. */
function written(
  { method, path, headers, body }: HttpRequest,
  more: readonly string[] = [],
  version = 'HTTP/1.1',
): { readonly head: string; readonly body: Uint8Array } {
  const bytes = typeof body === 'string' ? new Uint8Array(Buffer.from(body)) : (body ?? new Uint8Array(0))
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return { head: [`${method} ${path} ${version}`, ...lines, ...more].join('\r\n'), body: bytes }
}

const LIES: Readonly<Record<string, (request: HttpRequest, rng: Rng) => Uint8Array>> = {
  'length that lies': (request, rng) => {
    const right = written(request).body.length
    const length = oneOf(
      [right + 1, right - 1, 0, -1, '0x10', '1e3', '', ' ', '99999999999999999999', `${right}, ${right}`, `${right}\r\ncontent-length: 1`],
      rng,
    )
    const { head, body } = written(request, [`content-length: ${length}`])
    return join(bytesOfText(`${head}\r\n\r\n`), body)
  },
  'length and chunks': (request, rng) => {
    const { head, body } = written(request, [`content-length: ${oneOf([0, 3, 9999], rng)}`, 'transfer-encoding: chunked'])
    return join(bytesOfText(`${head}\r\n\r\n${body.length.toString(16)}\r\n`), body, bytesOfText('\r\n0\r\n\r\n'))
  },
  'chunks that lie': (request, rng) => {
    const { head, body } = written(request, [
      `transfer-encoding: ${oneOf(['chunked', 'Chunked', 'gzip, chunked', 'chunked, chunked', 'xchunked', '\tchunked'], rng)}`,
    ])
    const size = oneOf(['ffffffffffffffff', '-1', 'g', '0', '1;x=y', body.length.toString(16), `${'0'.repeat(5000)}1`], rng)
    return join(bytesOfText(`${head}\r\n\r\n${size}\r\n`), body, bytesOfText(oneOf(['\r\n0\r\n\r\n', '', '\r\n0\r\ncookie: x\r\n\r\n', '0'], rng)))
  },
  'request line': (request, rng) => {
    const { path } = request
    const line = oneOf(
      [
        `GET http://evil.example${path} HTTP/1.1`,
        `GET ${path}`,
        `GET ${path} HTTP/9.9`,
        `GET ${path} HTTP/1.0`,
        ` ${path} HTTP/1.1`,
        `CONNECT localhost:1 HTTP/1.1`,
        'PRI * HTTP/2.0',
        `OPTIONS * HTTP/1.1`,
        `GET ${path}\u0000x HTTP/1.1`,
        `${'A'.repeat(9000)} ${path} HTTP/1.1`,
        `GET /${'a'.repeat(20_000)} HTTP/1.1`,
      ],
      rng,
    )
    return bytesOfText(`${line}\r\nhost: x\r\n\r\n`)
  },
  'header lines': (request, rng) => {
    const more = oneOf(
      [
        ['a: b', ' folded: c'],
        ['no colon'],
        [': no name'],
        ['na me: x'],
        ['x: \u0000'],
        ['host: a', 'host: b'],
        [`x: ${'y'.repeat(20_000)}`],
        Array.from({ length: 3000 }, (_, index) => `h${index}: 1`),
        ['x: a\nb: c'],
        ['authorization: Bearer a', 'authorization: Bearer b'],
        ['cookie: a', 'cookie: b'],
      ],
      rng,
    )
    const { head, body } = written(request, more)
    return join(bytesOfText(`${head}\r\n\r\n`), body)
  },
  pipelined: (request, rng) => {
    const { head, body } = written(request, [`content-length: ${written(request).body.length}`])
    const one = join(bytesOfText(`${head}\r\n\r\n`), body)
    return join(...Array.from({ length: 2 + rng.below(8) }, () => one))
  },
  'bytes changed': (request, rng) => {
    const { head, body } = written(request, [`content-length: ${written(request).body.length}`])
    const whole = join(bytesOfText(`${head}\r\n\r\n`), body)
    return mutateBytes(whole, [whole], rng).value
  },
  'other ends of lines': (request, rng) => {
    const { head, body } = written(request, [`content-length: ${written(request).body.length}`])
    return join(bytesOfText(`${head}\r\n\r\n`.replaceAll('\r\n', oneOf(['\n', '\r', '\n\r'], rng))), body)
  },
}
const LIE_NAMES = Object.keys(LIES)

export interface RawRunOptions {
  readonly port: number
  readonly routes: readonly Route[]
  readonly knowledge: Knowledge
  readonly seed: string
  readonly from: number
  readonly count: number
  readonly table: CaseTable
}

/** Each case has a connection of its own, which the server must end. What is answered must be an answer as any other. */
export async function runRawBytes({ port, routes, knowledge, seed, from, count, table }: RawRunOptions): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const rng = createRng(deriveSeed(seed, index))
    const isFrame = index % 4 === 3
    const { kind, value } = isFrame ? hostileFrames(rng) : hostileBytes(validRequest(oneOf(routes, rng), knowledge, rng), rng)
    try {
      const answer = await exchanged(port, value, isFrame)
      table.count(isFrame ? 'web socket frames' : 'HTTP by hand', kind, firstOutcome(answer))
    } catch (error) {
      throw new Error(
        `seed ${seed}, case ${index} (${kind}) ${Buffer.from(value).toString('latin1').slice(0, 1500)}: ${error instanceof Error ? error.stack : String(error)}`,
      )
    }
  }
}

function hostileBytes(request: HttpRequest, rng: Rng): Mutation<Uint8Array> {
  const kind = oneOf(LIE_NAMES, rng)
  return { kind, value: LIES[kind]?.(request, rng) ?? new Uint8Array(0) }
}

const UPGRADE = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'

/** A handshake, and then frames whose bits, lengths and texts are wrong in some way (RFC 6455, 5.2). */
function hostileFrames(rng: Rng): Mutation<Uint8Array> {
  const texts = [
    '40',
    '40/operator,{"token":"guess"}',
    '42["where",{}]',
    '420["join",{}]',
    '451-["sum-frame",{"_placeholder":true,"num":0}]',
    '41',
    '2probe',
    '3',
    '1',
  ]
  const { kind, value } = mutateJsonText(
    oneOf(
      [
        ['where', {}],
        ['join', { protocol: 1 }],
        ['sum-frame', { ask: '0.0', frame: { _placeholder: true, num: 0 } }],
      ],
      rng,
    ),
    rng,
  )
  const payloads = [
    ...texts.slice(0, rng.below(4)).map(bytesOfText),
    bytesOfText(
      `${oneOf(['42', '420', '45-', '451-', '46', '4999999999999-'], rng)}${typeof value === 'string' ? value : Buffer.from(value).toString('latin1')}`,
    ),
  ]
  const frames = join(
    ...payloads.map((payload, index) =>
      frameOf(rng.below(6) === 0 ? rng.below(16) : 1, payload, rng, index === 0 ? 0x80 : oneOf([0x80, 0x80, 0, 0xc0, 0xf0], rng)),
    ),
  )
  return rng.below(2) === 0 ? { kind: `frame: ${kind}`, value: frames } : { kind: 'frame: bytes', value: mutateBytes(frames, [frames], rng).value }
}

function frameOf(opcode: number, payload: Uint8Array, rng: Rng, flags: number): Uint8Array {
  const mask = [1, 2, 3, 4].map(() => rng.below(256))
  const claimed = rng.below(8) === 0 ? oneOf([0, 1, 125, 0xffff, 0x7fffffff], rng) : payload.length
  const length =
    claimed < 126
      ? [claimed]
      : claimed < 65_536
        ? [126, claimed >> 8, claimed & 255]
        : [127, 0, 0, 0, 0, claimed >>> 24, (claimed >> 16) & 255, (claimed >> 8) & 255, claimed & 255]
  const isMasked = rng.below(12) > 0
  const head = Uint8Array.from([flags | opcode, length[0] | (isMasked ? 0x80 : 0), ...length.slice(1), ...(isMasked ? mask : [])])
  return join(head, isMasked ? payload.map((byte, index) => byte ^ mask[index & 3]) : payload)
}

/** Everything that comes back until the server ends the connection. */
async function exchanged(port: number, bytes: Uint8Array, isFrame: boolean): Promise<string> {
  const socket: Socket = connect({ port, host: '127.0.0.1' })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // A server may reset what it does not want to hear.
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  if (isFrame) {
    socket.write(`${UPGRADE}sec-websocket-key: ${Buffer.alloc(16, 7).toString('base64')}\r\n\r\n`)
    await Promise.race([once(socket, 'data'), closed])
  }
  socket.end(bytes)
  await closed
  return Buffer.concat(chunks).toString('latin1')
}

/** Of the first answer; several may have come on one connection. What is no request is refused with HTTP's own status: 408 or 431 where the code's would be 400. */
function firstOutcome(answer: string): string {
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
  if (statuses.includes(500)) throw new Error(`an error of the server's own: ${answer.slice(0, 600)}`)
  const [status] = statuses
  if (status === undefined) return 'no answer'
  const [, own = ''] = answer.split(/^HTTP\/1\.1 /m)
  const text = /\{"code":.*?\}/.exec(own)?.[0]
  return status < 400 || status === 408 || status === 431 || text === undefined ? String(status) : outcomeOf('GET', { status, text })
}
