import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  type BlobStore,
  type Clock,
  type CoordinatorPorts,
  createFederation,
  type EventStore,
  type FederationHost,
  type Jobs,
  policyOf,
  type Report,
  recoverFederation,
} from '@shoal/coordinator'
import {
  type AggregatorSecret,
  createAggregatorKeys,
  createFederationKeyPair,
  createVault,
  openContribution,
  policyHash,
  type Sodium,
  signPolicy,
  toBase64,
} from '@shoal/privacy'
import { createAes256GcmDecryption } from '@shoal/privacy/node'
import {
  type AggregatorKey,
  type Digest,
  type FederationConfig,
  type FederationId,
  failed,
  federationIdSchema,
  type Result,
  type SignedPolicy,
  succeeded,
} from '@shoal/protocol'
import { createNodeAesMasks, createNodeChaChaMasks } from '@shoal/secure-sum/node'
import type { Strategy } from '@shoal/strategies'
import { openBlobStore } from './blob-store.ts'
import type { FederationSecretStore, FederationSecrets } from './federation-secrets.ts'
import type { MaskThreads } from './mask-threads.ts'
import type { SocketAudience } from './socket-audience.ts'

/** A federation as the server serves it. */
export interface ServedFederation {
  readonly host: FederationHost
  readonly policy: SignedPolicy
  /** URL-safe base64 of the hash of the policy's text: what every volunteer must have agreed to. */
  readonly policyHash: string
  readonly aggregatorKey: AggregatorKey
  readonly blobs: BlobStore
}

export interface FederationRegistry {
  find(id: FederationId): ServedFederation | undefined
  all(): readonly ServedFederation[]
  /** The federation that lets participants download this model. */
  serving(digest: Digest): ServedFederation | undefined
  create(config: FederationConfig, initialModel: Float32Array): Promise<Result<ServedFederation>>
  /** Brings back every federation of the log. One that can not be brought back is reported and left alone. */
  recoverAll(): Promise<void>
  close(): Promise<void>
}

export interface RegistryOptions {
  readonly dataDirectory: string
  readonly sodium: Sodium
  readonly store: EventStore
  readonly secrets: FederationSecretStore
  readonly clock: Clock
  readonly audience: SocketAudience
  readonly jobs: Jobs
  /** Where sums are unmasked. */
  readonly masks: MaskThreads
  readonly report: Report
  readonly strategies: ReadonlyMap<string, Strategy<unknown>>
  /** Number of this start of the server: contributions sealed for an earlier one can no longer be opened. */
  readonly epoch: number
}

export function createFederationRegistry(options: RegistryOptions): FederationRegistry {
  const { sodium, store, clock, audience, jobs, masks, report, strategies, secrets, epoch } = options
  const federations = new Map<FederationId, ServedFederation>()
  // Each contribution is folded, or its rows copied, before the next one is opened.
  const decryptAes256Gcm = createAes256GcmDecryption()
  const aesMasks = masks.threaded(createNodeAesMasks())
  const chaChaMasks = masks.threaded(createNodeChaChaMasks(sodium))

  async function serve(
    id: FederationId,
    { keyPair, policy }: FederationSecrets,
    begin: (ports: CoordinatorPorts) => Promise<Result<FederationHost>>,
  ): Promise<Result<ServedFederation>> {
    const { aggregatorKey, secret } = createAggregatorKeys(sodium, { federation: id, epoch, federationKeyPair: keyPair })
    const hash = policyHash(sodium, policy.text)
    const blobs = await openBlobStore(join(options.dataDirectory, 'blobs', id))
    const host = await begin({
      store,
      blobs,
      vault: createVault(sodium, keyPair),
      clock,
      audience: audience.of(id),
      jobs,
      open: openerOf(secret, hash),
      sums: { sodium, signing: keyPair, policyHash: hash, epoch, suite: (id) => (id === 1 ? aesMasks : chaChaMasks) },
      report,
      strategies,
    })
    if (!host.ok) return host
    const served: ServedFederation = { host: host.value, policy, policyHash: toBase64(sodium, hash), aggregatorKey, blobs }
    federations.set(id, served)
    return succeeded(served)
  }

  const openerOf =
    (secret: AggregatorSecret, hash: Uint8Array): CoordinatorPorts['open'] =>
    (sealed, federation, ask) =>
      openContribution({ sodium, decryptAes256Gcm }, { secret, context: { federation, ask, policyHash: hash }, envelope: sealed })

  return {
    find: (id) => federations.get(id),
    all: () => [...federations.values()],
    serving: (digest) => [...federations.values()].find(({ host }) => host.serves(digest)),
    async create(config, initialModel) {
      const id = federationIdSchema.parse(`fed-${randomBytes(8).toString('hex')}`)
      const keyPair = createFederationKeyPair(sodium)
      const created: FederationSecrets = { keyPair, policy: signPolicy(sodium, policyOf(id, config), keyPair) }
      // Before the log's first event: a federation without its keys could not go on after a crash; keys without a federation harm nobody.
      const saved = await secrets.save(id, created)
      if (!saved.ok) return saved
      const served = await serve(id, created, (ports) => createFederation(ports, { id, config, initialModel }))
      // Nothing has happened to it yet that would be told: operators who are watching hear of it all the same.
      if (served.ok) audience.of(id).view(served.value.host.view())
      return served
    },
    async recoverAll() {
      for (const id of await store.federations()) {
        const found = await secrets.find(id)
        const recovered =
          found === null ? failed('SHOAL_ERR_UNKNOWN_FEDERATION', 'its keys are missing') : await serve(id, found, (ports) => recoverFederation(ports, id))
        if (!recovered.ok) report(id, 'can not be recovered', recovered.failure)
      }
    },
    async close() {
      await Promise.all([...federations.values()].map(({ host }) => host.close()))
      federations.clear()
    },
  }
}
