import type { AskId, AskMessage, Failure, ProcedureName, SumPurpose } from '@shoal/protocol'

/** Sums whose findings are kept. */
export const MAX_SUM_FINDINGS = 50

/**
 * What a client checks in a masked sum, in this order: that the manifest asks for what the policy allows and the ask said; that every member of the roster signed its keys; that the sum is opened
 * over enough clients, with this one's own words among them; that its result is the one that so many of them signed for.
 */
export type SumCheck = 'manifest' | 'roster' | 'proposal' | 'result'

/** What a client found of one masked sum that it was asked into. */
export interface SumFindings {
  /** Counts the sums of this session, from 1. */
  readonly number: number
  readonly round: number
  readonly ask: AskId
  readonly procedure: ProcedureName
  /** Null where its manifest was refused. */
  readonly purpose: SumPurpose | null
  /** Clients that agreed on masks, this one among them; null before they did. */
  readonly members: number | null
  /** Those of them whose words are in the sum; null before this is proposed. */
  readonly survivors: number | null
  /** Those that were passed. */
  readonly checks: readonly SumCheck[]
  /** Whether the inputs were published with the result and gave the same sum here. */
  readonly isRecomputed: boolean
  /** `refused`: by this client, on what a check found; `failed`: what it sent did not arrive; `ended`: without a result that this client was told of. */
  readonly state: 'running' | 'checked' | 'refused' | 'failed' | 'ended'
  readonly failure: Failure | null
  /** What this device's updates have given away of their privacy budget, this sum included; null where the policy sets none. */
  readonly epsilon: { readonly spent: number; readonly budget: number } | null
}

/** What one sum brings to light, as it goes. What comes after its end changes nothing. */
export interface SumNotes {
  passed(check: SumCheck, found?: Partial<Pick<SumFindings, 'purpose' | 'members' | 'survivors' | 'isRecomputed'>>): void
  /** Words are about to leave, and so much of the budget with them. */
  spent(epsilon: SumFindings['epsilon']): void
  ended(state: Exclude<SumFindings['state'], 'running'>, failure?: Failure): void
}

export interface SumBook {
  /** A sum that an ask has this client in. */
  begin(ask: Pick<AskMessage, 'ask' | 'round' | 'procedure'>): SumNotes
  /** The last ones, newest last. The same list until something changes. */
  list(): readonly SumFindings[]
}

export function createSumBook(): SumBook {
  let begun = 0
  let list: readonly SumFindings[] = []

  function note(number: number, patchOf: (sum: SumFindings) => Partial<SumFindings>): void {
    list = list.map((sum) => (sum.number === number && sum.state === 'running' ? { ...sum, ...patchOf(sum) } : sum))
  }

  return {
    begin({ ask, round, procedure }) {
      begun += 1
      const number = begun
      const unknown = { purpose: null, members: null, survivors: null, checks: [], isRecomputed: false, failure: null, epsilon: null } as const
      list = [...list, { number, round, ask, procedure, state: 'running' as const, ...unknown }].slice(-MAX_SUM_FINDINGS)
      return {
        passed: (check, found = {}) => note(number, ({ checks }) => ({ ...found, checks: [...checks, check] })),
        spent: (epsilon) => note(number, () => ({ epsilon })),
        ended: (state, failure) => note(number, () => ({ state, failure: failure ?? null })),
      }
    },
    list: () => list,
  }
}
