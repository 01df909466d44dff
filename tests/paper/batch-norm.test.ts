import { runSimulation } from '@shoal/cli'
import { adjustedRandIndex, temperatureFromMoments, temperatureOfRows } from '@shoal/clustering'
import { createSyntheticImages, drawPermutations, permuteLabels, plantGroups } from '@shoal/data'
import { createLocalProcedures, type ProcedureCall } from '@shoal/learning'
import { loadNodeBackend } from '@shoal/learning/node'
import { architectureLayout, architectureOf, initialParameters, parametersOf } from '@shoal/learning/zoo'
import { createCountSketch, createRng, type NumberVector, unitOf } from '@shoal/numeric'
import { type FederationConfig, failed, federationConfigSchema } from '@shoal/protocol'
import { createSimulation } from '@shoal/simulator/node'
import { beforeAll, describe, expect, test } from 'vitest'

const NAME = 'cnn-6250-batch-norm'
const ARCHITECTURE = architectureOf(NAME)
const { length: LENGTH, trainable: TRAINABLE } = architectureLayout(ARCHITECTURE)
const MODEL = initialParameters(ARCHITECTURE, 'batch-norm')
const TRAIN = { steps: 8, batchSize: 16, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 }

/** Two groups of four, each of which calls the same pictures by other names. */
const { clients: CLIENTS, truth: TRUTH } = plantGroups(
  { train: createSyntheticImages(800, 'to learn'), test: createSyntheticImages(320, 'unseen') },
  {
    groups: drawPermutations(2, 10, createRng('names')).map((permutation) => (set) => permuteLabels(set, permutation)),
    clientsPerGroup: 4,
    trainPerClient: 100,
    testPerClient: 40,
    rng: createRng('clients'),
  },
)

beforeAll(async () => {
  expect((await loadNodeBackend('wasm')).ok).toBe(true)
})

const configOf = (change: Partial<FederationConfig>): FederationConfig =>
  federationConfigSchema.parse({
    name: 'batch normalisation',
    description: '',
    operator: 'nobody',
    seed: 'batch-norm',
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model: { architecture: NAME, parameters: parametersOf(ARCHITECTURE), buffers: 'mean' },
    data: { kind: 'image', shape: [28, 28, 1], classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
    train: TRAIN,
    cohort: { fraction: 1, min: CLIENTS.length, max: CLIENTS.length },
    quorum: { fraction: 1, min: 1 },
    deadlineMs: 120_000,
    computeDeadlineMs: 120_000,
    maxWeight: 10_000,
    evaluation: { onClients: false, testSet: null },
    stop: { rounds: 1, accuracy: null },
    ...change,
  })

describe('[ocfl.md 8.1, 10.8] the temperature of a model with buffers', () => {
  const call = (change: Partial<ProcedureCall>): ProcedureCall => ({
    procedure: 'train',
    kind: 'sum',
    args: TRAIN,
    models: [MODEL],
    vectors: [],
    block: 0,
    cluster: 0,
    of: null,
    seed: 'ask',
    maxWeight: 10_000,
    ...change,
  })

  /** What a client gives to a few asks about one update, and the update. */
  async function answersOf(data: (typeof CLIENTS)[number]) {
    const procedures = createLocalProcedures({ architecture: NAME, ...data })
    const vectorOf = async (change: Partial<ProcedureCall>): Promise<Float32Array> => {
      const result = await procedures.run(call({ seed: `${CLIENTS.indexOf(data)}`, ...change }))
      if (!result.ok || result.value.kind === 'finding') throw new Error(JSON.stringify(result))
      return result.value.kind === 'rows' ? result.value.rows[0] : result.value.parts[0].vector
    }
    const sketched = (length: number | null) => ({ train: TRAIN, length, seed: 'public' })
    return {
      update: await vectorOf({}),
      sketch: await vectorOf({ procedure: 'sketch', kind: 'rows', args: sketched(256), of: 'train' }),
      whole: await vectorOf({ procedure: 'sketch', kind: 'rows', args: sketched(null), of: 'train' }),
      moments: await vectorOf({ procedure: 'moments', args: sketched(16), of: 'train' }),
    }
  }

  test('is, to the last bit, that of the vectors without their buffers: by sketches, by whole updates, by moments', async () => {
    const answers = []
    for (const client of CLIENTS) answers.push(await answersOf(client))
    const bare = answers.map(({ update }) => update.subarray(0, TRAINABLE))
    expect(answers.every(({ update }) => update.length === LENGTH && update.subarray(TRAINABLE).some((entry) => Math.abs(entry) > 0.05))).toBe(true)

    const rounded = (vector: NumberVector): Float32Array => Float32Array.from(unitOf(vector) ?? [])
    const sketcher = createCountSketch({ length: TRAINABLE, buckets: 256, seed: 'public' })
    const bySketches = temperatureOfRows(bare.map((vector) => rounded(sketcher.sketch(vector))))
    expect(temperatureOfRows(answers.map(({ sketch }) => sketch))).toBe(bySketches)
    expect(bySketches).toBeGreaterThan(0.1)

    const byUpdates = temperatureOfRows(bare.map(rounded)) ?? 0
    expect(temperatureOfRows(answers.map(({ whole }) => whole))).toBe(byUpdates)

    const small = createCountSketch({ length: TRAINABLE, buckets: 16, seed: 'public' })
    const summed = (vectors: readonly NumberVector[]): Float64Array =>
      Float64Array.from(vectors[0], (_, entry) => vectors.reduce((sum, vector) => sum + vector[entry], 0))
    const momentsOf = (unit: Float32Array): Float32Array =>
      Float32Array.from([...unit, ...[...unit].flatMap((entry, row) => [...unit.subarray(row)].map((other) => entry * other))])
    const byMoments = temperatureFromMoments(summed(bare.map((vector) => momentsOf(rounded(small.sketch(vector))))), CLIENTS.length, 16)
    expect(temperatureFromMoments(summed(answers.map(({ moments }) => moments)), CLIENTS.length, 16)).toBe(byMoments)

    // What it would be with them: running statistics move alike wherever pictures are alike, and a counter of batches moves alike everywhere.
    const withBuffers = temperatureOfRows(answers.map(({ update }) => update)) ?? 0
    const withCounter = temperatureOfRows(answers.map(({ update }) => Float32Array.of(...update, 111))) ?? 0
    expect(withBuffers).toBeLessThan(0.8 * byUpdates)
    expect(withCounter).toBeLessThan(byUpdates / 100)
  })

  test('collapses to 1.8e-4, as it was published, where 36 counters of 111 batches stand among updates of norm 12.6 that share nothing', () => {
    const rng = createRng('collapse')
    const updates = Array.from({ length: 15 }, () => {
      const direction = unitOf(Float64Array.from({ length: 20_000 }, () => rng.normal())) ?? new Float64Array(0)
      return direction.map((entry) => 12.6 * entry)
    })
    const counters = new Float64Array(36).fill(111)
    expect(temperatureOfRows(updates)).toBeCloseTo(0.5, 2)
    expect(temperatureOfRows(updates.map((update) => Float64Array.of(...update, ...counters)))).toBeCloseTo(0.00018, 5)
  })
})

describe("a federation whose model has buffers, which says buffers: 'mean'", () => {
  test('averages them with the parameters, by the same weights; without saying so it is refused', async () => {
    const parts: { vector: Float32Array; weight: number }[] = []
    const members = [CLIENTS[0], { ...CLIENTS[5], train: CLIENTS[5].test }]
    const create = (config: FederationConfig) =>
      createSimulation({
        config,
        initialModel: MODEL,
        procedures: members.map((data) => {
          const local = createLocalProcedures({ architecture: NAME, ...data })
          return {
            run: async (call: ProcedureCall, onProgress: (share: number) => void) => {
              const result = await local.run(call, (done, total) => onProgress(done / total))
              if (result.ok && result.value.kind === 'parts')
                parts.push(...result.value.parts.map(({ vector, weight }) => ({ vector: vector.slice(), weight })))
              return result
            },
            endRound: local.endRound,
            cancel: () => undefined,
          }
        }),
        jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'nothing is computed here') },
      })
    const config = configOf({ cohort: { fraction: 1, min: 2, max: 2 } })
    for (const buffers of ['none', undefined] as const) {
      const { buffers: _, ...model } = config.model
      const refused = await create({ ...config, model: buffers === undefined ? model : { ...model, buffers } })
      expect(refused).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_MODEL_BUFFERS', detail: expect.stringContaining('norm1/moving_variance') } })
    }

    const created = await create(config)
    if (!created.ok) throw new Error(created.failure.code)
    expect(await created.value.run()).toBe(true)
    const { models, rounds } = created.value.host().state()
    expect(rounds.map(({ outcome, clients }) => [outcome, clients])).toEqual([['updated', 2]])
    const bytes = await created.value.blobs.get(models[0])
    if (!bytes.ok) throw new Error(bytes.failure.code)
    const averaged = new Float32Array(bytes.value.slice().buffer)
    expect(parts.map(({ weight }) => weight).toSorted((left, right) => left - right)).toEqual([40, 100])
    expect(averaged).toHaveLength(LENGTH)
    for (let entry = 0; entry < LENGTH; entry += 1) {
      const mean = parts.reduce((sum, { vector, weight }) => sum + (MODEL[entry] + vector[entry]) * weight, 0) / 140
      expect(Math.abs(averaged[entry] - mean)).toBeLessThan(1e-5)
    }
    // The two do differ in their buffers: a mean without weights would be another.
    expect(parts[0].vector.subarray(TRAINABLE).some((entry, index) => Math.abs(entry - parts[1].vector[TRAINABLE + index]) > 1e-3)).toBe(true)
  })

  test('runs under OCFL by rows: the groups are found, and their models answer well above chance (seed batch-norm)', async () => {
    const run = await runSimulation({
      config: configOf({
        strategy: { name: 'ocfl', options: {} },
        privacy: { level: 'sealed', view: 'rows' },
        evaluation: { onClients: true, testSet: null },
        stop: { rounds: 3, accuracy: null },
      }),
      shards: CLIENTS,
      testSet: null,
      backend: 'wasm',
    })
    expect(run.rounds).toHaveLength(3)
    expect(adjustedRandIndex(run.clusters, TRUTH)).toBe(1)
    const temperatures = run.rounds.flatMap(({ signals }) => signals.temperature ?? [])
    expect(temperatures.length).toBeGreaterThan(0)
    expect(Math.min(...temperatures)).toBeGreaterThan(0.05)
    expect(run.models.every((model) => model.length === LENGTH && model.subarray(TRAINABLE + 16).every((variance) => variance > 0))).toBe(true)
    expect(run.accuracy).toBeGreaterThan(0.8)
  })
})
