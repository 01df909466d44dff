import { expect, test } from 'vitest'
import { languageOf } from './language.ts'

test.each([
  [['de-CH', 'en'], 'de'],
  [['fr', 'DE'], 'de'],
  [['en-GB', 'de'], 'en'],
  [['fr'], 'en'],
  [[], 'en'],
] as const)('of the wished %j the page speaks %s', (wished, language) => {
  expect(languageOf(wished)).toBe(language)
})
