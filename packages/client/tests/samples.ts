import {
  type AdmissionMessage,
  type AskId,
  type AskMessage,
  askIdOf,
  clientIdSchema,
  type Digest,
  digestSchema,
  type FederationView,
  federationIdSchema,
  inviteTokenSchema,
  type Policy,
  type SessionToken,
  type Standing,
  sessionTokenSchema,
} from '@shoal/protocol'

/** Well-formed messages, so that a test only writes what it is about. */

export const FEDERATION = federationIdSchema.parse('fed-testtest')
export const INVITE = inviteTokenSchema.parse('invite-invite-invite')
export const CLIENT = clientIdSchema.parse('cl-testtest')
export const tokenOf = (letter: string): SessionToken => sessionTokenSchema.parse(letter.repeat(43))
export const digestSample = (letter: string): Digest => digestSchema.parse(letter.repeat(64))

export const viewOf = (patch: Partial<FederationView> = {}): FederationView => ({
  id: FEDERATION,
  version: 1,
  name: 'Test',
  strategy: 'fedavg',
  privacy: 'sealed',
  lifecycle: 'running',
  reason: '',
  round: 0,
  clientsHere: 2,
  clientsNeeded: 2,
  openAsk: null,
  models: [],
  rounds: [],
  ...patch,
})

export const openAskOf = (ask: AskId): FederationView['openAsk'] => ({ ask, procedure: 'train', asked: 0, answered: 0, gone: 0, deadlineAt: 0 })

export const askOf = (round: number, index: number, patch: Partial<AskMessage> = {}): AskMessage => ({
  ask: askIdOf(round, index),
  federation: FEDERATION,
  round,
  kind: 'sum',
  procedure: 'train',
  args: {},
  models: [],
  vectors: [],
  of: null,
  block: 0,
  labels: null,
  cluster: 0,
  vectorLengths: [2],
  maxRows: 0,
  encoding: 'float32',
  maxWeight: 100,
  seed: 'seed',
  deadlineInMs: 60_000,
  ...patch,
})

export const admissionOf = (partition: number, patch: Partial<AdmissionMessage> = {}): AdmissionMessage => ({
  federation: FEDERATION,
  partition,
  cluster: null,
  procedure: 'nearest-direction',
  args: {},
  models: [],
  vectors: [],
  seed: 'seed',
  ...patch,
})

export const keyOf = (epoch: number): Standing['aggregatorKey'] => ({ epoch, publicKey: 'key', signature: 'good' })

export const standingOf = (patch: Partial<Standing> = {}): Standing => ({
  client: CLIENT,
  view: viewOf(),
  aggregatorKey: keyOf(1),
  ask: null,
  received: 'nothing',
  models: [],
  cluster: 0,
  admission: null,
  ...patch,
})

export const POLICY: Policy = {
  version: 1,
  federation: FEDERATION,
  name: 'Test',
  description: '',
  operator: 'A tester',
  strategy: 'fedavg',
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'mlp', parameters: [{ name: 'w', shape: [2] }] },
  data: { kind: 'image', shape: [28, 28, 1], classes: ['a', 'b'] },
  train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 2, max: 10 },
  maxWeight: 100,
  evaluatesOnClients: false,
}
