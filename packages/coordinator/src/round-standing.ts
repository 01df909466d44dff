import type { RoundStanding } from '@shoal/protocol'
import type { AskSpec } from './federation-event.ts'
import type { FederationState } from './federation-state.ts'

type AskStanding = RoundStanding['asks'][number]

/** One cohort of a masked sum, while it runs. */
export type CohortStanding = AskStanding['cohorts'][number]

/** The open round, ask by ask. `cohorts`: of the open ask, at level `masked`. */
export function roundStandingOf(state: FederationState, cohorts: readonly CohortStanding[]): RoundStanding {
  const { stage, round } = state
  if (stage.kind === 'idle') return { round, startedAt: null, cohort: 0, asks: [] }
  const asks = stage.closed.map(
    ({ spec, asked, answered }): AskStanding => ({ ...named(spec), state: 'closed', asked: asked.length, answered, deadlineAt: null, cohorts: [] }),
  )
  const { open } = stage
  if (open?.kind === 'compute') asks.push({ ...named(open.spec), state: 'open', asked: 0, answered: 0, deadlineAt: null, cohorts: [] })
  if (open?.kind === 'question')
    asks.push({
      ...named(open.spec),
      state: open.closing ? 'closing' : 'open',
      asked: open.asked.length,
      answered: open.folded.size,
      deadlineAt: open.closing ? null : open.deadlineAt,
      cohorts: [...cohorts],
    })
  return { round, startedAt: stage.startedAt, cohort: stage.cohort.length, asks }
}

const named = (spec: AskSpec): Pick<AskStanding, 'ask' | 'kind' | 'name'> => ({
  ask: spec.ask,
  kind: spec.kind,
  name: spec.kind === 'compute' ? spec.job : spec.procedure,
})
