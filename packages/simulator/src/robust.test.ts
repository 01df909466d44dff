import type { Procedures } from '@shoal/client'
import { type BlobStore, type FederationState, policyOf } from '@shoal/coordinator'
import { createRng } from '@shoal/numeric'
import { bytesOf, type Digest, type FederationConfig, failed, federationIdSchema, policySchema, type Robust } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { createMemoryBlobStore, createSimulation } from './node-platform.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'
import type { Simulation, SimulationOptions } from './simulation.ts'

const CLIENTS = 9
const SIZE = 40
/** Of the clients: so many are false, and their optimum lies far out. */
const FALSE = 2
const FAR = 60

const configOf = (robust: Robust | null, change: Partial<FederationConfig> = {}): FederationConfig =>
  quadraticConfig({
    clients: CLIENTS,
    size: SIZE,
    name: 'robust',
    seed: 'robust',
    privacy: { level: 'sealed', view: 'sums', ...(robust === null ? {} : { robust }) },
    train: { steps: 1, batchSize: 1, learningRate: 0.9, momentum: 0, weightDecay: 0, proximalMu: 0 },
    stop: { rounds: 4, accuracy: null },
    ...change,
  })

const clientsOf = (count: number, bad: number) => {
  const rng = createRng('robust optima')
  return Array.from({ length: count }, (_, index) => ({
    optimum: Float32Array.from({ length: SIZE }, () => (index < bad ? FAR : rng.uniform() - 0.5)),
    examples: 10 + index,
  }))
}

const create = (config: FederationConfig, change: Partial<SimulationOptions> = {}, clients = clientsOf(CLIENTS, FALSE)) =>
  createSimulation({
    config,
    initialModel: new Float32Array(SIZE),
    procedures: clients.map(createQuadraticProcedures),
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set here') },
    ...change,
  })

async function simulationOf(...given: Parameters<typeof create>): Promise<Simulation> {
  const simulation = await create(...given)
  if (!simulation.ok) throw new Error(`${simulation.failure.code} ${simulation.failure.detail ?? ''}`)
  return simulation.value
}

/** Kills the server as soon as it stands so. */
async function crashWhen(simulation: Simulation, isDue: (open: OpenRound) => boolean): Promise<void> {
  const isDueNow = (): boolean => {
    const { stage } = simulation.host().state()
    return stage.kind === 'open' && isDue(stage)
  }
  expect(await simulation.world.runUntil(isDueNow, 60_000)).toBe(true)
  await simulation.crash(700)
}
type OpenRound = FederationState['stage'] & { kind: 'open' }
/** Some updates are durable, and others not. */
const isHalfThere = ({ open, closed }: OpenRound): boolean =>
  closed.length === 0 && open?.kind === 'question' && open.folded.size > 1 && open.folded.size < CLIENTS
/** The updates are summed, and the round goes on. */
const isSummed = ({ closed }: OpenRound): boolean => closed.length === 1

async function modelOf(simulation: Simulation, happens: () => Promise<void> = async () => undefined): Promise<Float32Array> {
  await happens()
  expect(await simulation.run()).toBe(true)
  const { models, rounds } = simulation.host().state()
  expect(rounds.every(({ outcome }) => outcome === 'updated')).toBe(true)
  const bytes = await simulation.blobs.get(models[0])
  if (!bytes.ok) throw new Error(bytes.failure.code)
  return new Float32Array(bytes.value.buffer, 0, SIZE)
}
const farthest = (model: Float32Array): number => Math.max(...model.map(Math.abs))

describe('level sealed', () => {
  test.each(['median', 'trimmed', 'clipped'] as const)('two false clients of nine move the mean far out, and the %s not', async (robust) => {
    expect(farthest(await modelOf(await simulationOf(configOf(null))))).toBeGreaterThan(5)
    // The clipped mean still goes their way, but no farther than the others' updates are long: the others pull back as soon as it is far out.
    expect(farthest(await modelOf(await simulationOf(configOf(robust))))).toBeLessThan(robust === 'clipped' ? 1.5 : 0.6)
  })

  test.each(['median', 'trimmed', 'clipped'] as const)(
    '[8.1][8.3][8.8] %s: other delays, another order and a crash in the middle change no bit',
    async (robust) => {
      const config = configOf(robust)
      const plain = bytesOf(await modelOf(await simulationOf(config)))
      expect(bytesOf(await modelOf(await simulationOf(config, { delays: { latencyMs: [5, 500], bytesPerMs: 100 }, computeMs: [0, 9000] })))).toEqual(plain)
      const simulation = await simulationOf(config)
      const crashed = await modelOf(simulation, async () => {
        await simulation.run(1)
        await crashWhen(simulation, isHalfThere)
        await crashWhen(simulation, isHalfThere)
        await crashWhen(simulation, isSummed)
      })
      expect(bytesOf(crashed)).toEqual(plain)
    },
  )

  test.each<[string, readonly ((open: OpenRound) => boolean)[]]>([
    ['without a crash', []],
    ['with crashes before and after they are summed', [isHalfThere, isSummed]],
  ])('[CO81] no update lies on disk in the clear, and none at all once its round is over: %s', async (_case, crashes) => {
    const rounds = 3
    const updates: Uint8Array[] = []
    const written: Uint8Array[] = []
    const kept = new Map<Digest, Uint8Array>()
    const disk = createMemoryBlobStore()
    const blobs: BlobStore = {
      get: disk.get,
      async put(bytes) {
        const put = await disk.put(bytes)
        if (put.ok) kept.set(put.value, bytes.slice())
        written.push(bytes.slice())
        return put
      },
      async delete(digest) {
        kept.delete(digest)
        await disk.delete(digest)
      },
    }
    const procedures = clientsOf(CLIENTS, FALSE).map((client): Procedures => {
      const own = createQuadraticProcedures(client)
      return {
        ...own,
        async run(call, onProgress) {
          const answer = await own.run(call, onProgress)
          if (call.procedure === 'train' && answer.ok && answer.value.kind === 'parts')
            updates.push(...answer.value.parts.map(({ vector }) => bytesOf(vector.slice())))
          return answer
        },
      }
    })
    const simulation = await simulationOf(configOf('median', { stop: { rounds, accuracy: null } }), { blobs, procedures })
    const [initial] = simulation.host().state().models
    await simulation.run(1)
    for (const isDue of crashes) await crashWhen(simulation, isDue)
    await modelOf(simulation)
    await simulation.host().settled()
    expect(written.length).toBeGreaterThan(4 * rounds)
    expect(updates.length).toBeGreaterThanOrEqual(rounds * CLIENTS)
    const holdsUpdate = (blob: Uint8Array): boolean => updates.some((update) => Buffer.from(blob).includes(Buffer.from(update.subarray(0, 32))))
    expect(written.filter(holdsUpdate)).toEqual([])
    const { strategyState, rounds: finished } = simulation.host().state()
    const named = [initial, strategyState, ...finished.flatMap(({ models }) => models)]
    expect([...kept.keys()].filter((digest) => !named.includes(digest))).toEqual([])
  })

  test('with `mean` a federation is what it is without the word, to the last bit', async () => {
    expect(bytesOf(await modelOf(await simulationOf(configOf('mean'))))).toEqual(bytesOf(await modelOf(await simulationOf(configOf(null)))))
  })

  test('[CO84] what can not be kept is refused when the federation is made', async () => {
    const refusalOf = async (config: FederationConfig): Promise<unknown> => {
      const made = await create(config)
      return made.ok ? null : made.failure.code
    }
    const buffers: FederationConfig['model'] = {
      architecture: 'quadratic',
      parameters: [
        { name: 'w', shape: [SIZE - 1] },
        { name: 'mean', shape: [1], isBuffer: true },
      ],
      buffers: 'mean',
    }
    expect(await refusalOf(configOf('clipped', { model: buffers }))).toBe('SHOAL_ERR_IMPOSSIBLE_PAIRING')
    expect(await refusalOf(configOf('median', { model: buffers }))).toBeNull()
    const few = { cohort: { fraction: 1, min: 6, max: 14 } }
    const masking = { cohortSize: 3, kMin: 3, kDiff: 1, ring: 32, clip: 10 } as const
    expect(await refusalOf(configOf(null, { ...few, privacy: { level: 'masked', view: 'sums', robust: 'median', masking } }))).toBe('SHOAL_ERR_CONFIG')
    expect(await refusalOf(configOf(null, { privacy: { level: 'masked', view: 'sums', robust: 'clipped', masking } }))).toBe('SHOAL_ERR_IMPOSSIBLE_PAIRING')
  })
})

describe('level masked', () => {
  const masking = { cohortSize: 3, kMin: 3, kDiff: 1, ring: 32, clip: 10 } as const
  const maskedConfig = (robust: Robust, clients: number): FederationConfig =>
    configOf(null, {
      cohort: { fraction: 1, min: clients, max: 15 },
      privacy: { level: 'masked', view: 'sums', robust, masking },
      evaluation: { onClients: false, testSet: null },
      stop: { rounds: 3, accuracy: null },
    })

  test('[CO83] a false client of fifteen moves the mean, and the median of five sums not', async () => {
    const clients = clientsOf(15, 1)
    const far = await modelOf(await simulationOf(maskedConfig('mean', 15), {}, clients))
    const near = await modelOf(await simulationOf(maskedConfig('median', 15), {}, clients))
    expect(farthest(near)).toBeLessThan(0.5)
    expect(far.reduce((sum, entry) => sum + entry, 0) / SIZE).toBeGreaterThan(0.05)
    expect(Math.abs(near.reduce((sum, entry) => sum + entry, 0) / SIZE)).toBeLessThan(0.05)
  })

  test('[CO83] with fewer than five sums it is the mean, and each round says so', async () => {
    const simulation = await simulationOf(maskedConfig('median', 12), {}, clientsOf(12, 0))
    await modelOf(simulation)
    for (const { notes } of simulation.host().state().rounds) expect(notes).toEqual(['There were fewer than the 5 sums that a median takes: it is their mean.'])
  })
})

test('the policy says what stands for the mean', () => {
  const policy = policySchema.parse(policyOf(federationIdSchema.parse('fed-simulation'), configOf('median')))
  expect(policy.privacy).toEqual({ level: 'sealed', view: 'sums', robust: 'median' })
})
