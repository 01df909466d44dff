import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FederationConfig, type InviteView, inviteViewSchema, type Network, policySchema } from '@shoal/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildServer } from './application.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shoal-founding-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** The model that a volunteer reads in the policy of a federation made from this request. */
async function modelOf(model: unknown): Promise<FederationConfig['model']> {
  const federations = join(directory, 'federations.json')
  writeFileSync(federations, JSON.stringify([{ ...REQUEST, model }]))
  const server = await buildServer({ dataDirectory: join(directory, 'data'), logLevel: 'silent', federations })
  try {
    const [link] = await server.inviteLinks()
    const token = /\/join\/([^?#/]+)/.exec(link!.url)![1]
    const invite: InviteView = inviteViewSchema.parse((await server.app.inject({ url: `/api/invites/${token}` })).json())
    return policySchema.parse(JSON.parse(invite.policy.text)).model
  } finally {
    await server.close()
  }
}

const REQUEST = {
  name: 'Plants',
  description: '',
  operator: 'Somebody',
  seed: 'plants',
  strategy: { name: 'fedavg', options: {} },
  privacy: { level: 'sealed', view: 'sums' },
  data: {
    kind: 'table',
    shape: [1, 4, 1],
    classes: ['fern', 'reed'],
    columns: [
      { kind: 'number', name: 'height', min: 0, max: 200 },
      { kind: 'word', name: 'habitat', words: ['dry', 'wet', 'shade'] },
    ],
    label: 'species',
  },
  train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 1, max: 10 },
  quorum: { fraction: 0.5, min: 1 },
  deadlineMs: 1000,
  computeDeadlineMs: 1000,
  maxWeight: 10,
  evaluation: { onClients: false, testSet: null },
  stop: { rounds: 1, accuracy: null },
}
const NETWORK: Network = { inputShape: [1, 4, 1], classes: 2, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'only', units: 2 }] }
const PARAMETERS = [
  { name: 'only/kernel', shape: [4, 2] },
  { name: 'only/bias', shape: [2] },
]

test('a network that the request gives stands in the policy, its parameters filled in', async () => {
  expect(await modelOf({ architecture: 'mine', network: NETWORK })).toEqual({ architecture: 'mine', network: NETWORK, parameters: PARAMETERS })
})

test('a network is made for the data where the request asks for one', async () => {
  const { network, parameters } = await modelOf({ architecture: 'proposed', buffers: 'none' })
  expect(network).toMatchObject({ inputShape: [1, 4, 1], classes: 2 })
  expect(parameters.map(({ shape }) => shape)).toEqual([[4, 32], [32], [32, 2], [2]])
})

test.each([
  ['that does not take the data', { ...NETWORK, inputShape: [1, 5, 1] }, 'SHOAL_ERR_MODEL_NETWORK'],
  ['whose layers do not fit', { ...NETWORK, layers: NETWORK.layers.slice(1) }, 'SHOAL_ERR_MODEL_NETWORK'],
  ['that is none', { layers: 'many' }, 'SHOAL_ERR_CONFIG'],
])('a network %s is refused by code', async (_what, network, code) => {
  await expect(modelOf({ architecture: 'mine', network })).rejects.toMatchObject({ failure: { code } })
})
