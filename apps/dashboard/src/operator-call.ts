import { type Failure, failed, isErrorCode, type Result, succeeded } from '@shoal/protocol'

const UNREACHABLE: Failure = { code: 'SHOAL_ERR_UNREACHABLE' }

/** One request of the operator's. Never rejects; a refusal is the server's own failure. */
export async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, signal?: AbortSignal): Promise<Result<unknown>> {
  try {
    const content = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(path, { method, ...content, ...(signal === undefined ? {} : { signal }) })
    const answer: unknown = await response.json().catch(() => null)
    if (response.ok) return succeeded(answer)
    const { code, detail } = objectOf(answer)
    if (typeof code !== 'string' || !isErrorCode(code)) return failed('SHOAL_ERR_INTERNAL', `status ${response.status}`)
    return failed(code, typeof detail === 'string' ? detail : undefined)
  } catch {
    return { ok: false, failure: UNREACHABLE }
  }
}

export interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false }
}

/** An answer by its schema; SHOAL_ERR_MALFORMED, with `what` it should have been, if it is none. */
export function readAs<T>(answered: Result<unknown>, schema: Schema<T>, what: string): Result<T> {
  if (!answered.ok) return answered
  const read = schema.safeParse(answered.value)
  return read.success ? succeeded(read.data) : failed('SHOAL_ERR_MALFORMED', what)
}

export const objectOf = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
