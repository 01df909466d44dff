import { failed, succeeded } from '@shoal/protocol'
import { isWithheld, STRATEGIES, type Strategy } from '@shoal/strategies'
import { expect, test } from 'vitest'
import { groupsOf, plant } from './clustered-federation.ts'

/** Sums of what is the same in every round tell of whoever came or went between them, however many rounds lie in between (privacy.md 3.6). */

const MASKING = { cohortSize: 16, kMin: 3, kDiff: 3, ring: 32, clip: 4 } as const
const counted: (number | null)[] = []

/** Asks for label counts in every round, as no strategy of ours does. */
const curious: Strategy<Float32Array> = {
  name: 'fedavg',
  views: ['sums'],
  parseOptions: () => succeeded({}),
  init: ({ initialModel }) => initialModel,
  *round(state, ask) {
    const { blocks } = yield* ask.sum('count-labels', { models: [], args: { classes: 2 }, vectorLengths: [2] })
    const block = blocks.get(0)
    counted.push(isWithheld(block) ? null : block.count)
    return { state, publish: [state] }
  },
  admit: (state) => ({ procedure: 'adopt', args: {}, models: [state] }),
}

test('[3.6] label counts of two rounds, of which one client missed the second: two others are left out with it, and never one alone (seed lasting)', async () => {
  const simulation = await plant({
    strategy: 'fedavg' as 'cfl',
    view: 'sums',
    groups: groupsOf(9),
    seed: 'lasting',
    rounds: 3,
    config: { privacy: { level: 'masked', view: 'sums', masking: MASKING }, strategy: { name: 'fedavg', options: {} } },
    simulation: { strategies: new Map([...STRATEGIES, [curious.name, curious]]) },
    wrap: (procedures, client) => {
      let rounds = 0
      return {
        ...procedures,
        run: async (call, onProgress) => {
          if (call.procedure !== 'count-labels') return procedures.run(call, onProgress)
          rounds += 1
          if (client === 0 && rounds === 2) return failed('SHOAL_ERR_PROCEDURE_FAILED')
          return succeeded({ kind: 'parts', parts: [{ block: 0, vector: Float32Array.of(1, 0), weight: 10 }] })
        },
      }
    },
  })
  expect(await simulation.run()).toBe(true)
  expect(counted).toEqual([9, 6, 9])
  const [first, ...others] = simulation.host().state().sums
  for (const { clients } of others) {
    const gone = first.clients.filter((client) => !clients.includes(client)).length
    expect(gone === 0 || gone >= MASKING.kDiff).toBe(true)
  }
})
