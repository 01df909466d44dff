/**
 * One decision of CFL at `masked` whether a cluster is to be split, by sums alone: how many sums, how many bytes of each client, and how long. Server and clients share one process and no
 * network is between them: the time is that of all their work one after the other, which on real devices is done side by side. Exits with 1 where the planted groups are not found.
 * `node tests/bench/split-decision.mjs [--clients 30] [--parameters 10000] [--sketch 1024]` after a build.
 */
import { parseArgs } from 'node:util'
import { createRng, deriveSeed } from '@shoal/numeric'
import { federationConfigSchema } from '@shoal/protocol'
import { createMemoryEventStore, createQuadraticProcedures } from '@shoal/simulator'
import { createSimulation } from '@shoal/simulator/node'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'split-decision'
/** privacy.md 5.3, of a decision; its seconds are for 100 clients, each on its own device. */
const LIMITS = { sums: 14, bytes: 120_000, seconds: 1.5 }
const STEPS = new Set(['project', 'histogram', 'side'])
const SPLIT_ROUND = 1

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '30' }, parameters: { type: 'string', default: '10000' }, sketch: { type: 'string', default: '1024' } },
})
const clients = Number(values.clients)
const parameters = Number(values.parameters)
const sketchLength = Number(values.sketch)

const config = federationConfigSchema.parse({
  name: SEED,
  description: '',
  operator: 'nobody',
  seed: SEED,
  strategy: { name: 'cfl', options: { sketchLength, splitEvery: [SPLIT_ROUND] } },
  privacy: { level: 'masked', view: 'sums' },
  model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [parameters] }] },
  data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
  train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: clients, max: clients },
  quorum: { fraction: 1, min: 1 },
  deadlineMs: 600_000,
  computeDeadlineMs: 600_000,
  maxWeight: 100,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds: SPLIT_ROUND + 1, accuracy: null },
})

const truth = Array.from({ length: clients }, (_, client) => client % 2)
const procedures = truth.map((group, client) => {
  const rng = createRng(deriveSeed(SEED, client))
  const optimum = Float32Array.from({ length: parameters }, (_, index) => (index % 2 === group ? 0.1 : 0) + 0.01 * (rng.uniform() - 0.5))
  return createQuadraticProcedures({ optimum, examples: 10 })
})

/** What had happened when an ask was opened. @type {{ round: number, procedure: string, at: number, cpu: NodeJS.CpuUsage, bytes: number }[]} */
const marks = []
const sentBytes = () => simulation.sessions.reduce((sum, session) => sum + session.outbox().totalBytes, 0)
const store = createMemoryEventStore()
const created = await createSimulation({
  config,
  initialModel: new Float32Array(parameters),
  procedures,
  jobs: { run: async () => ({ ok: false, failure: { code: 'SHOAL_ERR_COMPUTE_FAILED' } }) },
  delays: { latencyMs: [0, 0], bytesPerMs: Number.POSITIVE_INFINITY },
  computeMs: [0, 0],
  store: {
    ...store,
    append(federation, sequence, events) {
      for (const event of events)
        if (event.type === 'ask-opened' && 'procedure' in event.ask)
          marks.push({
            round: simulation.host().state().round,
            procedure: event.ask.procedure,
            at: performance.now(),
            cpu: process.cpuUsage(),
            bytes: sentBytes(),
          })
      return store.append(federation, sequence, events)
    },
  },
})
if (!created.ok) throw new Error(`${created.failure.code} ${created.failure.detail ?? ''}`)
const simulation = created.value
if (!(await simulation.run())) throw new Error('the federation stands still')

const steps = marks.filter(({ round, procedure }) => round === SPLIT_ROUND && STEPS.has(procedure))
const first = marks.indexOf(steps[0])
const last = marks.indexOf(steps[steps.length - 1])
const before = marks[first - 1]
const [begun, done] = [marks[first], marks[last + 1]]
if (before === undefined || begun === undefined || done === undefined) throw new Error('no decision was taken')
const clusters = simulation.clients.map((client) => simulation.host().state().clients.get(client)?.cluster)
const isRight = new Set(clusters).size === 2 && truth.every((group, client) => clusters[client] === clusters[group])

/** @param {string} what @param {typeof begun} from @param {typeof begun} to @param {number} sums */
const row = (what, from, to, sums) => ({
  what,
  sums,
  bytesPerClient: (to.bytes - from.bytes) / clients,
  seconds: (to.at - from.at) / 1000,
  cpuMsPerClient: (to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system) / 1000 / clients,
})
const results = [row('the mean of the sketches, asked every round', before, begun, 1), row('the decision', begun, done, steps.length)]
printTable(
  results.map(({ what, sums, bytesPerClient, seconds, cpuMsPerClient }) => ({
    what,
    sums,
    'bytes up a client': bytesPerClient.toFixed(0),
    'seconds, all work in one process': seconds.toFixed(2),
    'CPU ms a client, its share of the server with it': cpuMsPerClient.toFixed(0),
  })),
)
const vectors = steps.reduce((sum, { procedure }) => sum + 4 * (procedure === 'histogram' ? 64 : procedure === 'side' ? 2 * sketchLength : sketchLength), 0)
console.log(
  `\naims: ${LIMITS.sums} sums, ${LIMITS.bytes} bytes, ${LIMITS.seconds} s with every client on its own device; limit: ${vectors} bytes of vectors, and the time of ${4 * steps.length} round trips`,
)
console.log(`planted groups ${isRight ? 'found' : 'NOT FOUND'}`)
writeResult('split-decision', SEED, { clients, parameters, sketchLength, limits: LIMITS, vectorBytes: vectors, isRight, results })
process.exitCode = isRight ? 0 : 1
