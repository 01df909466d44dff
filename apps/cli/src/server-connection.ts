import { isErrorCode, ShoalError } from '@shoal/protocol'

export interface RequestBody {
  readonly type: string
  readonly content: string | Uint8Array
}

/** A server and the right to command it. */
export interface ServerConnection {
  /** The answer's JSON, null where it has none. Rejects with the server's ShoalError where it is refused, SHOAL_ERR_UNREACHABLE where nobody answers. */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: RequestBody): Promise<unknown>
  /** The answer's bytes as they come. */
  download(path: string): Promise<Uint8Array>
}

export const jsonBody = (content: unknown): RequestBody => ({ type: 'application/json', content: JSON.stringify(content) })

export function connectTo({ origin, operatorToken }: { readonly origin: string; readonly operatorToken: string }): ServerConnection {
  async function request(method: string, path: string, body?: RequestBody): Promise<Response> {
    const headers = { authorization: `Bearer ${operatorToken}`, ...(body === undefined ? {} : { 'content-type': body.type }) }
    const response = await fetch(`${origin}${path}`, { method, headers, ...(body === undefined ? {} : { body: body.content as BodyInit }) }).catch(
      (error: unknown) => {
        throw new ShoalError({ code: 'SHOAL_ERR_UNREACHABLE', detail: `${origin}: ${reasonOf(error)}` })
      },
    )
    if (response.ok) return response
    const answer: unknown = await response.json().catch(() => null)
    const { code, detail } = (answer ?? {}) as { code?: unknown; detail?: unknown }
    const known = typeof code === 'string' && isErrorCode(code) ? code : 'SHOAL_ERR_INTERNAL'
    throw new ShoalError({ code: known, detail: typeof detail === 'string' ? detail : `${method} ${path}: HTTP ${response.status}` })
  }

  return {
    call: async (method, path, body) => (await request(method, path, body)).json().catch(() => null),
    download: async (path) => new Uint8Array(await (await request('GET', path)).arrayBuffer()),
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
