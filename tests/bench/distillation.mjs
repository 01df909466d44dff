/**
 * One distillation of an expert out of K LeNet-5 (DisUE, I = 10, B = 64), in the server's thread for it, by generators of 8 and 16 channels: seconds of the first, which warms its generator up,
 * and of one that goes on with it; and the longest stall of the event loop of the thread that serves clients, from the order on. Exits with 1 where a limit is exceeded or nothing comes of it.
 * `node tests/bench/distillation.mjs [--clusters 4] [--channels 8,16]` after a build.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { architectureOf, initialParameters } from '@shoal/learning/zoo'
import { federationIdSchema } from '@shoal/protocol'
import { createDistillations } from '../../apps/server/dist/distillations.js'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'distillation'
const ARCHITECTURE = 'lenet-5'
const CLASSES = 10
const EXAMPLES = 1600
const LIMITS = { seconds: 30, stallMs: 50 }
const TIMEOUT_MS = 600_000
const RESOLUTION_MS = 5

const { values } = parseArgs({ options: { clusters: { type: 'string', default: '4' }, channels: { type: 'string', default: '8,16' } } })
const clusters = Number(values.clusters)
const network = architectureOf(ARCHITECTURE)
const federation = federationIdSchema.parse('fed-distillation')
const distillations = createDistillations()

/** @param {number} channels @param {Float32Array | null} generator */
async function measure(channels, generator) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  const startedAt = performance.now()
  const distilled = await distillations.run({
    of: { architecture: ARCHITECTURE },
    args: {
      teachers: Array.from({ length: clusters }, (_, cluster) => initialParameters(network, `${SEED} ${cluster}`)),
      sizes: Array.from({ length: clusters }, () => EXAMPLES),
      counts: Array.from({ length: clusters }, () => Array.from({ length: CLASSES }, () => EXAMPLES / CLASSES)),
      start: initialParameters(network, SEED),
      generator,
      options: {
        iterations: 10,
        generatorSteps: 1,
        studentSteps: 5,
        batchSize: 64,
        temperature: 1,
        fidelity: 1,
        adversarial: 0.1,
        diversity: 1,
        batchNorm: 0,
        disagreement: 'kl',
        generatorRate: 1e-3,
        studentRate: 0.003,
        noise: 100,
        channels,
        warmUp: 60,
        sampler: 'counts',
        weighting: 'counts',
        isGated: false,
        mostTeachers: 16,
        largestWeight: 1,
      },
      seed: SEED,
    },
    federation,
    timeoutMs: TIMEOUT_MS,
    watch: { onGivenUp: () => {}, onProgress: () => {} },
  })
  const seconds = (performance.now() - startedAt) / 1000
  delays.disable()
  if (!distilled.ok) throw new Error(`${distilled.failure.code} ${distilled.failure.detail ?? ''}`)
  const { refusal, generator: learned } = distilled.value
  return { learned, row: { channels, isFirst: generator === null, seconds, stallMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS), isRight: refusal === null } }
}

const results = []
for (const channels of values.channels.split(',').map(Number)) {
  const first = await measure(channels, null)
  const next = await measure(channels, first.learned)
  results.push(first.row, next.row)
}
await distillations.close()
printTable(
  results.map(({ channels, isFirst, seconds, stallMs, isRight }) => ({
    'channels of the generator': channels,
    distillation: isFirst ? 'the first, with its warm-up' : 'a later one',
    seconds: seconds.toFixed(1),
    'longest stall ms': stallMs.toFixed(1),
    'came to something': isRight ? 'yes' : 'NO',
  })),
)
const isWithin = results.every((row) => row.isRight && row.seconds <= LIMITS.seconds && row.stallMs <= LIMITS.stallMs)
console.log(`limits: ${LIMITS.seconds} s, no stall over ${LIMITS.stallMs} ms: ${isWithin ? 'kept' : 'EXCEEDED'}`)
writeResult('distillation', SEED, { clusters, limits: LIMITS, results })
process.exitCode = isWithin ? 0 : 1
