import type { Transport, TransportHandlers, Upload } from '@shoal/client'
import {
  type ClientEvent,
  type Digest,
  type Failure,
  failed,
  type InviteToken,
  type InviteView,
  inviteViewSchema,
  isErrorCode,
  PROTOCOL_VERSION,
  type Result,
  SERVER_EVENTS,
  type ServerEvent,
  succeeded,
} from '@shoal/protocol'
import type { Socket } from 'socket.io-client'

/**
 * Everything that this page sends or asks for goes out through this module: an invitation and sample data before the session, then the session's control messages by
 * socket and its bulk by fetch.
 */

const NO_CONNECTION: Failure = { code: 'SHOAL_ERR_UNREACHABLE' }

/** An upload fails that is slower than 16 KB/s after half a minute. */
const UPLOAD_PATIENCE_MS = 30_000
const SLOWEST_BYTES_PER_MS = 16

export async function fetchInvite(invite: InviteToken): Promise<Result<InviteView>> {
  const answered = await request(`/api/invites/${invite}`, {}, (response) => response.json())
  if (!answered.ok) return answered
  const view = inviteViewSchema.safeParse(answered.value)
  return view.success ? succeeded(view.data) : failed('SHOAL_ERR_MALFORMED', 'the invitation')
}

/** The bytes of one volunteer's share of the sample data. */
export const fetchSamples = (invite: InviteToken): Promise<Result<Uint8Array>> => request(`/api/samples/${invite}`, {}, bytesOf)

export interface BrowserTransport extends Transport {
  /** Closes for good and without a word: another tab goes on under the same identity. */
  cut(): void
}

interface Link {
  readonly handlers: TransportHandlers
  socket: Socket | null
  /** Ends every send that waits for its acknowledgement. */
  readonly waiting: Set<() => void>
}

export function createBrowserTransport(): BrowserTransport {
  let link: Link | null = null
  let isCut = false

  function drop(dropped: Link, failure: Failure | null): void {
    if (link === dropped) link = null
    dropped.socket?.removeAllListeners().disconnect()
    dropped.socket = null
    for (const give of [...dropped.waiting]) give()
    if (failure !== null) dropped.handlers.onDisconnected(failure)
  }

  async function open(opened: Link): Promise<void> {
    const { io } = await import('socket.io-client')
    if (link !== opened) return
    // The session decides when to try again, and asks where it stands each time.
    const socket = io({ transports: ['websocket'], reconnection: false, forceNew: true, auth: { protocol: PROTOCOL_VERSION } })
    opened.socket = socket
    socket.on('connect', () => opened.handlers.onConnected())
    socket.on('connect_error', (error) => drop(opened, failureOfConnectError(error)))
    socket.on('disconnect', () => drop(opened, NO_CONNECTION))
    socket.onAny((name: string, body: unknown) => {
      const event = parseServerEvent(name, body)
      if (event !== null) opened.handlers.onEvent(event)
    })
  }

  function close(): void {
    if (link !== null) drop(link, null)
  }

  return {
    connect(handlers) {
      close()
      const opened: Link = { handlers, socket: null, waiting: new Set() }
      link = opened
      if (isCut) queueMicrotask(() => link === opened && drop(opened, NO_CONNECTION))
      else open(opened).catch(() => link === opened && drop(opened, NO_CONNECTION))
    },
    send(event) {
      const open = link
      const socket = open?.socket
      if (!open || !socket?.connected) return Promise.resolve({ ok: false, failure: NO_CONNECTION })
      return new Promise((resolve) => {
        const give = (): void => resolve({ ok: false, failure: NO_CONNECTION })
        open.waiting.add(give)
        emit(socket, event, (reply) => {
          open.waiting.delete(give)
          resolve(resultOfReply(reply))
        })
      })
    },
    fetchModel: (digest, signal) => fetchModel(digest, signal),
    putContribution: (upload) => (isCut ? Promise.resolve({ ok: false, failure: NO_CONNECTION }) : putContribution(upload)),
    close,
    cut() {
      isCut = true
      close()
    },
  }
}

const emit = (socket: Socket, { name, body }: ClientEvent, acknowledge: (reply: unknown) => void): Socket => socket.emit(name, body, acknowledge)

const fetchModel = (digest: Digest, signal: AbortSignal): Promise<Result<Uint8Array>> => request(`/models/${digest}`, { signal }, bytesOf)

async function putContribution({ federation, ask, session, body, digest }: Upload): Promise<Result<{ received: 'received' | 'durable' }>> {
  const answered = await request(
    `/contributions/${ask}`,
    {
      method: 'PUT',
      headers: { authorization: `Bearer ${session}`, 'content-type': 'application/octet-stream', 'x-shoal-digest': digest, 'x-shoal-federation': federation },
      body: body as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(UPLOAD_PATIENCE_MS + body.length / SLOWEST_BYTES_PER_MS),
    },
    (response) => response.json(),
  )
  if (!answered.ok) return answered
  const { received } = objectOf(answered.value)
  return received === 'received' || received === 'durable' ? succeeded({ received }) : failed('SHOAL_ERR_MALFORMED', 'the acknowledgement')
}

/** Never rejects: what does not arrive is a failure like any other. */
async function request<T>(path: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<Result<T>> {
  try {
    const response = await fetch(path, { credentials: 'omit', ...init })
    if (response.ok) return succeeded(await read(response))
    const { code, detail } = objectOf(await response.json().catch(() => null))
    if (typeof code !== 'string' || !isErrorCode(code)) return failed('SHOAL_ERR_INTERNAL', `status ${response.status}`)
    return failed(code, typeof detail === 'string' ? detail : undefined)
  } catch {
    return { ok: false, failure: NO_CONNECTION }
  }
}

const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())

const objectOf = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})

/** The message, if it has a name and a form that the protocol knows. */
export function parseServerEvent(name: string, body: unknown): ServerEvent | null {
  if (!Object.hasOwn(SERVER_EVENTS, name)) return null
  const parsed = SERVER_EVENTS[name as keyof typeof SERVER_EVENTS].safeParse(body)
  return parsed.success ? ({ name, body: parsed.data } as ServerEvent) : null
}

/** What the server acknowledged: `{ok: true, value}` or `{ok: false, failure}`. */
export function resultOfReply(reply: unknown): Result<unknown> {
  const { ok, value, failure } = objectOf(reply)
  if (ok === true) return succeeded(value)
  const { code, detail } = objectOf(failure)
  if (ok !== false || typeof code !== 'string' || !isErrorCode(code)) return failed('SHOAL_ERR_MALFORMED', 'the acknowledgement')
  return failed(code, typeof detail === 'string' ? detail : undefined)
}

/** A refused handshake names its code as the error's message. */
function failureOfConnectError({ message }: Error): Failure {
  return isErrorCode(message) ? { code: message } : NO_CONNECTION
}
