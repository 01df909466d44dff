import type { SumFindings } from '@shoal/client'
import { norm } from '@shoal/numeric'
import { failed, sumFrameKind } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createSimulation } from './node-platform.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import type { Simulation, SimulationOptions } from './simulation.ts'

const CLIENTS = 5
const SIZE = 40
const CLIP = 2

const simulationAt = async (level: 'masked' | 'sealed', transport?: SimulationOptions['transport']): Promise<Simulation> => {
  const simulation = await createSimulation({
    config: quadraticConfig({
      clients: CLIENTS,
      size: SIZE,
      name: 'findings',
      seed: 'findings',
      privacy: { level, view: 'sums', ...(level === 'masked' ? { masking: { cohortSize: CLIENTS, kMin: 3, kDiff: 1, ring: 16, clip: CLIP } } : {}) },
      stop: { rounds: 2, accuracy: null },
    }),
    initialModel: new Float32Array(SIZE),
    procedures: Array.from({ length: CLIENTS }, (_, index) => createQuadraticProcedures({ optimum: new Float32Array(SIZE).fill(index + 1), examples: 1000 })),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set here') },
    ...(transport === undefined ? {} : { transport }),
  })
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  expect(await simulation.value.run(600_000)).toBe(true)
  // The last result is on its way when the federation is finished.
  await simulation.value.world.runUntil(() => false, 10_000)
  return simulation.value
}

const CHECKED: Partial<SumFindings> = {
  members: CLIENTS,
  survivors: CLIENTS,
  checks: ['manifest', 'roster', 'proposal', 'result'],
  state: 'checked',
  failure: null,
  epsilon: null,
}

test('[CL52] each client of a masked federation finds every sum in order, and recomputes the small ones', async () => {
  const { sessions } = await simulationAt('masked')
  for (const session of sessions) {
    const sums = session.sums()
    expect(sums.map(({ round, procedure, purpose, isRecomputed }) => [round, procedure, purpose, isRecomputed])).toEqual([
      [0, 'train', 'update', false],
      [0, 'evaluate', 'metric', true],
      [1, 'train', 'update', false],
      [1, 'evaluate', 'metric', true],
    ])
    for (const sum of sums) expect(sum).toMatchObject(CHECKED)
    expect(session.sums()).toBe(sums)
  }
})

test('[CL35] [CL50] what left for a masked sum is listed in order; its entry shows the clipped update, and other numbers in its stead', async () => {
  const { sessions } = await simulationAt('masked')
  for (const session of sessions) {
    const inFirst = session.outbox().entries.filter(({ round, name }) => round === 0 && name !== 'fetch-model')
    expect(inFirst.slice(0, 5).map(({ name }) => name)).toEqual(['enter-sum', 'sum-frame', 'sum-frame', 'masked-words', 'sum-frame'])
    const { comparison, bytes } = inFirst[3]
    expect(comparison).toMatchObject({ hiddenBy: 'masks', sentLimit: 2 ** 15, length: (bytes - 112) / 2 })
    expect(norm(Float64Array.from(comparison?.clear.slice(1) ?? []))).toBeCloseTo(CLIP, 1)
    expect(comparison?.sent.filter((word, index) => word === comparison.clear[index])).toHaveLength(0)
  }
})

test('[CL50] [CL52] at level sealed an answer is compared with its encryption, and there are no sums', async () => {
  const { sessions } = await simulationAt('sealed')
  for (const [index, session] of sessions.entries()) {
    expect(session.sums()).toEqual([])
    const [first] = session.outbox().entries.filter(({ name }) => name === 'contribution')
    expect(first.comparison).toMatchObject({ hiddenBy: 'encryption', length: SIZE, sentLimit: 2 ** 31 })
    for (const value of first.comparison?.clear ?? []) expect(Math.abs(value - (index + 1) / 2)).toBeLessThan(1e-3) // what `train` adds is smaller
  }
})

test('[CL52] a link that is gone when only the opening is left ends a sum without a result, and does not call it failed', async () => {
  const { sessions } = await simulationAt('masked', (real, client) =>
    client !== 0
      ? real
      : {
          ...real,
          send: async (event) =>
            event.name === 'sum-frame' && sumFrameKind(event.body.frame) === 'unmask' ? failed('SHOAL_ERR_CLIENT_GONE') : real.send(event),
        },
  )
  expect(sessions[0].sums().map(({ state, failure }) => [state, failure])).toContainEqual(['ended', null])
  expect(sessions[0].sums().filter(({ state }) => state === 'failed')).toEqual([])
})
