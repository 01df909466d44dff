import { LANGUAGES } from '@shoal/ui'
import { expect, test } from 'vitest'
import { shortcomingsOf } from './shortcomings.ts'
import { shortcomingWords } from './shortcomings.words.ts'

test.each(LANGUAGES)('a secure page with everything has nothing to list (%s)', (language) => {
  const words = shortcomingWords[language]
  expect(shortcomingsOf({ isSecureContext: true, hasLocks: true, isStorageLasting: true }, words)).toEqual([])
  expect(shortcomingsOf({ isSecureContext: true, hasLocks: true, isStorageLasting: null }, words)).toEqual([])
})

test.each(LANGUAGES)('plain http, no locks and no storage are each named (%s)', (language) => {
  const words = shortcomingWords[language]
  const sentences = shortcomingsOf({ isSecureContext: false, hasLocks: false, isStorageLasting: false }, words)
  expect(sentences).toEqual([words.plainHttp, words.slowEncryption, words.noGraphics, words.screenSleeps, words.blindToTabs, words.forgets])
})
