import { expect, test } from 'vitest'
import { createRng, deriveSeed, rngFrom, shuffled } from './rng.ts'

test('the stream of a seed is pinned: a change here changes every experiment', () => {
  const rng = createRng('shoal')
  expect([rng.word(), rng.word(), rng.word(), rng.word()]).toMatchInlineSnapshot(`
    [
      3504119691,
      633728272,
      2636189644,
      1213498266,
    ]
  `)
})

test('seeds and derived seeds give unrelated streams, equal seeds the same', () => {
  const first = (seed: string): number => createRng(seed).word()
  expect(first('a')).toBe(first('a'))
  expect(new Set(['a', 'b', 'ab', deriveSeed('a', 'b'), deriveSeed('ab'), deriveSeed('a', 1), deriveSeed('a', 11)].map(first)).size).toBe(7)
  expect(deriveSeed('a', 'b/c')).not.toBe(deriveSeed('a', 'b', 'c'))
})

test('below is uniform over its range (chi-square over 10 cells, seed "cells")', () => {
  const rng = createRng('cells')
  const cells = new Array<number>(10).fill(0)
  for (let draw = 0; draw < 10_000; draw += 1) cells[rng.below(10)] += 1
  const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
  expect(chiSquare).toBeLessThan(27.9) // 99.9 % point with 9 degrees of freedom
})

test('uniform stays in [0, 1) and normal has mean 0 and variance 1 (seed "moments")', () => {
  const rng = createRng('moments')
  let sum = 0
  let squares = 0
  for (let draw = 0; draw < 20_000; draw += 1) {
    const uniform = rng.uniform()
    expect(uniform >= 0 && uniform < 1).toBe(true)
    const normal = rng.normal()
    sum += normal
    squares += normal * normal
  }
  expect(Math.abs(sum / 20_000)).toBeLessThan(0.03)
  expect(Math.abs(squares / 20_000 - 1)).toBeLessThan(0.05)
})

test('shuffled keeps every item and leaves its argument alone', () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8]
  const result = shuffled(items, createRng('deck'))
  expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(result).not.toEqual(items)
  expect([...result].sort((left, right) => left - right)).toEqual(items)
})

test('numbers of a source of words are those of a seed that gives these words', () => {
  const seeded = createRng('words')
  const other = rngFrom(createRng('words').word)
  for (let draw = 0; draw < 20; draw += 1) {
    expect(other.uniform()).toBe(seeded.uniform())
    expect(other.below(10)).toBe(seeded.below(10))
    expect(other.normal()).toBe(seeded.normal())
  }
})
