import type { Jobs } from '@shoal/coordinator'
import { digestSchema, failed } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createSimulation } from './node-platform.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import type { Simulation } from './simulation.ts'

const TEST_SET = digestSchema.parse('a'.repeat(64))

/** A federation whose rounds end with a job that lasts until it is given up, and tells that it is half done. */
async function halfDone(
  then: (simulation: Simulation) => Promise<unknown>,
): Promise<{ readonly told: readonly string[]; readonly givenUp: number; readonly simulation: Simulation }> {
  const told: string[] = []
  let givenUp = 0
  const run: Jobs['run'] = (_job, _args, _federation, _timeoutMs, watch) =>
    new Promise((resolve) => {
      watch.onGivenUp(() => {
        givenUp += 1
        resolve(failed('SHOAL_ERR_COMPUTE_FAILED', 'it was given up'))
      })
      watch.onProgress(0.5)
      told.push(simulation.host().view().reason)
      void then(simulation).then(() => {
        watch.onProgress(0.9)
        told.push(simulation.host().view().reason)
      })
    })
  const created = await createSimulation({
    config: quadraticConfig({ clients: 2, size: 2, evaluation: { onClients: false, testSet: TEST_SET } }),
    initialModel: new Float32Array(2),
    procedures: [1, 2].map((entry) => createQuadraticProcedures({ optimum: Float32Array.of(entry, entry), examples: 10 })),
    jobs: { run },
  })
  if (!created.ok) throw new Error(created.failure.code)
  const simulation = created.value
  await simulation.run(60_000)
  return { told, givenUp, simulation }
}

test('a job tells how much of it is done, and is given up when its federation ends', async () => {
  const { told, givenUp, simulation } = await halfDone((running) =>
    running.host().dispatch({ type: 'federation-finished', at: running.world.clock.now(), reason: 'enough' }),
  )
  expect(told).toEqual(['round 0: the server is computing, 50 % done', 'enough'])
  expect(givenUp).toBe(1)
  expect(simulation.host().state()).toMatchObject({ lifecycle: 'finished', rounds: [{ outcome: 'aborted' }] })
})

test('a job is given up when the server stops, and what it comes to is not taken for its answer', async () => {
  const { givenUp, simulation } = await halfDone((running) => running.host().close())
  expect(givenUp).toBe(1)
  expect(simulation.host().state().stage).toMatchObject({ kind: 'open', open: { kind: 'compute' } })
})
