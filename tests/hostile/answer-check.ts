import { ERRORS, isErrorCode } from '@shoal/protocol'

export interface HttpAnswer {
  readonly status: number
  /** Empty where the method allows none. */
  readonly text: string
}

/** Statuses that HTTP itself gives a meaning, and no body. */
const WITHOUT_CODE = new Set([304, 416])

/** The code of a refusal, or the class of another answer. Throws where it is no answer that this server may give. */
export function outcomeOf(method: string, { status, text }: HttpAnswer): string {
  if (status < 400) return `${Math.floor(status / 100)}xx`
  if (status === 500) throw new Error(`an error of the server's own: ${text}`)
  if (method === 'HEAD' || WITHOUT_CODE.has(status)) return String(status)
  const { code } = JSON.parse(text) as { code: string }
  if (!isErrorCode(code) || ERRORS[code].status !== status) throw new Error(`status ${status} with ${code}`)
  return code
}
