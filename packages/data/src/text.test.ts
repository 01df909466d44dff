import { expect, test } from 'vitest'
import { readText } from './text.ts'

/** Each window as text, and what follows it. */
function windowsOf(text: string, alphabet: string, context: number, most?: number): readonly string[] {
  const { examples } = readText(text, { alphabet, context }, most)
  const characters = [...alphabet]
  const { pixels, labels, shape } = examples
  expect(shape).toEqual([context, characters.length, 1])
  return Array.from(labels, (label, window) => {
    const rows = Array.from({ length: context }, (_, position) => {
      const row = [...pixels.subarray((window * context + position) * characters.length, (window * context + position + 1) * characters.length)]
      expect(row.filter((value) => value === 255)).toHaveLength(1)
      expect(row.filter((value) => value === 0)).toHaveLength(characters.length - 1)
      return characters[row.indexOf(255)]
    })
    return `${rows.join('')}>${characters[label]}`
  })
}

test('every window of a text and the character after it', () => {
  expect(windowsOf('abcab', 'abc', 2)).toEqual(['ab>c', 'bc>a', 'ca>b'])
  expect(windowsOf('ab', 'abc', 2)).toEqual([])
})

test('no window goes across a character that is not in the alphabet; those are counted', () => {
  expect(windowsOf('abc-abc', 'abc', 2)).toEqual(['ab>c', 'ab>c'])
  expect(readText('abc-ab--', { alphabet: 'abc', context: 2 }).leftOut).toBe(3)
})

test('capitals are small letters where the alphabet has none', () => {
  expect(windowsOf('ABC', 'abc', 2)).toEqual(['ab>c'])
  expect(windowsOf('ABaBA', 'abA', 1)).toEqual([])
  expect(readText('ABaA', { alphabet: 'aA', context: 1 }).leftOut).toBe(1)
})

test('characters are code points', () => {
  expect(windowsOf('a🐟a', 'a🐟', 1)).toEqual(['a>🐟', '🐟>a'])
})

test('of a text that is too long evenly spread windows are taken', () => {
  expect(windowsOf('abcabcab', 'abc', 2, 18)).toEqual(['ab>c', 'ca>b', 'bc>a'])
})
