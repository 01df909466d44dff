import type { JobWatch } from '@shoal/coordinator'
import { type DistilArgs, type Distilled, type FederationId, failed, type Result } from '@shoal/protocol'
import { createComputeThread } from './compute-jobs.ts'
import { type ModelChoice, packedRows } from './compute-messages.ts'

/** A job that was told to stop has so long for its last step; then its thread is ended. */
const LAST_STEP_MS = 10_000

/** Distillations, in a thread of their own: half a minute of one holds up no other job. */
export interface Distillations {
  /** One after the other; of each federation the latest wins. `timeoutMs` counts from now on, while others are at work too. */
  run(order: {
    readonly of: ModelChoice
    readonly args: DistilArgs
    readonly federation: FederationId
    readonly timeoutMs: number
    readonly watch: JobWatch
  }): Promise<Result<Distilled>>
  close(): Promise<void>
}

export function createDistillations(): Distillations {
  const thread = createComputeThread()
  const latest = new Map<FederationId, AbortController>()
  let last: Promise<unknown> = Promise.resolve()

  return {
    run({ of, args: { teachers, ...args }, federation, timeoutMs, watch }) {
      latest.get(federation)?.abort()
      const own = new AbortController()
      latest.set(federation, own)
      watch.onGivenUp(() => own.abort())
      const signal = AbortSignal.any([own.signal, AbortSignal.timeout(timeoutMs)])
      const given = new Promise<Result<Distilled>>((resolve) => {
        const giveUp = (): void => resolve(failed('SHOAL_ERR_COMPUTE_FAILED', 'it was given up, or its time was over'))
        signal.addEventListener('abort', giveUp, { once: true })
        last = last.then(async () => {
          if (signal.aborted) return giveUp()
          if (teachers.some((teacher) => teacher.length !== args.start.length)) {
            resolve(failed('SHOAL_ERR_COMPUTE_FAILED', 'the models of the clusters are not of one length'))
            return
          }
          const packed = await packedRows(teachers)
          const done = await thread.run('distil', { of, teachers: packed, args }, timeoutMs + LAST_STEP_MS, [packed.entries.buffer], {
            signal,
            onProgress: watch.onProgress,
          })
          resolve(done)
        })
      })
      return given.finally(() => {
        if (latest.get(federation) === own) latest.delete(federation)
      })
    },
    async close() {
      for (const own of latest.values()) own.abort()
      await thread.close()
    },
  }
}
