import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Digest, digestSchema, failed, type Result, succeeded } from '@shoal/protocol'

/** Slowest sender that is waited for, a byte a millisecond being 1 KB/s: tabs themselves give up below it. */
const SLOWEST_BYTES_PER_MS = 16

/**
 * Reads exactly `length` bytes into `buffer` and digests them on the way. A body that ends early, falls silent or trickles is SHOAL_ERR_BODY_INCOMPLETE: buffers are few, and
 * nobody may hold one for long. Never rejects.
 */
export function readBody(body: IncomingMessage, buffer: Buffer, length: number, idleTimeoutMs: number): Promise<Result<Digest>> {
  return new Promise((resolve) => {
    const hash = createHash('sha256')
    let received = 0
    const end = (result: Result<Digest>): void => {
      clearTimeout(timer)
      clearTimeout(deadline)
      body.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd)
      // Whatever still comes finds nobody who would write it into a buffer that others use by then.
      body.pause()
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      timer.refresh()
      if (received + chunk.length > length) {
        end(failed('SHOAL_ERR_BODY_TOO_LARGE'))
        return
      }
      hash.update(chunk)
      chunk.copy(buffer, received)
      received += chunk.length
    }
    const onEnd = (): void =>
      end(received === length ? succeeded(digestSchema.parse(hash.digest('hex'))) : failed('SHOAL_ERR_BODY_INCOMPLETE', `${received} of ${length} bytes`))
    const timer = setTimeout(() => end(failed('SHOAL_ERR_BODY_INCOMPLETE', `silent after ${received} of ${length} bytes`)), idleTimeoutMs)
    const slowestMs = 2 * idleTimeoutMs + length / SLOWEST_BYTES_PER_MS
    const deadline = setTimeout(() => end(failed('SHOAL_ERR_BODY_INCOMPLETE', `too slow: ${received} of ${length} bytes`)), slowestMs)
    if (body.destroyed) return onEnd()
    body.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd)
  })
}

const LINGER_BYTES = 1024 * 1024
const LINGER_MS = 2000

/**
 * Cuts off a sender that was refused before its body had come: what it still sends is thrown away, just long enough that it can read the refusal (closing at once
 * would reset the connection under it), then the connection is closed.
 */
export function cutOff(body: IncomingMessage): void {
  if (body.complete || body.destroyed) return
  let dropped = 0
  const timer = setTimeout(() => body.destroy(), LINGER_MS).unref()
  body.on('error', () => undefined)
  body.on('close', () => clearTimeout(timer))
  body.on('end', () => clearTimeout(timer))
  body.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > LINGER_BYTES) body.destroy()
  })
}
