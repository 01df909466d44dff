import { createSyntheticTable, partitionEqually, proposeMapping, readTable, splitTrainTest } from '@shoal/data'
import { parametersOf } from '@shoal/learning'
import { proposedNetwork } from '@shoal/learning/network'
import { createRng } from '@shoal/numeric'
import { type DataContract, type FederationConfig, federationConfigSchema, type TableColumn } from '@shoal/protocol'
import { expect, test, vi } from 'vitest'
import { runSimulation } from './simulated-run.ts'

// Training on a machine that does other work besides.
vi.setConfig({ testTimeout: 60_000 })

const SEED = 'plants'
const CLIENTS = 4
const { rows, form } = createSyntheticTable(480, SEED)
const columns = form.columns.map((column): TableColumn => (column.kind === 'word' ? { ...column, words: [...column.words] } : { ...column }))
const data: DataContract = { kind: 'table', shape: [1, 5, 1], classes: [...form.classes], columns, label: form.label }
const network = proposedNetwork(data)
const model: FederationConfig['model'] = { architecture: 'proposed', network, parameters: parametersOf(network) }

const configOf = (change: Partial<FederationConfig> = {}): FederationConfig =>
  federationConfigSchema.parse({
    name: 'Plants',
    description: '',
    operator: 'nobody',
    seed: SEED,
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model,
    data,
    train: { steps: 15, batchSize: 16, learningRate: 0.3, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: CLIENTS, max: CLIENTS },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 30_000,
    computeDeadlineMs: 30_000,
    maxWeight: 1000,
    evaluation: { onClients: true, testSet: null },
    stop: { rounds: 5, accuracy: null },
    ...change,
  })

function shards() {
  const { examples } = readTable(rows, form, proposeMapping(Object.keys(rows[0]!), [...form.columns.map(({ name }) => name), form.label]))
  return partitionEqually(examples, CLIENTS, createRng(SEED)).map((part, index) => splitTrainTest(part, 0.25, createRng(`${SEED}/${index}`)))
}

test(`a federation over the rows of a table learns it in a few rounds (seed ${SEED})`, async () => {
  const { rounds, accuracy, reason } = await runSimulation({ config: configOf(), shards: shards(), testSet: null, backend: 'wasm' })
  expect(reason).toBe('all 5 rounds are done')
  expect(rounds).toHaveLength(5)
  // Each of three species is a third of the rows.
  expect(accuracy).toBeGreaterThan(0.9)
})

test('a network whose layers do not fit is refused by code', async () => {
  const config = configOf({ model: { ...model, network: { ...network, layers: network.layers.slice(1) } } })
  await expect(runSimulation({ config, shards: shards(), testSet: null, backend: 'wasm' })).rejects.toMatchObject({
    failure: { code: 'SHOAL_ERR_MODEL_NETWORK' },
  })
})
