import { expect, test } from 'vitest'
import { hashOf } from './byte-hash.ts'

test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])("FNV-1a's published value of %j", (text, hash) => {
  expect(hashOf(new TextEncoder().encode(text))).toBe(hash)
})
