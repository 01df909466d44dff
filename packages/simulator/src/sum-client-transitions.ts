import type { Result } from '@shoal/protocol'
import type { SumClient } from '@shoal/secure-sum'
import type { OnTransition, TransitionTable } from './taken-transition.ts'

/** In their order; each is what the client waits for. */
const STAGES = ['manifest', 'roster', 'shares', 'input', 'proposal', 'result'] as const
const NAMES: readonly string[] = STAGES
type Stage = (typeof STAGES)[number] | 'over'

const OUT_OF_TURN = 'SHOAL_ERR_SUM_STAGE'

/** A sum's client whose every message is told as a transition: a refusal by code is one out of turn, which changes nothing, and any other failure ends it. */
export function watchedSumClient(client: SumClient, onTransition: OnTransition): SumClient {
  let stage: Stage = 'manifest'
  const told = <Value>(event: string, before: Stage, result: Result<Value>): Result<Value> => {
    const isIgnored = !result.ok && result.failure.code === OUT_OF_TURN && stage !== 'over'
    if (!isIgnored) stage = result.ok ? (STAGES[NAMES.indexOf(event) + 1] ?? 'over') : 'over'
    onTransition({ machine: 'sum client', before, event, after: result.ok || !isIgnored ? stage : OUT_OF_TURN })
    return result
  }
  return {
    ...client,
    manifest: (frame) => told('manifest', stage, client.manifest(frame)),
    roster: async (frame) => told('roster', stage, await client.roster(frame)),
    shares: (frame) => told('shares', stage, client.shares(frame)),
    input: async (words) => told('input', stage, await client.input(words)),
    proposal: (frame) => told('proposal', stage, client.proposal(frame)),
    result: async (frame) => told('result', stage, await client.result(frame)),
    leave() {
      if (stage !== 'over') onTransition({ machine: 'sum client', before: stage, event: 'leaves', after: 'over' })
      stage = 'over'
      client.leave()
    },
  }
}

export const SUM_CLIENT_TRANSITIONS: TransitionTable = {
  input: {
    input: ['proposal'],
  },
  leaves: {
    proposal: ['over'],
    result: ['over'],
    roster: ['over'],
    shares: ['over'],
  },
  manifest: {
    manifest: ['over', 'roster'],
    proposal: ['SHOAL_ERR_SUM_STAGE'],
    result: ['SHOAL_ERR_SUM_STAGE'],
    roster: ['SHOAL_ERR_SUM_STAGE'],
    shares: ['SHOAL_ERR_SUM_STAGE'],
  },
  proposal: {
    proposal: ['over', 'result'],
    result: ['SHOAL_ERR_SUM_STAGE'],
    roster: ['SHOAL_ERR_SUM_STAGE'],
    shares: ['SHOAL_ERR_SUM_STAGE'],
  },
  result: {
    proposal: ['SHOAL_ERR_SUM_STAGE'],
    result: ['over'],
    roster: ['SHOAL_ERR_SUM_STAGE'],
    shares: ['SHOAL_ERR_SUM_STAGE'],
  },
  roster: {
    proposal: ['SHOAL_ERR_SUM_STAGE'],
    result: ['SHOAL_ERR_SUM_STAGE'],
    roster: ['over', 'shares'],
    shares: ['SHOAL_ERR_SUM_STAGE'],
  },
  shares: {
    proposal: ['SHOAL_ERR_SUM_STAGE'],
    result: ['SHOAL_ERR_SUM_STAGE'],
    roster: ['SHOAL_ERR_SUM_STAGE'],
    shares: ['input', 'over'],
  },
}
