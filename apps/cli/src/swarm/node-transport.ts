import { Agent as PlainAgent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import type { Transport, TransportHandlers, Upload } from '@shoal/client'
import { type ClientEvent, type Failure, failed, isErrorCode, PROTOCOL_VERSION, type Result, type ServerEvent, succeeded } from '@shoal/protocol'
import { io, type Socket } from 'socket.io-client'
import type { SharedMessages } from './shared-messages.ts'
import { jsonOf, NO_CONNECTION, objectOf, wireRequest } from './wire-request.ts'

/** As a tab's: an upload fails that is slower than 16 KB/s after half a minute. */
const PATIENCE_MS = 30_000
const SLOWEST_BYTES_PER_MS = 16
/** A browser opens up to six connections to a host; two are enough for a model and an answer. */
const MOST_CONNECTIONS = 2

export interface NodeTransport extends Transport {
  /** Sends the first half of a body, and hangs up. */
  putHalf(upload: Upload): Promise<void>
  /** Closes for good and without a word, as a tab that is killed. What is asked for afterwards fails. */
  cut(): void
}

export interface NodeTransportOptions {
  /** `http://127.0.0.1:8787` */
  readonly origin: string
  readonly shared: SharedMessages
  /** The address of this machine to speak from; left out for the usual one. */
  readonly localAddress?: string
  /** Bytes of the control plane, as they came and went: messages and the transport's own, without the frames of WebSocket. */
  readonly onControl?: (direction: 'up' | 'down', bytes: number) => void
}

interface Link {
  readonly handlers: TransportHandlers
  readonly socket: Socket
  /** Ends every send that waits for its acknowledgement. */
  readonly waiting: Set<() => void>
}

/** A volunteer's sockets and requests in Node: the transport of a tab without the tab. */
export function createNodeTransport({ origin, shared, localAddress, onControl }: NodeTransportOptions): NodeTransport {
  const isSecure = origin.startsWith('https:')
  const from = localAddress === undefined ? {} : { localAddress }
  const agent = new (isSecure ? SecureAgent : PlainAgent)({ keepAlive: true, maxSockets: MOST_CONNECTIONS, ...from })
  let link: Link | null = null
  let isCut = false

  function drop(dropped: Link, failure: Failure | null): void {
    if (link === dropped) link = null
    dropped.socket.removeAllListeners().disconnect()
    for (const give of [...dropped.waiting]) give()
    if (failure !== null) dropped.handlers.onDisconnected(failure)
  }

  function open(handlers: TransportHandlers): void {
    // The session decides when to try again, and asks where it stands each time.
    const socket = io(origin, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { protocol: PROTOCOL_VERSION },
      perMessageDeflate: false as never, // costs memory for each connection, and the server does not offer it
      ...from,
    })
    const opened: Link = { handlers, socket, waiting: new Set() }
    link = opened
    if (onControl !== undefined) {
      socket.io.on('open', () => {
        socket.io.engine.on('packet', ({ data }) => onControl('down', lengthOf(data)))
        socket.io.engine.on('packetCreate', ({ data }) => onControl('up', lengthOf(data)))
      })
    }
    socket.on('connect', () => handlers.onConnected())
    socket.on('connect_error', ({ message }) => drop(opened, isErrorCode(message) ? { code: message } : NO_CONNECTION.failure))
    socket.on('disconnect', () => drop(opened, NO_CONNECTION.failure))
    socket.onAny((name: string, body: unknown) => {
      const event: ServerEvent | null = shared.eventOf(name, body)
      if (event !== null) handlers.onEvent(event)
    })
  }

  function close(): void {
    if (link !== null) drop(link, null)
  }

  const put = ({ federation, ask, session, body, digest }: Upload, cutAfter?: number): Promise<Result<Uint8Array>> =>
    wireRequest(new URL(`/contributions/${ask}`, origin), agent, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${session}`,
        'content-type': 'application/octet-stream',
        'content-length': String(body.length),
        'x-shoal-digest': digest,
        'x-shoal-federation': federation,
      },
      body,
      patienceMs: PATIENCE_MS + body.length / SLOWEST_BYTES_PER_MS,
      ...(cutAfter === undefined ? {} : { cutAfter }),
    })

  return {
    connect(handlers) {
      close()
      if (isCut) queueMicrotask(() => handlers.onDisconnected(NO_CONNECTION.failure))
      else open(handlers)
    },
    send(event: ClientEvent) {
      const open = link
      if (!open?.socket.connected) return Promise.resolve(NO_CONNECTION)
      return new Promise((resolve) => {
        const give = (): void => resolve(NO_CONNECTION)
        open.waiting.add(give)
        open.socket.emit(event.name, event.body, (reply: unknown) => {
          open.waiting.delete(give)
          resolve(resultOfReply(reply))
        })
      })
    },
    async fetchModel(digest, signal) {
      if (isCut) return NO_CONNECTION
      const fetched = await wireRequest(new URL(`/models/${digest}`, origin), agent, { signal, patienceMs: PATIENCE_MS })
      return fetched.ok ? succeeded(shared.bytesOf(digest, fetched.value)) : fetched
    },
    async putContribution(upload) {
      if (isCut) return NO_CONNECTION
      const answered = await put(upload)
      if (!answered.ok) return answered
      const { received } = objectOf(jsonOf(answered.value))
      return received === 'received' || received === 'durable' ? succeeded({ received }) : failed('SHOAL_ERR_MALFORMED', 'the acknowledgement')
    },
    async putHalf(upload) {
      if (!isCut) await put(upload, Math.floor(upload.body.length / 2))
    },
    close,
    cut() {
      isCut = true
      close()
      agent.destroy()
    },
  }
}

const lengthOf = (data: unknown): number => (typeof data === 'string' ? Buffer.byteLength(data) : data instanceof Uint8Array ? data.length : 0)

/** What the server acknowledged: `{ok: true, value}` or `{ok: false, failure}`. */
function resultOfReply(reply: unknown): Result<unknown> {
  const { ok, value, failure } = objectOf(reply)
  if (ok === true) return succeeded(value)
  const { code, detail } = objectOf(failure)
  if (ok !== false || typeof code !== 'string' || !isErrorCode(code)) return failed('SHOAL_ERR_MALFORMED', 'the acknowledgement')
  return failed(code, typeof detail === 'string' ? detail : undefined)
}
