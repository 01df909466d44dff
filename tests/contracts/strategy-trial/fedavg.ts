import { createAsks, fedavg, type Strategy } from '@shoal/strategies'
import type { TrialStrategy } from './procedures.ts'

/** A strategy that was written against a smaller table of procedures is one against a larger. */
const widened = <State>(strategy: Strategy<State>): TrialStrategy<State> => ({
  ...strategy,
  round: (state, _, context) => strategy.round(state, createAsks(), context),
})

export const fedavgTrial = widened(fedavg)
