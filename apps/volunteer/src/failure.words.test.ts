import { ERRORS, type ErrorCode } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { codeWords, failureWords } from './failure.words.ts'

test('English is the error table itself', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) expect(codeWords('en', code)).toBe(ERRORS[code].message)
})

test('what a volunteer meets is said in German; what only operators meet falls back to English', () => {
  expect(codeWords('de', 'SHOAL_ERR_INVITE_INVALID')).toMatch(/Einladung/)
  expect(codeWords('de', 'SHOAL_ERR_CONFIG')).toBe(ERRORS.SHOAL_ERR_CONFIG.message)
  expect(failureWords('de', { code: 'SHOAL_ERR_UNREACHABLE', detail: 'x' })).toBe('Der Server ist nicht erreichbar. (x)')
})
