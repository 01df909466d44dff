import { emptyRingVector, type RingBits, type RingVector } from '@shoal/numeric'
import { loadSodium } from '@shoal/privacy'
import type { DirectMaskSuite, MaskSuite } from '@shoal/secure-sum'
import { createNodeAesMasks, createNodeChaChaMasks } from '@shoal/secure-sum/node'
import { afterEach, expect, test } from 'vitest'
import { createMaskThreads, type MaskThreads } from './mask-threads.ts'

const SUITES: readonly DirectMaskSuite[] = [createNodeAesMasks(), createNodeChaChaMasks(await loadSodium())]
const RINGS: readonly RingBits[] = [16, 32]
const EACH = SUITES.flatMap((suite) => RINGS.map((ring) => [suite.id, ring, suite] as const))

let threads: MaskThreads
afterEach(() => threads.close())

const masksOf = (count: number, block = 3) =>
  Array.from({ length: count }, (_, index) => ({ key: new Uint8Array(32).fill(index + 1), block, sign: index % 3 === 0 ? (1 as const) : (-1 as const) }))
const wordsOf = (ring: RingBits, length: number): RingVector => {
  const words = emptyRingVector(ring, length)
  for (let index = 0; index < length; index += 1) words[index] = index * 2_654_435_761
  return words
}
const bytesOf = ({ buffer, byteOffset, byteLength }: RingVector): Buffer => Buffer.from(buffer, byteOffset, byteLength)

/** What one mask after the other gives: the oracle. */
function plainly(suite: DirectMaskSuite, words: RingVector, masks: ReturnType<typeof masksOf>): RingVector {
  const target = words.slice()
  for (const mask of masks) suite.applyNow(target, mask)
  return target
}

test.each(EACH)('suite %i, ring %i: threads put on what one mask after the other gives, whatever the length', async (_id, ring, suite) => {
  threads = createMaskThreads()
  const threaded = threads.threaded(suite)
  // In the calling thread, one stretch, parts of stretches, and more stretches than threads take at once.
  for (const [length, count] of [
    [0, 5],
    [1000, 5],
    [20_000, 40],
    [101_770, 7],
    [700_001, 9],
  ] as const) {
    const words = wordsOf(ring, length)
    const masks = masksOf(count)
    const expected = plainly(suite, words, masks)
    expect(await threaded.applyAll?.(words, masks)).toEqual({ ok: true, value: true })
    expect(bytesOf(words).equals(bytesOf(expected))).toBe(true)
  }
})

test('only the words of its vector are touched, and several sums at a time do not meet', async () => {
  threads = createMaskThreads()
  const sums = SUITES.flatMap((suite) => RINGS.map((ring) => ({ suite, ring, whole: wordsOf(ring, 300_000) })))
  const expected = sums.map(({ suite, whole }, index) => {
    const words = whole.slice()
    words.set(plainly(suite, words.subarray(1000, 299_000), masksOf(6 + index, index)), 1000)
    return words
  })
  await Promise.all(sums.map(({ suite, whole }, index) => threads.threaded(suite).applyAll?.(whole.subarray(1000, 299_000), masksOf(6 + index, index))))
  for (const [index, { whole }] of sums.entries()) expect(bytesOf(whole).equals(bytesOf(expected[index]!))).toBe(true)
})

test('keys stay with whoever gave them', async () => {
  threads = createMaskThreads()
  const masks = masksOf(10)
  await threads.threaded(SUITES[0]!).applyAll?.(new Uint32Array(100_000), masks)
  expect(masks).toEqual(masksOf(10))
})

const failed = (detail: unknown) => ({ ok: false, failure: { code: 'SHOAL_ERR_COMPUTE_FAILED', detail } })
const bigSum = (suite: MaskSuite, block?: number) => suite.applyAll?.(new Uint32Array(1_000_000), masksOf(8, block))

test('a thread that dies fails its sum; the next gets another thread', async () => {
  threads = createMaskThreads()
  const suite = threads.threaded(SUITES[0]!)
  // No block of a sum, which the threads find out.
  expect(await bigSum(suite, 65_536)).toEqual(failed(expect.stringContaining('65536')))
  const words = wordsOf(32, 200_000)
  const expected = plainly(SUITES[0]!, words, masksOf(4))
  expect(await suite.applyAll?.(words, masksOf(4))).toEqual({ ok: true, value: true })
  expect(bytesOf(words).equals(bytesOf(expected))).toBe(true)
})

test('a server that stops fails the sums that are under way, and takes no more', async () => {
  threads = createMaskThreads()
  const suite = threads.threaded(SUITES[0]!)
  const underWay = [bigSum(suite), bigSum(suite)]
  await threads.close()
  expect(await Promise.all(underWay)).toEqual([failed('the server is stopping'), failed('the server is stopping')])
  expect(await bigSum(suite)).toEqual(failed('the server is stopping'))
})

test('the calling thread goes on while a sum is unmasked', async () => {
  threads = createMaskThreads()
  let isDone = false
  const done = bigSum(threads.threaded(SUITES[0]!))?.then(() => {
    isDone = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isDone).toBe(false)
  await done
})
