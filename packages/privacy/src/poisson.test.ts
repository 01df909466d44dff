import { expect, test } from 'vitest'
import { logProbability, poissonSampler } from './poisson.ts'
import { loadSodium } from './sodium.ts'
import { deterministicWords } from './testing-words.ts'
import { createWordSource } from './word-source.ts'

const sodium = await loadSodium()

test.each([
  [0, 3, -3],
  [1, 0.25, -1.6362943611198906],
  [10, 10, -2.0785616431350586],
  [3, 12.5, -6.7145735363032886],
  [37, 12.5, -18.378652615381977],
  [15, 15, -2.2785183673077407],
  [16, 15, -2.3430568884453118],
  [1000050, 1e6, -7.8279688740581852],
  [990000, 1e6, -57.98917376200837],
  [1000002000000, 1e12, -16.734448757836031],
  [1999999900000000, 2e15, -21.034900337606654],
])('the log probability of %d at mean %d has its digits (skellam.fixture.py)', (count, mean, expected) => {
  expect(Math.abs(logProbability(count, mean) - expected)).toBeLessThan(4e-15 * Math.max(1, Math.abs(expected)))
})

test('the probabilities of all counts sum to one', () => {
  for (const mean of [0.2, 10, 15.5, 400]) {
    let sum = 0
    for (let count = 0; count < mean + 20 * Math.sqrt(mean) + 20; count += 1) sum += Math.exp(logProbability(count, mean))
    expect(sum).toBeCloseTo(1, 12)
  }
})

test.each([0.05, 3, 9.9, 10, 12.5, 80, 3000])('counts of mean %d come as often as their probability says (seed counts)', (mean) => {
  const samples = 1_000_000
  const sample = poissonSampler(mean, createWordSource(deterministicWords(sodium, 'counts'), 4 * samples))
  const counts = new Map<number, number>()
  for (let drawn = 0; drawn < samples; drawn += 1) {
    const count = sample()
    counts.set(count, (counts.get(count) ?? 0) + 1)
  }
  let [chiSquare, freedom, seen, expectedOfRest] = [0, 0, 0, samples]
  for (const [count, times] of counts) {
    const expected = samples * Math.exp(logProbability(count, mean))
    if (expected < 10) continue
    chiSquare += (times - expected) ** 2 / expected
    freedom += 1
    seen += times
    expectedOfRest -= expected
  }
  chiSquare += (samples - seen - expectedOfRest) ** 2 / expectedOfRest
  expect(chiSquare).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom))
})
