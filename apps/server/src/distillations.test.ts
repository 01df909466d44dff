import type { JobWatch } from '@shoal/coordinator'
import { createRng } from '@shoal/numeric'
import { type DistilArgs, federationIdSchema } from '@shoal/protocol'
import { afterEach, expect, test } from 'vitest'
import { createDistillations, type Distillations } from './distillations.ts'

const ARCHITECTURE = 'cnn-6186'
const PARAMETERS = 6186
const TIMEOUT_MS = 60_000
const [SEA, LAKE] = ['thesea00', 'thelake0'].map((name) => federationIdSchema.parse(`fed-${name}`))

const model = (seed: string): Float32Array => {
  const rng = createRng(seed)
  return Float32Array.from({ length: PARAMETERS }, () => 0.1 * rng.normal())
}

const argsOf = (iterations: number): DistilArgs => ({
  teachers: [model('one'), model('two')],
  sizes: [100, 100],
  counts: [new Array(10).fill(10), new Array(10).fill(10)],
  start: model('start'),
  generator: null,
  options: {
    iterations,
    generatorSteps: 1,
    studentSteps: 2,
    batchSize: 10,
    temperature: 1,
    fidelity: 1,
    adversarial: 0.1,
    diversity: 1,
    batchNorm: 0,
    disagreement: 'kl',
    generatorRate: 1e-3,
    studentRate: 0.003,
    noise: 4,
    channels: 2,
    warmUp: 2,
    sampler: 'counts',
    weighting: 'counts',
    isGated: false,
    mostTeachers: 16,
    largestWeight: 1,
  },
  seed: 'distillations',
})

/** Nobody gives up. */
const patient: JobWatch = { onGivenUp: () => undefined, onProgress: () => undefined }
const ENDLESS = 1_000_000
const GIVEN_UP = { ok: false, failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } }

function createMoment() {
  let happen = (): void => undefined
  const come = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { come, happen: () => happen() }
}

let distillations: Distillations
afterEach(() => distillations.close())

const order = (federation: typeof SEA, iterations: number, watch: JobWatch = patient) =>
  distillations.run({ of: { architecture: ARCHITECTURE }, args: argsOf(iterations), federation, timeoutMs: TIMEOUT_MS, watch })

test('invariant 12: a thread distils, tells how far it is, and comes to the same twice', async () => {
  distillations = createDistillations()
  const shares: number[] = []
  const one = await order(SEA, 2, { ...patient, onProgress: (share) => shares.push(share) })
  const other = await order(SEA, 2)
  if (!one.ok || !other.ok) throw new Error('not distilled')
  expect(one.value.universal).toHaveLength(model('start').length)
  expect(one.value.universal).not.toEqual(model('start'))
  expect(other.value).toEqual({ ...one.value, report: { ...one.value.report, seconds: other.value.report.seconds } })
  expect(shares).toEqual(Array.from({ length: 8 }, (_, step) => (step + 1) / 8))
})

test('guard: what is given up ends at its next step, and the next one of another federation has its turn', async () => {
  distillations = createDistillations()
  let giveUp = (): void => undefined
  const begun = createMoment()
  const endless = order(SEA, ENDLESS, { onGivenUp: (callback) => (giveUp = callback), onProgress: () => begun.happen() })
  const next = order(LAKE, 1)
  await begun.come
  giveUp()
  expect(await endless).toMatchObject(GIVEN_UP)
  expect(await next).toMatchObject({ ok: true })
})

test('guard: of one federation the latest wins, whether the older is at work or waits', async () => {
  distillations = createDistillations()
  const begun = createMoment()
  const first = order(SEA, ENDLESS, { ...patient, onProgress: () => begun.happen() })
  const waiting = order(LAKE, ENDLESS)
  await begun.come
  const [second, third] = [order(SEA, 1), order(LAKE, 1)]
  expect(await Promise.all([first, waiting, second, third])).toMatchObject([GIVEN_UP, GIVEN_UP, { ok: true }, { ok: true }])
})

test('models that are not of one length fail, and the next has its turn', async () => {
  distillations = createDistillations()
  const args = argsOf(1)
  const odd = { ...args, teachers: [model('one'), model('two').subarray(1)] }
  const failedOne = distillations.run({ of: { architecture: ARCHITECTURE }, args: odd, federation: SEA, timeoutMs: TIMEOUT_MS, watch: patient })
  expect(await failedOne).toMatchObject(GIVEN_UP)
  expect(await order(LAKE, 1)).toMatchObject({ ok: true })
})

test('guard: time-out: what is not done in its time fails, and the next has a thread', async () => {
  distillations = createDistillations()
  const late = distillations.run({ of: { architecture: ARCHITECTURE }, args: argsOf(ENDLESS), federation: SEA, timeoutMs: 1, watch: patient })
  expect(await late).toMatchObject(GIVEN_UP)
  expect(await order(SEA, 1)).toMatchObject({ ok: true })
})

test('guard: worker crash or the server stopping: the job fails', async () => {
  distillations = createDistillations()
  const begun = createMoment()
  const endless = order(SEA, ENDLESS, { ...patient, onProgress: () => begun.happen() })
  await begun.come
  await distillations.close()
  expect(await endless).toMatchObject(GIVEN_UP)
})
