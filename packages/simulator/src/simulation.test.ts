import { createRng } from '@shoal/numeric'
import { bytesOf, type ClientId, type FederationConfig, failed, succeeded } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { createMemoryEventStore } from './memory-stores.ts'
import { createMemoryBlobStore, createSimulation } from './node-platform.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import type { Simulation, SimulationOptions } from './simulation.ts'

const CLIENTS = 5
const SIZE = 8

const config = (change: Partial<FederationConfig> = {}): FederationConfig =>
  quadraticConfig({
    clients: CLIENTS,
    size: SIZE,
    ...change,
  })

const rng = createRng('optima')
const clients = Array.from({ length: CLIENTS }, (_, index) => ({
  optimum: Float32Array.from({ length: SIZE }, () => rng.uniform() * 4 - 2),
  examples: 10 * (index + 1),
}))

async function simulationOf(change: Partial<SimulationOptions> = {}): Promise<Simulation> {
  const simulation = await createSimulation({
    config: config(),
    initialModel: new Float32Array(SIZE),
    procedures: clients.map(createQuadraticProcedures),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set here') },
    ...change,
  })
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  return simulation.value
}

const clientIdOf = (simulation: Simulation, index: number): ClientId => [...simulation.host().state().clients.keys()].sort()[index]

async function modelOf(simulation: Simulation): Promise<Float32Array> {
  const bytes = await simulation.blobs.get(simulation.host().state().models[0])
  if (!bytes.ok) throw new Error(bytes.failure.code)
  return new Float32Array(bytes.value.buffer, 0, SIZE)
}

describe('a federation in virtual time', () => {
  test("goes to the weighted mean of its clients' optima and stops by its rule", async () => {
    const simulation = await simulationOf({ config: config({ stop: { rounds: 20, accuracy: null } }) })
    expect(await simulation.run()).toBe(true)
    const state = simulation.host().state()
    expect(state).toMatchObject({ lifecycle: 'finished', reason: 'all 20 rounds are done', round: 20 })
    expect(state.rounds.every(({ outcome, clients: trained }) => outcome === 'updated' && trained === CLIENTS)).toBe(true)
    const total = clients.reduce((sum, { examples }) => sum + examples, 0)
    const model = await modelOf(simulation)
    for (let entry = 0; entry < SIZE; entry += 1) {
      const mean = clients.reduce((sum, { optimum, examples }) => sum + (optimum[entry] * examples) / total, 0)
      expect(Math.abs(model[entry] - mean)).toBeLessThan(2e-3) // the procedures' noise is 5e-4
    }
  })

  test('the same seed gives the same model, bit for bit; another seed another one', async () => {
    const run = async (seed: string): Promise<Float32Array> => {
      const simulation = await simulationOf({ config: config({ seed }) })
      await simulation.run()
      return modelOf(simulation)
    }
    const [first, second, other] = [await run('x'), await run('x'), await run('y')]
    expect(bytesOf(second)).toEqual(bytesOf(first))
    expect(bytesOf(other)).not.toEqual(bytesOf(first))
  })

  test('[8.8] other delays, another order of arrival: not a bit of the model changes', async () => {
    const run = async (latencyMs: readonly [number, number]): Promise<Float32Array> => {
      const simulation = await simulationOf({ delays: { latencyMs, bytesPerMs: 100 }, computeMs: [0, latencyMs[1] * 20] })
      await simulation.run()
      return modelOf(simulation)
    }
    expect(bytesOf(await run([1, 2]))).toEqual(bytesOf(await run([5, 500])))
  })

  test('a cohort is drawn from those who are here, and every round has its own', async () => {
    const simulation = await simulationOf({ config: config({ cohort: { fraction: 0.4, min: 2, max: CLIENTS } }) })
    await simulation.run()
    expect(
      simulation
        .host()
        .state()
        .rounds.map(({ clients: trained }) => trained),
    ).toEqual([2, 2, 2, 2, 2, 2])
  })

  test('every client downloads each new model once and uploads once per ask', async () => {
    const simulation = await simulationOf({ config: config({ evaluation: { onClients: false, testSet: null } }) })
    await simulation.run()
    for (let round = 0; round < 6; round += 1) {
      const { bytesUp, bytesDown } = simulation.traffic(round)
      expect(bytesDown).toBe(CLIENTS * SIZE * 4)
      expect(bytesUp).toBeLessThanOrEqual(CLIENTS * (SIZE * 4 + 300))
    }
  })
})

describe('crashes', () => {
  // Virtual milliseconds at which the server is killed: while clients join, train, upload, evaluate, and between rounds.
  test.each([10, 150, 400, 900, 1300, 1700, 2100, 2600, 4200])(
    '[8.1][8.3] killed after %i ms and started again: nobody is counted twice, the model is that of a run without a crash',
    async (killAt) => {
      const plain = await simulationOf()
      await plain.run()
      const crashed = await simulationOf()
      await crashed.run(killAt)
      await crashed.crash(700)
      expect(await crashed.run()).toBe(true)
      const state = crashed.host().state()
      expect(state.rounds.map(({ outcome, clients: trained }) => [outcome, trained])).toEqual(
        plain
          .host()
          .state()
          .rounds.map(({ outcome, clients: trained }) => [outcome, trained]),
      )
      expect(bytesOf(await modelOf(crashed))).toEqual(bytesOf(await modelOf(plain)))
    },
  )

  test('[8.3] what was durable before a crash is known afterwards and not asked for again', async () => {
    const simulation = await simulationOf({ computeMs: [1000, 9000] })
    await simulation.run(5500)
    const durableBefore = simulation.sessions.filter((_, index) => simulation.host().standingOf(clientIdOf(simulation, index)).received === 'durable').length
    expect(durableBefore).toBeGreaterThanOrEqual(1)
    expect(durableBefore).toBeLessThan(CLIENTS)
    await simulation.crash(300)
    await simulation.run(2000)
    const standings = simulation.sessions.map((_, index) => simulation.host().standingOf(clientIdOf(simulation, index)).received)
    expect(standings.filter((received) => received === 'durable').length).toBeGreaterThanOrEqual(durableBefore)
    await simulation.run()
    // One upload of each client for `train` and one for `evaluate`: 32 and 8 bytes of entries, and an envelope around each.
    expect(simulation.traffic(0).bytesUp).toBeLessThan(CLIENTS * (SIZE * 4 + 2 * 4 + 2 * 300))
    expect(simulation.host().state().rounds[0].clients).toBe(CLIENTS)
  })

  test('killed again and again it still finishes', async () => {
    const simulation = await simulationOf()
    for (let life = 0; life < 12; life += 1) {
      await simulation.run(350 + 90 * life)
      await simulation.crash(200)
    }
    expect(await simulation.run()).toBe(true)
    expect(simulation.host().state()).toMatchObject({ lifecycle: 'finished', round: 6 })
  })
})

describe('a disk that is full', () => {
  // Which event meets the full disk is decided by how many were written before: joins, asks, folds, answers, rounds.
  test.each([1, 4, 9, 11, 12, 13, 14, 15, 16, 17, 18, 20, 23])(
    '[8.2] after %i writes the disk is full for a while: what could not be written is tried again, and every round ends',
    async (room) => {
      let writes = 0
      let refusals = 0
      const store = createMemoryEventStore()
      const simulation = await simulationOf({
        store: {
          ...store,
          async append(federation, sequence, events) {
            if (sequence > 0) writes += 1
            if (writes <= room || refusals >= 3) return store.append(federation, sequence, events)
            refusals += 1
            return failed('SHOAL_ERR_STORE_FAILED')
          },
        },
      })
      expect(await simulation.run()).toBe(true)
      expect(
        simulation
          .host()
          .state()
          .rounds.map(({ outcome }) => outcome),
      ).toEqual(Array.from({ length: 6 }, () => 'updated'))
    },
  )

  test('[8.2] a round that is aborted while its contributions can not be written does not hold up the next one', async () => {
    let full = false
    const blobs = createMemoryBlobStore()
    const simulation = await simulationOf({
      config: config({ deadlineMs: 4000 }),
      blobs: { ...blobs, put: async (bytes) => (full ? failed('SHOAL_ERR_STORE_FAILED') : blobs.put(bytes)) },
    })
    await simulation.run(300)
    full = true
    await simulation.world.runUntil(() => false, 6000) // everyone has answered, the deadline has passed, and nothing can be written
    expect(simulation.host().state().stage).toMatchObject({ kind: 'open', open: { closing: true } })
    const aborted = await simulation
      .host()
      .dispatch({ type: 'round-aborted', at: simulation.world.clock.now(), round: 0, failure: { code: 'SHOAL_ERR_ASK_ABORTED' } })
    expect(aborted.ok).toBe(true)
    full = false
    expect(await simulation.run()).toBe(true)
    expect(
      simulation
        .host()
        .state()
        .rounds.map(({ outcome }) => outcome),
    ).toEqual(['aborted', ...Array.from({ length: 5 }, () => 'updated')])
  })

  test('[8.4] what could not be written is not announced; when there is room again the federation goes on', async () => {
    let full = false
    const store = createMemoryEventStore()
    const blobs = createMemoryBlobStore()
    const reports: string[] = []
    const simulation = await simulationOf({
      store: { ...store, append: async (...call) => (full ? failed('SHOAL_ERR_STORE_FAILED') : store.append(...call)) },
      blobs: { ...blobs, put: async (bytes) => (full ? failed('SHOAL_ERR_STORE_FAILED') : blobs.put(bytes)) },
      onReport: (what) => reports.push(what),
    })
    await simulation.run(1200)
    full = true
    const before = simulation.host().state()
    await simulation.world.runUntil(() => false, 5000)
    expect(simulation.host().state()).toBe(before)
    expect(await simulation.host().dispatch({ type: 'federation-paused', at: 0, reason: 'x' })).toEqual(failed('SHOAL_ERR_STORE_FAILED'))
    expect(reports.length).toBeGreaterThan(1)
    full = false
    expect(await simulation.run()).toBe(true)
    expect(simulation.host().state().lifecycle).toBe('finished')
  })
})

describe('strategies that misbehave', () => {
  test('a program that throws aborts its round with a reason; the model stays and the federation pauses itself', async () => {
    const simulation = await simulationOf({
      strategies: new Map([
        [
          'fedavg',
          {
            name: 'fedavg',
            views: ['sums'],
            parseOptions: () => succeeded({}),
            init: () => ({}),
            // biome-ignore lint/correctness/useYield: it fails before its first question
            *round() {
              throw new Error('a bug in the strategy')
            },
            admit: () => ({ procedure: 'adopt', args: {}, models: [] }),
          },
        ],
      ]),
    })
    expect(await simulation.run()).toBe(true)
    const state = simulation.host().state()
    expect(state.lifecycle).toBe('paused')
    expect(state.rounds.map(({ outcome, reason }) => [outcome, reason])).toEqual(Array.from({ length: 5 }, () => ['aborted', 'SHOAL_ERR_STRATEGY_FAILED']))
    expect(await modelOf(simulation)).toEqual(new Float32Array(SIZE))
  })
})
