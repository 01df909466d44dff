import { ERRORS, type ErrorCode, type Failure, type Result } from '@shoal/protocol'
import type { Socket } from 'socket.io'

/** Handles one message and answers it. Never called with anything but what the wire brought. */
export type MessageHandler = (name: string, body: unknown) => Promise<Result<unknown>>

export interface ReplyOptions {
  /** Messages in ten seconds that are handled; more are refused. */
  readonly messagesPerSocket: number
  readonly onError: (error: unknown) => void
  readonly onRefused?: (code: ErrorCode) => void
}

const WINDOW_MS = 10_000

/** Every message of a socket goes through `handle`, whatever its name and arguments, and is acknowledged with the result if the sender asked for that. Nothing throws out of here. */
export function replyTo(socket: Socket, handle: MessageHandler, { messagesPerSocket, onError, onRefused }: ReplyOptions): void {
  let windowStart = Date.now()
  let messages = 0
  socket.onAny((name: unknown, ...args: unknown[]) => {
    const acknowledge = args.at(-1)
    const reply = (result: Result<unknown>): void => {
      if (!result.ok) onRefused?.(result.failure.code)
      if (typeof acknowledge === 'function') acknowledge(result.ok ? { ok: true, value: result.value ?? null } : { ok: false, failure: worded(result.failure) })
    }
    const now = Date.now()
    if (now - windowStart >= WINDOW_MS) {
      windowStart = now
      messages = 0
    }
    messages += 1
    if (messages > messagesPerSocket) return reply({ ok: false, failure: { code: 'SHOAL_ERR_RATE_LIMITED' } })
    const bodies = typeof acknowledge === 'function' ? args.slice(0, -1) : args
    if (typeof name !== 'string' || bodies.length > 1) return reply({ ok: false, failure: { code: 'SHOAL_ERR_MALFORMED', detail: 'one argument, please' } })
    handle(name, bodies[0]).then(reply, (error: unknown) => {
      onError(error)
      reply({ ok: false, failure: { code: 'SHOAL_ERR_INTERNAL' } })
    })
  })
}

/** What goes out of an inner error is its code alone. */
const worded = (failure: Failure): Failure => (ERRORS[failure.code].status === 500 ? { code: failure.code } : failure)
