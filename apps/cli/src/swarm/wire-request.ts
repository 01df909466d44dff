import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { type Failure, failed, isErrorCode, type Result, succeeded } from '@shoal/protocol'

/** What a request that gets no answer comes to. */
export const NO_CONNECTION: { readonly ok: false; readonly failure: Failure } = { ok: false, failure: { code: 'SHOAL_ERR_UNREACHABLE' } }

export interface WireRequest {
  readonly method?: 'GET' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Send so many bytes of the body, then hang up; all of them where it is left out. */
  readonly cutAfter?: number
  readonly signal?: AbortSignal
  /** The request fails when nothing comes for so long. */
  readonly patienceMs: number
}

/** One request over kept connections. Never rejects: the whole answer's bytes, the server's coded refusal, or SHOAL_ERR_UNREACHABLE. */
export function wireRequest(
  url: URL,
  agent: Agent,
  { method = 'GET', headers = {}, body, cutAfter, signal, patienceMs }: WireRequest,
): Promise<Result<Uint8Array>> {
  return new Promise((resolve) => {
    const give = (): void => resolve(NO_CONNECTION)
    const send = url.protocol === 'https:' ? secureRequest : plainRequest
    const outgoing = send(url, { method, headers, agent, ...(signal === undefined ? {} : { signal }) }, (response) => {
      outgoing.off('close', give) // from here on the response says how it ends
      bytesOf(response).then((bytes) => resolve(resultOf(response.statusCode ?? 0, bytes)), give)
    })
    outgoing.setTimeout(patienceMs, () => outgoing.destroy())
    outgoing.on('error', give)
    outgoing.on('close', give)
    if (body === undefined || cutAfter === undefined) outgoing.end(body)
    else outgoing.write(body.subarray(0, cutAfter), () => outgoing.destroy())
  })
}

async function bytesOf(response: IncomingMessage): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  // Memory of its own and aligned: a pooled buffer would be copied to be read as numbers.
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}

function resultOf(status: number, bytes: Uint8Array): Result<Uint8Array> {
  if (status >= 200 && status < 300) return succeeded(bytes)
  const { code, detail } = objectOf(jsonOf(bytes))
  if (typeof code !== 'string' || !isErrorCode(code)) return failed('SHOAL_ERR_INTERNAL', `status ${status}`)
  return failed(code, typeof detail === 'string' ? detail : undefined)
}

/** The value that these bytes spell, null where they spell none. */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

export const objectOf = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
