/**
 * What false clients do to a federation, and what stands against them: final accuracy on a test set under each rule (`robust`) with 0 to 30 % of the clients turning labels round, turning the sign of
 * their updates, sending such of turned labels a hundred times as long, or sending nothing but zeros; and what a rule costs where nobody is false and clients hold few classes each. FedAvg in the simulator, a linear
 * classifier, synthetic pictures. At level `masked` the clients of the bench are the product's, which shorten their updates to the clip: what a client that does not could do is another matter
 * (docs/privacy.md). `node tests/bench/robust.mjs [--seeds 3]` after a build. Nothing here is measured in time.
 */
import { parseArgs } from 'node:util'
import { createSyntheticImages, partitionByDirichlet, partitionEqually } from '@shoal/data'
import { createProcedures } from '@shoal/learning/procedures'
import { createRng, deriveSeed } from '@shoal/numeric'
import { failed, federationConfigSchema, float32Of } from '@shoal/protocol'
import { createSimulation } from '@shoal/simulator/node'
import { printTable, writeResult } from './shared/result-file.mjs'
import { accuracyOf, createSoftmaxLearner, softmaxParameters } from './shared/softmax-learner.mjs'

const SEED = 'robust'
const CLIENTS = 20
const EXAMPLES = 40
const TESTS = 500
const ROUNDS = 8
const SHARES = [0, 0.1, 0.2, 0.3]
const ATTACKS = /** @type {const} */ (['labels', 'sign', 'scale', 'nothing'])
const RULES = { sealed: ['mean', 'clipped', 'median', 'trimmed'], masked: ['mean', 'median'] }
const MASKING = /** @type {const} */ ({ cohortSize: 3, kMin: 3, kDiff: 1, ring: 16, clip: 1 })
/** Dirichlet's concentration: few classes each. */
const SKEW = 0.3
const CLASSES = 10

const SIDE = 14
const PARAMETERS = softmaxParameters(SIDE * SIDE)

/** The pictures are easy ones: so much of each is noise. */
const NOISE_SHARE = 0.65

/** Every other pixel of every other row. @param {number} count @param {string} seed @returns {import('@shoal/data').LabelledImages} */
function picturesOf(count, seed) {
  const set = createSyntheticImages(count, seed)
  const rng = createRng(deriveSeed(seed, 'noise'))
  const pixels = new Uint8Array(count * SIDE * SIDE)
  for (let index = 0; index < pixels.length; index += 1) {
    const [example, row, column] = [Math.floor(index / SIDE / SIDE), Math.floor(index / SIDE) % SIDE, index % SIDE]
    pixels[index] = (1 - NOISE_SHARE) * set.pixels[(example * 2 * SIDE + 2 * row) * 2 * SIDE + 2 * column] + NOISE_SHARE * rng.below(256)
  }
  return { count, labels: set.labels, shape: [SIDE, SIDE, 1], pixels }
}
const testSet = picturesOf(TESTS, `${SEED} test`)

/** @typedef {'sealed' | 'masked'} Level */
/** @typedef {'none' | typeof ATTACKS[number]} Attack */
/** @typedef {{ level: Level, rule: string, attack: Attack, falseClients: number, isSkewed: boolean, seed: string }} Case */

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '3' } } })
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => `${SEED} ${index}`)

/** @param {Case} of */
const configOf = ({ level, rule, seed }) =>
  federationConfigSchema.parse({
    name: 'Bench',
    description: '',
    operator: 'nobody',
    seed,
    strategy: { name: 'fedavg', options: {} },
    privacy: { level, view: 'sums', robust: rule, ...(level === 'masked' ? { masking: MASKING } : {}) },
    model: { architecture: 'softmax', parameters: [{ name: 'w', shape: [PARAMETERS] }] },
    data: { kind: 'image', shape: [SIDE, SIDE, 1], classes: Array.from({ length: CLASSES }, (_, label) => String(label)) },
    train: { steps: 5, batchSize: 8, learningRate: 0.05, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: CLIENTS, max: CLIENTS },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 60_000,
    computeDeadlineMs: 60_000,
    maxWeight: EXAMPLES,
    evaluation: { onClients: false, testSet: null },
    stop: { rounds: ROUNDS, accuracy: null },
  })

/** What a false client makes of its update. @type {Record<Attack, (entry: number) => number>} */
const MADE = { none: (entry) => entry, labels: (entry) => entry, sign: (entry) => -entry, scale: (entry) => 100 * entry, nothing: () => 0 }

/** A client's procedures; a false one's lie. @param {Case} of @param {import('@shoal/data').LabelledImages} shard @param {number} client */
function proceduresOf({ attack, falseClients }, shard, client) {
  const isFalse = client < falseClients
  const labels = isFalse && (attack === 'labels' || attack === 'scale') ? shard.labels.map((label) => CLASSES - 1 - label) : shard.labels
  const train = { ...shard, labels }
  const local = createProcedures(createSoftmaxLearner(train))
  return {
    /** @type {import('@shoal/client').Procedures['run']} */
    async run(call, onProgress) {
      const result = await local.run(call, (done, total) => onProgress(done / total))
      if (!isFalse || !result.ok || result.value.kind !== 'parts') return result
      return { ok: true, value: { ...result.value, parts: result.value.parts.map((part) => ({ ...part, vector: part.vector.map(MADE[attack]) })) } }
    },
    endRound: local.endRound,
    cancel: () => undefined,
  }
}

/** @type {Map<string, import('@shoal/data').LabelledImages[]>} */
const dealt = new Map()

/** @param {string} seed @param {boolean} isSkewed */
function shardsOf(seed, isSkewed) {
  const key = `${seed} ${isSkewed}`
  const set = dealt.has(key) ? null : picturesOf(CLIENTS * EXAMPLES, deriveSeed(seed, 'pictures'))
  const rng = createRng(deriveSeed(seed, 'parts'))
  if (set !== null) dealt.set(key, isSkewed ? partitionByDirichlet(set, CLIENTS, SKEW, rng) : partitionEqually(set, CLIENTS, rng))
  return dealt.get(key) ?? []
}

/** Accuracy at the end, and how many clients the last round was over. @param {Case} of */
async function run(of) {
  const { seed, isSkewed } = of
  const volunteers = shardsOf(seed, isSkewed).map((shard, client) => proceduresOf(of, shard, client))
  const created = await createSimulation({
    config: configOf(of),
    initialModel: new Float32Array(PARAMETERS),
    procedures: volunteers,
    jobs: { run: async () => failed('SHOAL_ERR_COMPUTE_FAILED') },
  })
  if (!created.ok) throw new Error(`${created.failure.code} ${created.failure.detail ?? ''}`)
  const simulation = created.value
  await simulation.run()
  const { models, rounds } = simulation.host().state()
  const bytes = await simulation.blobs.get(models[0])
  const model = bytes.ok ? float32Of(bytes.value) : bytes
  if (!model.ok) throw new Error(model.failure.code)
  return { accuracy: accuracyOf(model.value, testSet), clients: rounds.at(-1)?.clients ?? 0 }
}

/** @param {number[]} all */
const meanOf = (all) => all.reduce((sum, one) => sum + one, 0) / all.length

/** Every rule at every level, with every kind and share of false clients. */
const rows = /** @type {const} */ (['sealed', 'masked']).flatMap((level) =>
  RULES[level].flatMap((rule) =>
    [
      ...[false, true].map((isSkewed) => ({ attack: /** @type {Attack} */ ('none'), share: 0, isSkewed })),
      ...ATTACKS.flatMap((attack) => SHARES.filter((share) => share > 0).map((share) => ({ attack, share, isSkewed: false }))),
    ].map((of) => ({ level, rule, ...of, accuracies: /** @type {number[]} */ ([]), clients: CLIENTS })),
  ),
)
for (const [done, seed] of seeds.entries()) {
  for (const row of rows) {
    const { accuracy, clients } = await run({ ...row, falseClients: Math.round(row.share * CLIENTS), seed })
    row.accuracies.push(accuracy)
    row.clients = Math.min(row.clients, clients)
  }
  // Whoever stops it has the seeds that are through.
  const results = rows.map(({ accuracies, ...row }) => ({ ...row, accuracy: meanOf(accuracies), least: Math.min(...accuracies) }))
  writeResult('robust', SEED, { clients: CLIENTS, examples: EXAMPLES, rounds: ROUNDS, seeds: done + 1, skew: SKEW, masking: MASKING, results })
  console.log(`${done + 1} of ${seeds.length} seeds`)
}
printTable(
  rows.map(({ level, rule, attack, share, isSkewed, accuracies, clients }) => ({
    level,
    rule,
    'false clients': isSkewed ? 'none, few classes each' : `${100 * share} % ${attack}`,
    accuracy: meanOf(accuracies).toFixed(3),
    least: Math.min(...accuracies).toFixed(3),
    'in the last round': clients,
  })),
)
