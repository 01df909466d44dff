/** One transition of one machine, as coarse as its table is. `after`: the state, or the code with which the event was refused. */
export interface TakenTransition {
  readonly machine: 'round' | 'link' | 'task' | 'admission' | 'sum server' | 'sum client'
  readonly before: string
  readonly event: string
  readonly after: string
}

export type OnTransition = (taken: TakenTransition) => void

/** What a machine may do: for each event, from each state, where it may lead or with which codes it may be refused. */
export type TransitionTable = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
