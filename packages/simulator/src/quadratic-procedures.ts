import type { Procedures } from '@shoal/client'
import { createRng } from '@shoal/numeric'
import { failed, PROCEDURES, succeeded } from '@shoal/protocol'

/**
 * A client whose data are one point: its loss is the squared distance from the model to `optimum`, so a federation of them must end at the weighted mean of the
 * optima. Training costs nothing, which lets fault schedules run by the thousand; `train` adds noise from the ask's seed, so that a wrong seed shows.
 */
export function createQuadraticProcedures({ optimum, examples }: { readonly optimum: Float32Array; readonly examples: number }): Procedures {
  return {
    async run({ procedure, args, models, block, seed, maxWeight }) {
      const [model] = models
      const weight = Math.min(examples, maxWeight)
      if (procedure === 'evaluate') {
        const loss = model.reduce((sum, value, index) => sum + (value - optimum[index]) ** 2, 0)
        return succeeded({ kind: 'parts', parts: [{ block: block ?? 0, vector: Float32Array.of(1 / (1 + loss), loss), weight }] })
      }
      const parsed = PROCEDURES.train.args.safeParse(args)
      if (procedure !== 'train' || !parsed.success) return failed('SHOAL_ERR_MALFORMED', procedure)
      const rng = createRng(seed)
      const vector = model.map((value, index) => parsed.data.learningRate * (optimum[index] - value) + 1e-3 * (rng.uniform() - 0.5))
      return succeeded({ kind: 'parts', parts: [{ block: block ?? 0, vector, weight }] })
    },
    endRound: () => undefined,
    cancel: () => undefined,
  }
}
