import { createQuantiser, createRng } from '@shoal/numeric'
import {
  createAggregatorKeys,
  createFederationKeyPair,
  loadSodium,
  openContribution,
  parseEnvelope,
  sealContribution,
  signPolicy,
  verifyAggregatorKey,
  verifyPolicy,
} from '@shoal/privacy'
import { decryptAes256Gcm } from '@shoal/privacy/node'
import { askIdOf, bytesOf, decodeFrame, digestSchema, encodeFrame, federationIdSchema, float32Of, type Policy, type Result } from '@shoal/protocol'
import { parseParts, parseRows } from '../../packages/coordinator/src/contribution-parts.ts'
import type { SumAskSpec } from '../../packages/coordinator/src/federation-event.ts'
import { mutateBytes, mutateFrame } from './byte-mutator.ts'
import { createDecoder, type Decoder } from './decoder.ts'
import { mutateJson } from './json-mutator.ts'

const LENGTH = 16
const ASK = askIdOf(0, 0)
const FEDERATION = federationIdSchema.parse('fed-00000000')

const POLICY: Policy = {
  version: 1,
  federation: FEDERATION,
  name: 'hostile',
  description: '',
  operator: 'nobody',
  strategy: 'fedavg',
  privacy: { level: 'sealed', view: 'sums' },
  model: { architecture: 'quadratic', parameters: [{ name: 'w', shape: [LENGTH] }] },
  data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
  train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
  cohort: { fraction: 1, min: 3, max: 3 },
  maxWeight: 100,
  evaluatesOnClients: false,
}

const sizeOfBytes = ({ length }: Uint8Array): number => length

/** What volunteers upload: frames, their parts and rows, and the envelope around them; and what is signed. */
export async function contributionDecoders(seed: string): Promise<Decoder[]> {
  const sodium = await loadSodium()
  const rng = createRng(seed)
  const vectorOf = (length: number): Float32Array => Float32Array.from({ length }, () => rng.uniform() - 0.5)
  const partsFrame = (...parts: readonly (readonly [block: number, weight: number])[]): Uint8Array =>
    encodeFrame({ parts: parts.map(([block, weight]) => [block, LENGTH, weight]) }, bytesOf(vectorOf(LENGTH * parts.length)))
  const rowsFrame = (count: number): Uint8Array => encodeFrame({ rows: Array.from({ length: count }, () => LENGTH) }, bytesOf(vectorOf(LENGTH * count)))
  const quantised = createQuantiser({ length: LENGTH, seed: ASK }).quantise(vectorOf(LENGTH), (count) => Uint32Array.from({ length: count }, () => rng.word()))
  const int8Frame = encodeFrame(
    { parts: [[0, LENGTH, 5]], encoding: 'int8' },
    Uint8Array.from([...bytesOf(quantised.scales), ...new Uint8Array(quantised.steps.buffer)]),
  )
  const spec: SumAskSpec = {
    kind: 'sum',
    ask: ASK,
    procedure: 'train',
    args: {},
    models: [digestSchema.parse('0'.repeat(64))],
    vectors: [],
    of: null,
    place: { by: 'everyone' },
    vectorLengths: [LENGTH],
  }
  const everyBlock: SumAskSpec = { ...spec, place: { by: 'every', blocks: 3 }, vectorLengths: [LENGTH, LENGTH, LENGTH] }
  const limits = { maxAbs: 64, maxWeight: 100 }
  const donors = [partsFrame([0, 5]), partsFrame([0, 1], [2, 100]), rowsFrame(2), int8Frame]
  const read = (name: string, samples: readonly Uint8Array[], decode: (frame: Uint8Array) => Result<unknown>): Decoder =>
    createDecoder({ name, samples, donors, mutate: mutateFrame, decode, sizeOf: sizeOfBytes })

  const federationKeyPair = createFederationKeyPair(sodium)
  const { aggregatorKey, secret } = createAggregatorKeys(sodium, { federation: FEDERATION, epoch: 1, federationKeyPair })
  const verified = verifyAggregatorKey(sodium, aggregatorKey, { federation: FEDERATION, federationKey: federationKeyPair.publicKey })
  if (!verified.ok) throw new Error(verified.failure.code)
  const signed = signPolicy(sodium, POLICY, federationKeyPair)
  const context = { federation: FEDERATION, ask: ASK, policyHash: new Uint8Array(32) }
  const letter = { aggregatorKey: verified.value, context, frame: partsFrame([0, 5]) }
  const envelopes = await Promise.all([crypto.subtle, null].map((subtle) => sealContribution({ sodium, subtle }, letter)))
  const opened = createDecoder({
    name: 'envelope, opened',
    samples: envelopes,
    mutate: mutateBytes,
    decode: (envelope) => openContribution({ sodium, decryptAes256Gcm }, { secret, context, envelope }),
    sizeOf: sizeOfBytes,
  })
  return [
    read('frame', donors, decodeFrame),
    read('parts', [partsFrame([0, 5]), partsFrame([0, 100])], (frame) => parseParts(frame, { spec, assigned: 0, encoding: 'float32', ...limits })),
    read('parts of several blocks', [partsFrame([0, 1], [2, 100]), partsFrame([1, 7])], (frame) =>
      parseParts(frame, { spec: everyBlock, assigned: null, encoding: 'float32', ...limits }),
    ),
    read('parts in int8', [int8Frame], (frame) => parseParts(frame, { spec, assigned: 0, encoding: 'int8', ...limits })),
    read('rows', [rowsFrame(1), rowsFrame(3)], (frame) => parseRows(frame, { ...spec, kind: 'rows', rowLength: LENGTH, maxRows: 3 })),
    createDecoder({
      name: 'float32 entries',
      samples: [bytesOf(vectorOf(LENGTH))],
      mutate: mutateBytes,
      decode: float32Of,
      encode: bytesOf,
      sizeOf: sizeOfBytes,
    }),
    createDecoder({ name: 'envelope', samples: envelopes, mutate: mutateBytes, decode: parseEnvelope, sizeOf: sizeOfBytes }),
    opened,
    createDecoder<unknown, unknown>({
      name: 'signed policy',
      samples: [signed],
      mutate: (sample, _donors, caseRng) => mutateJson(sample, caseRng, [signPolicy(sodium, { ...POLICY, name: 'another' }, createFederationKeyPair(sodium))]),
      decode: (message) => verifyPolicy(sodium, message, federationKeyPair.publicKey),
      sizeOf: sizeOfJson,
    }),
    // A federation's operator may sign whatever it likes.
    createDecoder<unknown, unknown>({
      name: 'policy rightly signed',
      samples: [POLICY],
      mutate: (policy, _donors, caseRng) => mutateJson(policy, caseRng),
      decode: (policy) => verifyPolicy(sodium, signPolicy(sodium, policy as Policy, federationKeyPair), federationKeyPair.publicKey),
      sizeOf: sizeOfJson,
    }),
  ]
}

export const sizeOfJson = (value: unknown): number => (JSON.stringify(value) ?? '').length
