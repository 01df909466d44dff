import { expect, test } from 'vitest'
import { shortcomingsOf } from './shortcomings.ts'

test('a secure page with everything has nothing to list', () => {
  expect(shortcomingsOf({ isSecureContext: true, hasLocks: true, isStorageLasting: true })).toEqual([])
  expect(shortcomingsOf({ isSecureContext: true, hasLocks: true, isStorageLasting: null })).toEqual([])
})

test('plain http, no locks and no storage are each named', () => {
  const sentences = shortcomingsOf({ isSecureContext: false, hasLocks: false, isStorageLasting: false })
  expect(sentences).toHaveLength(5)
  expect(sentences[0]).toMatch(/plain http/)
  expect(sentences[3]).toMatch(/newer tab goes on/)
  expect(sentences[4]).toMatch(/new volunteer/)
})
