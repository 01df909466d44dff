import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { failed, type Result } from '@shoal/protocol'
import type { ComputeName, ComputeReply, ComputeRequest, ComputeTable } from './compute-messages.ts'

/** A worker that has had nothing to do for this long is ended; the next job starts another. */
const IDLE_MS = 60_000

export interface ComputeThread {
  /** Runs one job after the other; where `watch` gives one up that tells its progress, it fails at its next step. A job that is not done after `timeoutMs` ends the worker and fails, with every other job it held. `given` is the thread's from now on. */
  run<Name extends ComputeName>(
    job: Name,
    args: ComputeTable[Name]['args'],
    timeoutMs: number,
    given?: readonly ArrayBuffer[],
    watch?: ThreadWatch,
  ): Promise<Result<ComputeTable[Name]['value']>>
  /** The worker that the next job runs in, counted from 1: what an earlier one had loaded is gone. */
  generation(): number
  close(): Promise<void>
}

/** `signal` gives a job up. */
export interface ThreadWatch {
  readonly signal: AbortSignal
  readonly onProgress: (share: number) => void
}

interface Waiting {
  readonly settle: (result: Result<unknown>) => void
  readonly onProgress: (share: number) => void
}

interface Running {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

/** TensorFlow.js, in a thread of its own that is started at the first job: the thread that serves volunteers never loads it. */
export function createComputeThread(): ComputeThread {
  let running: Running | null = null
  let generation = 0
  let lastId = 0
  let idle: NodeJS.Timeout | null = null

  function start(): Running {
    // No flags of this process: its import conditions may name sources that Node can not load.
    const worker = new Worker(workerFile(), { execArgv: [] })
    const started: Running = { worker, waiting: new Map() }
    generation += 1
    worker.on('message', (reply: ComputeReply) => {
      const job = started.waiting.get(reply.id)
      if ('result' in reply) job?.settle(reply.result)
      else job?.onProgress(reply.share)
    })
    worker.on('error', (error) => end(started, error.message))
    worker.on('exit', () => end(started, 'the compute thread ended'))
    return started
  }

  function end(ended: Running, why: string): void {
    if (running === ended) running = null
    for (const { settle } of [...ended.waiting.values()]) settle(failed('SHOAL_ERR_COMPUTE_FAILED', why))
    void ended.worker.terminate()
  }

  function restWhenIdle(current: Running): void {
    if (current.waiting.size > 0) return
    current.worker.unref()
    idle = setTimeout(() => end(current, 'idle'), IDLE_MS).unref()
  }

  return {
    generation: () => (running === null ? generation + 1 : generation),
    run(job, args, timeoutMs, given = [], watch) {
      if (idle !== null) clearTimeout(idle)
      running ??= start()
      const current = running
      current.worker.ref()
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        const timer = setTimeout(() => end(current, `not done after ${timeoutMs} ms`), timeoutMs)
        const cancel = (): void => current.worker.postMessage({ cancel: id } satisfies ComputeRequest)
        watch?.signal.addEventListener('abort', cancel, { once: true })
        const settle = (result: Result<unknown>): void => {
          clearTimeout(timer)
          watch?.signal.removeEventListener('abort', cancel)
          current.waiting.delete(id)
          restWhenIdle(current)
          resolve(result as Result<ComputeTable[typeof job]['value']>)
        }
        current.waiting.set(id, { settle, onProgress: watch?.onProgress ?? (() => undefined) })
        current.worker.postMessage({ id, job, args }, [...given])
        if (watch?.signal.aborted) cancel()
      })
    },
    async close() {
      if (idle !== null) clearTimeout(idle)
      const current = running
      if (current === null) return
      end(current, 'the server is stopping')
      await current.worker.terminate()
    },
  }
}

/** The built worker: beside this file in a build, in the build's folder when this file runs from its source (Node can not load TypeScript). */
function workerFile(): URL {
  const beside = new URL('./compute.worker.js', import.meta.url)
  return existsSync(fileURLToPath(beside)) ? beside : new URL('../dist/compute.worker.js', import.meta.url)
}
