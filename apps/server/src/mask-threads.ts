import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { RingVector } from '@shoal/numeric'
import { failed, type Result, succeeded } from '@shoal/protocol'
import type { DirectMaskSuite, Mask, MaskSuite, MaskSuiteId } from '@shoal/secure-sum'
import { NODE_CHUNK_BYTES } from '@shoal/secure-sum/node'
import { MASK_KEY_BYTES, type MaskedStretch, type MaskTask } from './mask-messages.ts'

/** Less than this, words times masks, is done at once in the calling thread: about a millisecond. */
const SMALL_WORK = 262_144
/** What a thread takes at a time; it goes through all masks before the next, so its stretch stays in the cache. */
const MAX_STRETCH_BYTES = 262_144
/** One that it works on and one that waits for it, so that it never waits for the thread that serves clients. */
const TASKS_PER_THREAD = 2
const MAX_THREADS = 8
const STOPPING = 'the server is stopping'

/**
 * Puts the many masks of a sum on in worker threads, several to a sum: the thread that serves clients only hands out stretches of the vector and puts them back, so memory is the vector and
 * a few stretches. Threads start when they are first needed. A thread that dies fails the sums that it worked on, with SHOAL_ERR_COMPUTE_FAILED; others go on in new threads.
 */
export interface MaskThreads {
  /** `suite` as it is, with `applyAll` in threads. */
  threaded(suite: DirectMaskSuite): MaskSuite
  close(): Promise<void>
}

interface Stretch {
  readonly call: Call
  readonly target: RingVector
  readonly firstWord: number
}

/** One `applyAll`. */
interface Call {
  readonly suite: MaskSuiteId
  readonly packed: PackedMasks
  missing: number
  isOver: boolean
  settle(result: Result<true>): void
}

type WholeMask = Omit<Mask, 'firstWord'>
type PackedMasks = Pick<MaskTask, 'keys' | 'blocks' | 'signs'>

interface Thread {
  readonly worker: Worker
  readonly tasks: Map<number, Stretch>
}

export function createMaskThreads(): MaskThreads {
  const count = Math.min(availableParallelism(), MAX_THREADS)
  const threads = new Set<Thread>()
  let waiting: Stretch[] = []
  let lastId = 0
  let isClosed = false

  function start(): Thread {
    // No flags of this process: its import conditions may name sources that Node can not load.
    const thread: Thread = { worker: new Worker(workerFile(), { execArgv: [] }), tasks: new Map() }
    thread.worker.on('message', (stretch: MaskedStretch) => takeBack(thread, stretch))
    thread.worker.on('error', (error) => end(thread, error.message))
    thread.worker.on('exit', () => end(thread, 'the mask thread ended'))
    threads.add(thread)
    return thread
  }

  function end(thread: Thread, why: string): void {
    threads.delete(thread)
    void thread.worker.terminate()
    for (const { call } of thread.tasks.values()) finish(call, failed('SHOAL_ERR_COMPUTE_FAILED', why))
    thread.tasks.clear()
    handOut()
  }

  function finish(call: Call, result: Result<true>): void {
    if (call.isOver) return
    call.isOver = true
    waiting = waiting.filter((stretch) => stretch.call !== call)
    call.packed.keys.fill(0)
    call.settle(result)
  }

  function takeBack(thread: Thread, { id, words }: MaskedStretch): void {
    const stretch = thread.tasks.get(id)
    if (stretch === undefined) return
    thread.tasks.delete(id)
    if (thread.tasks.size === 0) thread.worker.unref()
    const { call, target } = stretch
    if (!call.isOver) target.set(target instanceof Uint16Array ? new Uint16Array(words) : new Uint32Array(words))
    call.missing -= 1
    if (call.missing === 0) finish(call, succeeded(true))
    handOut()
  }

  /** The least busy thread, or a new one where all are busy and there may be more: two share even a sum of two stretches. */
  function nextThread(): Thread {
    const [first, ...others] = threads
    if (first === undefined) return start()
    const least = others.reduce((least, thread) => (thread.tasks.size < least.tasks.size ? thread : least), first)
    return least.tasks.size > 0 && threads.size < count ? start() : least
  }

  function handOut(): void {
    while (waiting.length > 0) {
      const thread = nextThread()
      if (thread.tasks.size >= TASKS_PER_THREAD) return
      const stretch = waiting.shift()
      if (stretch !== undefined) give(thread, stretch)
    }
  }

  function give(thread: Thread, stretch: Stretch): void {
    const { call, target, firstWord } = stretch
    lastId += 1
    const { buffer: words } = target.slice()
    thread.tasks.set(lastId, stretch)
    thread.worker.ref()
    const task: MaskTask = { id: lastId, suite: call.suite, ring: target instanceof Uint16Array ? 16 : 32, words, firstWord, ...call.packed }
    thread.worker.postMessage(task, [words])
  }

  function applyAll(suite: MaskSuiteId, target: RingVector, masks: readonly WholeMask[]): Promise<Result<true>> {
    return new Promise((settle) => {
      const stretches = stretchesOf(target, count)
      const call: Call = { suite, packed: packedOf(masks), missing: stretches.length, isOver: false, settle }
      for (const [firstWord, part] of stretches) waiting.push({ call, target: part, firstWord })
      handOut()
    })
  }

  return {
    threaded: (suite) => ({
      id: suite.id,
      apply: suite.apply,
      async applyAll(target, masks) {
        if (isClosed) return failed('SHOAL_ERR_COMPUTE_FAILED', STOPPING)
        if (target.length * masks.length >= SMALL_WORK) return applyAll(suite.id, target, masks)
        for (const mask of masks) suite.applyNow(target, mask)
        return succeeded(true)
      },
    }),
    async close() {
      isClosed = true
      const ended = [...threads]
      for (const { call } of waiting) finish(call, failed('SHOAL_ERR_COMPUTE_FAILED', STOPPING))
      for (const thread of ended) end(thread, STOPPING)
      await Promise.all(ended.map(({ worker }) => worker.terminate()))
    },
  }
}

/** Stretches of whole chunks, at least two to a thread where there are as many chunks. */
function stretchesOf(target: RingVector, threads: number): readonly (readonly [firstWord: number, part: RingVector])[] {
  const chunks = Math.ceil(target.byteLength / NODE_CHUNK_BYTES)
  const bytes = Math.min(MAX_STRETCH_BYTES, Math.max(1, Math.floor(chunks / (2 * threads))) * NODE_CHUNK_BYTES)
  const length = bytes / target.BYTES_PER_ELEMENT
  return Array.from({ length: Math.ceil(target.length / length) }, (_, index) => [index * length, target.subarray(index * length, (index + 1) * length)])
}

function packedOf(masks: readonly WholeMask[]): PackedMasks {
  const keys = new Uint8Array(masks.length * MASK_KEY_BYTES)
  for (const [index, { key }] of masks.entries()) keys.set(key, index * MASK_KEY_BYTES)
  return { keys, blocks: Uint32Array.from(masks, ({ block }) => block), signs: Int8Array.from(masks, ({ sign }) => sign) }
}

/** The built worker: beside this file in a build, in the build's folder when this file runs from its source (Node can not load TypeScript). */
function workerFile(): URL {
  const beside = new URL('./mask.worker.js', import.meta.url)
  return existsSync(fileURLToPath(beside)) ? beside : new URL('../dist/mask.worker.js', import.meta.url)
}
