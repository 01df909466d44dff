import * as tf from '@tensorflow/tfjs'
import { expect, test } from 'vitest'
import { loadNodeBackend } from './node-backend.ts'
import { errorOf, PROBE_TOLERANCE, probeBackend, probeStep } from './probe.ts'

/** The nearest number that half precision can hold, for sizes from 2^-14 to 65,504: eleven significant bits. */
function toHalf(value: number): number {
  if (value === 0) return 0
  const spacing = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10)
  return Math.round(value / spacing) * spacing
}

test.each(['cpu', 'wasm'] as const)('%s gives the reference numbers, a hundred times closer than it must', async (name) => {
  expect((await loadNodeBackend(name)).ok).toBe(true)
  expect(errorOf(await probeStep())).toBeLessThan(PROBE_TOLERANCE / 50)
})

test('numbers that were merely stored in half precision do not pass', async () => {
  expect((await loadNodeBackend('cpu')).ok).toBe(true)
  expect(errorOf((await probeStep()).map(toHalf))).toBeGreaterThan(PROBE_TOLERANCE)
})

test('a result that is not a number never passes', async () => {
  expect((await loadNodeBackend('cpu')).ok).toBe(true)
  const vector = await probeStep()
  vector[7] = Number.NaN
  expect(errorOf(vector)).toBe(Number.POSITIVE_INFINITY)
})

test('the probe takes about a second on the slowest device, at least one step, and leaves no tensor', async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
  const before = tf.memory().numTensors
  const clockOf = (stepMs: number): { readings: () => number; now: () => number } => {
    let readings = 0
    return { readings: () => readings, now: () => stepMs * readings++ }
  }
  const slow = clockOf(5000)
  expect((await probeBackend(slow.now)).stepMs).toBe(5000)
  const middling = clockOf(400)
  await probeBackend(middling.now)
  const fast = clockOf(2)
  await probeBackend(fast.now)
  // One reading at the start and one after each step.
  expect([slow.readings(), middling.readings(), fast.readings()]).toEqual([2, 4, 6])
  expect(tf.memory().numTensors).toBe(before)
})
