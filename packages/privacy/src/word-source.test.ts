import { expect, test } from 'vitest'
import { createWordSource } from './word-source.ts'

test('a uniform is the first 27 bits of one word and the first 26 of the next; no word is used twice or left out', () => {
  const words = [0x8000_0000, 0, 0, 0x8000_0000, 0xffff_ffff, 0xffff_ffff, 0, 0x7f, 0x40, 0x40]
  let given = 0
  const { uniform } = createWordSource((count) => Uint32Array.from({ length: count }, () => words[given++]), 4)
  expect([uniform(), uniform(), uniform(), uniform(), uniform()]).toEqual([0.5, 2 ** -28, 1 - 2 ** -53, 2 ** -53, 2 ** -26 + 2 ** -53])
  expect(given).toBe(12) // in pieces of four
})

test.each([
  [0, 2],
  [3, 4],
  [100, 100],
  [1e6, 16_384],
])('where %i words are expected it asks for %i at once', (expected, asked) => {
  const counts: number[] = []
  createWordSource((count) => {
    counts.push(count)
    return new Uint32Array(count)
  }, expected).uniform()
  expect(counts).toEqual([asked])
})

test('a generator that gives too few words is refused', () => {
  expect(() => createWordSource((count) => new Uint32Array(count - 1), 4).uniform()).toThrow('3 words for 4')
})
