import type { Result } from '@shoal/protocol'
import type { SumServer, SumStep } from '@shoal/secure-sum'
import type { OnTransition, TransitionTable } from './taken-transition.ts'

const STAGES = ['advertise', 'share', 'input', 'unmask'] as const
const NAMES: readonly string[] = STAGES
type Stage = (typeof STAGES)[number] | 'released' | 'aborted'

/** A sum's server whose every message and deadline is told as a transition. */
export function watchedSumServer(server: SumServer, onTransition: OnTransition): SumServer {
  let stage: Stage = 'advertise'
  /** Where it stands after a step: what it sends begins the next stage. */
  const stageAfter = (step: SumStep): Stage => {
    if (step.kind === 'released' || step.kind === 'aborted') return step.kind
    const next = STAGES[NAMES.indexOf(stage) + 1]
    return step.kind === 'sending' && next !== undefined ? next : stage
  }
  const told = (event: string, result: Result<SumStep>): Result<SumStep> => {
    const before = stage
    if (result.ok) stage = stageAfter(result.value)
    onTransition({ machine: 'sum server', before, event, after: result.ok ? stage : result.failure.code })
    return result
  }
  return {
    ...server,
    advertisement: (...letter) => told('advertisement', server.advertisement(...letter)),
    shares: (...letter) => told('shares', server.shares(...letter)),
    input: (...letter) => told('input', server.input(...letter)),
    unmasking: async (...letter) => told('unmasking', await server.unmasking(...letter)),
    async stageOver() {
      const step = await server.stageOver()
      told('stage over', { ok: true, value: step })
      return step
    },
  }
}

export const SUM_SERVER_TRANSITIONS: TransitionTable = {
  advertisement: {
    advertise: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_IDENTITY_UNPROVEN', 'SHOAL_ERR_MALFORMED', 'advertise', 'share'],
    input: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_SUM_STAGE', 'input'],
    share: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_SUM_STAGE', 'share'],
    unmask: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_SUM_STAGE', 'unmask'],
  },
  input: {
    advertise: ['SHOAL_ERR_SUM_STAGE'],
    input: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_IDENTITY_UNPROVEN', 'SHOAL_ERR_MALFORMED', 'SHOAL_ERR_NOT_IN_COHORT', 'input', 'unmask'],
    share: ['SHOAL_ERR_SUM_STAGE'],
    unmask: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_SUM_STAGE', 'unmask'],
  },
  shares: {
    advertise: ['SHOAL_ERR_SUM_STAGE'],
    input: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_SUM_STAGE', 'input'],
    share: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_MALFORMED', 'SHOAL_ERR_NOT_IN_COHORT', 'input', 'share'],
    unmask: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_SUM_STAGE', 'unmask'],
  },
  'stage over': {
    advertise: ['aborted', 'share'],
    input: ['aborted', 'unmask'],
    share: ['aborted', 'input'],
    unmask: ['aborted', 'released'],
  },
  unmasking: {
    advertise: ['SHOAL_ERR_SUM_STAGE'],
    input: ['SHOAL_ERR_SUM_STAGE'],
    share: ['SHOAL_ERR_SUM_STAGE'],
    unmask: ['SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_IDENTITY_UNPROVEN', 'SHOAL_ERR_MALFORMED', 'SHOAL_ERR_NOT_IN_COHORT', 'released', 'unmask'],
  },
}
