import type { Procedures } from '@shoal/client'
import { createProcedures } from '@shoal/learning/procedures'
import { failed } from '@shoal/protocol'

/** What a client that trains nothing answers asks with: every procedure of the registry, over data that are not there. */
export interface SyntheticProcedureOptions {
  readonly learner: Parameters<typeof createProcedures>[0]
  /** Before each run; it resolves to how long the client thinks, in milliseconds. */
  readonly think: () => number
  readonly secretWord: () => number
}

export function createSyntheticProcedures({ learner, think, secretWord }: SyntheticProcedureOptions): Procedures {
  const procedures = createProcedures(learner, null, secretWord)
  let giveUp: (() => void) | null = null

  /** True when the time is over, false where the run was cancelled. */
  function thought(ms: number): Promise<boolean> {
    if (ms <= 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), ms)
      giveUp = () => {
        clearTimeout(timer)
        resolve(false)
      }
    })
  }

  return {
    async run(call, onProgress) {
      const isReady = await thought(think())
      giveUp = null
      if (!isReady) return failed('SHOAL_ERR_PROCEDURE_FAILED', 'given up')
      return procedures.run(call, (done, total) => onProgress(done / total))
    },
    endRound: procedures.endRound,
    cancel: () => giveUp?.(),
  }
}
