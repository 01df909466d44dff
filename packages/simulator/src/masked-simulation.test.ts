import { createRng } from '@shoal/numeric'
import { bytesOf, type FederationConfig, failed } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createSimulation } from './node-platform.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import type { Simulation } from './simulation.ts'

const CLIENTS = 6
const SIZE = 40

const config = (change: Partial<FederationConfig> = {}): FederationConfig =>
  quadraticConfig({
    clients: CLIENTS,
    size: SIZE,
    name: 'masked quadratic',
    privacy: { level: 'masked', view: 'sums' },
    ...change,
  })

const rng = createRng('optima')
const clients = Array.from({ length: CLIENTS }, () => ({
  optimum: Float32Array.from({ length: SIZE }, () => rng.uniform() - 0.5),
  examples: 1000,
}))
const mean = Float32Array.from({ length: SIZE }, (_, index) => clients.reduce((sum, { optimum }) => sum + optimum[index] / CLIENTS, 0))

async function finished(change: Partial<FederationConfig> = {}): Promise<{ simulation: Simulation; model: Float32Array }> {
  const simulation = await createSimulation({
    config: config(change),
    initialModel: new Float32Array(SIZE).fill(2),
    procedures: clients.map(createQuadraticProcedures),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set here') },
  })
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  expect(await simulation.value.run(600_000)).toBe(true)
  const [digest] = simulation.value.host().state().models
  const bytes = await simulation.value.blobs.get(digest)
  if (!bytes.ok) throw new Error(bytes.failure.code)
  return { simulation: simulation.value, model: new Float32Array(bytes.value.buffer, 0, SIZE) }
}

test('a masked federation goes to the mean of its clients, and is measured on the way', async () => {
  const { simulation, model } = await finished()
  const { rounds } = simulation.host().state()
  expect(rounds.map(({ outcome, clients: count }) => [outcome, count])).toEqual(Array.from({ length: 6 }, () => ['updated', CLIENTS]))
  const distance = (from: Float32Array): number => Math.hypot(...from.map((entry, index) => entry - mean[index]))
  // Each of six rounds goes half of the way; what is left beside it is the rounding of a ring of 16 bits: a step of five clips / sqrt(40) / 1023 in each coordinate.
  expect(distance(model)).toBeLessThan(distance(new Float32Array(SIZE).fill(2)) / 2 ** 6 + (2 * Math.sqrt(SIZE) * 5 * 10) / Math.sqrt(SIZE) / 1023)
  const losses = rounds.map(({ metrics }) => metrics.loss ?? Number.NaN)
  expect(losses.at(-1)).toBeLessThan(losses[0] / 2)
})

test('the same seed gives the same models bit for bit, whatever masks were drawn; another seed gives others', async () => {
  const stop = { rounds: 2, accuracy: null }
  const [once, again, other] = [await finished({ stop }), await finished({ stop }), await finished({ stop, seed: 'another' })]
  expect(bytesOf(again.model)).toEqual(bytesOf(once.model))
  expect(bytesOf(other.model)).not.toEqual(bytesOf(once.model))
})

test('what leaves a client is listed: keys, shares and masked words, an update of two bytes for each parameter, and no answer of its own', async () => {
  const { simulation } = await finished({ stop: { rounds: 1, accuracy: null } })
  for (const session of simulation.sessions) {
    const { entries } = session.outbox()
    const names = entries.map(({ name }) => name)
    expect(names).not.toContain('contribution')
    expect(names.filter((name) => name === 'enter-sum')).toHaveLength(2) // the update, and the measures
    expect(names.filter((name) => name === 'sum-frame')).toHaveLength(6) // #1, #3 and #9 of both
    const words = entries.filter(({ name }) => name === 'masked-words').map(({ bytes }) => bytes)
    // Header, number, length, hash and signature stand beside the words: 40 of 16 bits and their weight; three of 32.
    expect(words).toEqual([112 + 2 * (SIZE + 1), 112 + 4 * 3])
  }
})
