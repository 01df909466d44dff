import { type InviteList, inviteListSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { inviteInWords, inviteState, readTerms } from './invite-draft.ts'
import { endOfTerm, momentInWords } from './moment-words.ts'

const NOW = 1_000_000
const inviteOf = (changes: Partial<InviteList[number]>): InviteList[number] => {
  const [invite] = inviteListSchema.parse([
    { token: 'abcdefghijklmnop', url: 'http://x/join/a', createdAt: 0, expiresAt: null, revokedAt: null, maxUses: null, uses: 0, ...changes },
  ])
  if (invite === undefined) throw new Error('no invite')
  return invite
}

test('terms are read, and a wrong number of uses is told', () => {
  expect(readTerms('', '', NOW)).toEqual({ terms: { expiresAt: null, maxUses: null } })
  expect(readTerms('day', '20', NOW)).toEqual({ terms: { expiresAt: NOW + 86_400_000, maxUses: 20 } })
  expect(readTerms('', '0', NOW)).toEqual({ problem: 'A whole number from 1 to 1,000,000.' })
  expect(endOfTerm('no such term', NOW)).toBeNull()
})

test('an invite is open until it is revoked, has expired or is used up', () => {
  expect(inviteState(inviteOf({}), NOW)).toBe('open')
  expect(inviteState(inviteOf({ revokedAt: 5 }), NOW)).toBe('revoked')
  expect(inviteState(inviteOf({ expiresAt: NOW }), NOW)).toBe('expired')
  expect(inviteState(inviteOf({ expiresAt: NOW + 1, maxUses: 3, uses: 2 }), NOW)).toBe('open')
  expect(inviteState(inviteOf({ maxUses: 3, uses: 3 }), NOW)).toBe('used up')
})

test('in words', () => {
  expect(inviteInWords(inviteOf({ uses: 1 }))).toBe('1 use, any number; without an end')
  const end = new Date(2026, 2, 9, 4, 5).getTime()
  expect(inviteInWords(inviteOf({ maxUses: 20, uses: 3, expiresAt: end }))).toBe(`3 of 20 uses; ends ${momentInWords(end)}`)
  expect(momentInWords(end)).toBe('2026-03-09 04:05')
})
