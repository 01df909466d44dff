import { parentPort } from 'node:worker_threads'
import type { RingVector } from '@shoal/numeric'
import { loadSodium } from '@shoal/privacy'
import type { DirectMaskSuite, MaskSuiteId } from '@shoal/secure-sum'
import { createNodeAesMasks, createNodeChaChaMasks } from '@shoal/secure-sum/node'
import { MASK_KEY_BYTES, type MaskedStretch, type MaskTask } from './mask-messages.ts'

const aesMasks = createNodeAesMasks()
let chaChaMasks: Promise<DirectMaskSuite> | null = null

/** libsodium is loaded with the first mask that needs it. */
async function suiteOf(id: MaskSuiteId): Promise<DirectMaskSuite> {
  if (id === 1) return aesMasks
  chaChaMasks ??= loadSodium().then(createNodeChaChaMasks)
  return chaChaMasks
}

async function mask({ id, suite: suiteId, ring, words, firstWord, keys, blocks, signs }: MaskTask): Promise<void> {
  const suite = await suiteOf(suiteId)
  const target: RingVector = ring === 16 ? new Uint16Array(words) : new Uint32Array(words)
  for (const [index, block] of blocks.entries()) {
    const key = keys.subarray(index * MASK_KEY_BYTES, (index + 1) * MASK_KEY_BYTES)
    suite.applyNow(target, { key, block, sign: signs[index] === 1 ? 1 : -1, firstWord })
  }
  keys.fill(0)
  const done: MaskedStretch = { id, words }
  parentPort?.postMessage(done, [words])
}

// What goes wrong here is left to end the thread: its owner then fails the sums that it worked on.
parentPort?.on('message', (task: MaskTask) => void mask(task))
