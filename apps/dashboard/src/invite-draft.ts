import type { InviteList } from '@shoal/protocol'
import { endOfTerm, momentInWords } from './moment-words.ts'
import { boundsInWords, type NumberRule, readNumber } from './number-rule.ts'
import type { InviteTerms } from './operator-api.ts'

type Invite = InviteList[number]

export const USES_RULE: NumberRule = {
  label: 'Lets in, at most',
  hint: 'Empty: any number. Who came by it before may always come back.',
  from: 1,
  to: 1_000_000,
  isWhole: true,
}

/** The terms that the form asks for, or what is wrong with the number of uses. */
export function readTerms(term: string, uses: string, now: number): { readonly terms: InviteTerms } | { readonly problem: string } {
  const { value, problem } = readNumber(uses, USES_RULE)
  return problem === null ? { terms: { expiresAt: endOfTerm(term, now), maxUses: value } } : { problem: boundsInWords(USES_RULE) }
}

/** Whether an invite still lets people in, and if not, why. */
export function inviteState({ revokedAt, expiresAt, maxUses, uses }: Invite, now: number): 'open' | 'revoked' | 'expired' | 'used up' {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt !== null && expiresAt <= now) return 'expired'
  return maxUses !== null && uses >= maxUses ? 'used up' : 'open'
}

/** `3 of 20 uses, ends 2026-03-09 14:05`. */
export function inviteInWords({ expiresAt, maxUses, uses }: Pick<Invite, 'expiresAt' | 'maxUses' | 'uses'>): string {
  const used = maxUses === null ? `${uses === 1 ? '1 use' : `${uses} uses`}, any number` : `${uses} of ${maxUses} uses`
  return `${used}; ${expiresAt === null ? 'without an end' : `ends ${momentInWords(expiresAt)}`}`
}
