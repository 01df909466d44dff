import {
  createMemoryStorage,
  createSodiumSealer,
  createVolunteerSession,
  type Masker,
  type Procedures,
  type Transport,
  type VolunteerSession,
} from '@shoal/client'
import {
  type Audience,
  type BlobStore,
  type CoordinatorPorts,
  createFederation,
  type EventStore,
  type FederationHost,
  type FederationState,
  type Jobs,
  policyOf,
  recoverFederation,
  type SumService,
} from '@shoal/coordinator'
import { createRng, deriveSeed } from '@shoal/numeric'
import {
  type AggregatorSecret,
  clientIdOf,
  createAggregatorKeys,
  createFederationKeyPair,
  createVault,
  type DecryptAes256Gcm,
  loadSodium,
  openContribution,
  policyHash,
  type Sodium,
  signPolicy,
} from '@shoal/privacy'
import {
  type ClientId,
  type Digest,
  type Failure,
  type FederationConfig,
  federationIdSchema,
  inviteTokenSchema,
  type Result,
  ShoalError,
} from '@shoal/protocol'
import type { MaskSuite, MaskSuiteId } from '@shoal/secure-sum'
import { STRATEGIES, type Strategy } from '@shoal/strategies'
import { createMemoryNetwork, type MemoryNetwork, type NetworkDelays, type Traffic } from './memory-network.ts'
import { createBlobStoreOver, createMemoryEventStore } from './memory-stores.ts'
import { giveIdentity } from './simulated-identity.ts'
import { createVirtualWorld, type VirtualWorld } from './virtual-world.ts'

/** What differs between Node and a tab. */
export interface SimulationPlatform {
  /** Null where the platform has no AES that answers at once: clients then use libsodium's ciphers. */
  readonly decryptAes256Gcm: DecryptAes256Gcm | null
  suites(sodium: Sodium): ReadonlyMap<MaskSuiteId, MaskSuite>
  digestOf(bytes: Uint8Array): Digest
  turn(): Promise<void>
}

export interface SimulationOptions {
  readonly config: FederationConfig
  readonly initialModel: Float32Array
  /** One entry per client: what answers its asks. */
  readonly procedures: readonly Procedures[]
  readonly jobs: Jobs
  readonly delays?: NetworkDelays
  /** Virtual milliseconds that one run of a procedure takes, uniform between the two. */
  readonly computeMs?: readonly [number, number]
  readonly strategies?: ReadonlyMap<string, Strategy<unknown>>
  /** Hears of every finished round at once. */
  readonly onRound?: (state: FederationState) => void
  readonly onReport?: (what: string, failure: Failure) => void
  /** Replace the stores to see what a bad disk does. */
  readonly store?: EventStore
  readonly blobs?: BlobStore
  /** Stands between a client and the network, to see what a bad link or a bad client does. */
  readonly transport?: (transport: Transport, client: number) => Transport
  /** Stands between the server and the network, to see what a server that lies does: `signing` is the federation's key, which it has. */
  readonly audience?: (audience: Audience, signing: SumService['signing']) => Audience
}

/** A federation with its clients, in one process and virtual time: the machines of production over other adapters. */
export interface Simulation {
  readonly world: VirtualWorld
  readonly network: MemoryNetwork
  readonly sessions: readonly VolunteerSession[]
  /** Who each session is to the coordinator. */
  readonly clients: readonly ClientId[]
  readonly store: EventStore
  readonly blobs: BlobStore
  host(): FederationHost
  /** Starts federation and clients, and lets time run until the federation is finished or paused. False: it stands still. */
  run(limitMs?: number): Promise<boolean>
  /** The server dies without a word, and comes back `afterMs` later from its log. */
  crash(afterMs: number): Promise<void>
  traffic(round: number): Traffic
}

/** One life of the server. */
interface Life {
  isOver: boolean
  readonly epoch: number
}

const DEFAULT_DELAYS: NetworkDelays = { latencyMs: [5, 60], bytesPerMs: 2000 }
const FEDERATION = federationIdSchema.parse('fed-simulation')
const INVITE = inviteTokenSchema.parse('simulated-invite')

export async function createSimulationOn(platform: SimulationPlatform, options: SimulationOptions): Promise<Result<Simulation>> {
  const { decryptAes256Gcm } = platform
  const { config, delays = DEFAULT_DELAYS, computeMs = [500, 1500] } = options
  const sodium = await loadSodium()
  const world = createVirtualWorld(platform.turn)
  const seed = deriveSeed(config.seed, 'simulation')
  const network = createMemoryNetwork({ world, sodium, rng: createRng(deriveSeed(seed, 'network')), delays })
  const store = options.store ?? createMemoryEventStore()
  const blobs = options.blobs ?? createBlobStoreOver(platform.digestOf)
  const federationKeyPair = createFederationKeyPair(sodium)
  const policy = signPolicy(sodium, policyOf(FEDERATION, config), federationKeyPair)
  const agreed = policyHash(sodium, policy.text)
  const vault = createVault(sodium, federationKeyPair)
  const audience = options.audience?.(network.audience, federationKeyPair) ?? network.audience
  const suites = platform.suites(sodium)
  const suite = (id: MaskSuiteId): MaskSuite => suites.get(id) ?? raise({ code: 'SHOAL_ERR_SUM_MANIFEST', detail: `no mask suite ${id}` })
  let secret: AggregatorSecret
  let present: Life = { isOver: false, epoch: 1 }

  /** A process that was killed writes nothing any more: what its ports are told after its death is lost. */
  function portsOf(life: Life): CoordinatorPorts {
    const lost = (): Promise<Result<never>> => new Promise(() => undefined)
    return {
      store: { federations: store.federations, load: store.load, read: store.read, append: (...call) => (life.isOver ? lost() : store.append(...call)) },
      blobs: {
        get: blobs.get,
        put: (bytes) => (life.isOver ? lost() : blobs.put(bytes)),
        delete: async (digest) => (life.isOver ? undefined : blobs.delete(digest)),
      },
      vault,
      clock: {
        now: world.clock.now,
        at: (at, callback) =>
          world.clock.at(at, () => {
            if (!life.isOver) callback()
          }),
      },
      audience,
      jobs: { run: (...call) => world.track(options.jobs.run(...call)) },
      open: (envelope, federation, ask) =>
        openContribution(
          { sodium, decryptAes256Gcm: decryptAes256Gcm ?? (() => null) },
          { secret, context: { federation, ask, policyHash: agreed }, envelope },
        ),
      sums: { sodium, signing: federationKeyPair, policyHash: agreed, epoch: life.epoch, suite },
      report: (_federation, what, failure) => options.onReport?.(what, failure),
      strategies: options.strategies ?? STRATEGIES,
    }
  }

  function serve(host: FederationHost, epoch: number): void {
    const keys = createAggregatorKeys(sodium, { federation: FEDERATION, epoch, federationKeyPair })
    secret = keys.secret
    network.serve({ host, blobs, policy, aggregatorKey: keys.aggregatorKey, secret })
  }

  const created = await createFederation(portsOf(present), { id: FEDERATION, config, initialModel: options.initialModel })
  if (!created.ok) return created
  let host = created.value
  serve(host, present.epoch)

  const sessions: VolunteerSession[] = []
  const clients: ClientId[] = []
  for (const [index, procedures] of options.procedures.entries()) {
    const storage = createMemoryStorage()
    await giveIdentity(storage, sodium, FEDERATION, deriveSeed(seed, 'client', index))
    const real = await createSodiumSealer({ sodium, subtle: decryptAes256Gcm === null ? null : globalThis.crypto.subtle, storage, federation: FEDERATION })
    clients.push(clientIdOf(sodium, real.identity, FEDERATION))
    const rng = createRng(deriveSeed(seed, 'compute', index))
    const rounding = createRng(deriveSeed(seed, 'rounding', index))
    sessions.push(
      createVolunteerSession(
        {
          transport: options.transport?.(network.transport(), index) ?? network.transport(),
          storage,
          timers: { now: world.clock.now, after: (delayMs, callback) => world.clock.at(world.clock.now() + delayMs, callback) },
          sealer: {
            ...real,
            masker: trackedMasker(real.masker, world),
            seal: (letter) => world.track(real.seal(letter)),
            digest: (bytes) => world.track(real.digest(bytes)),
            randomWords: (count) => Uint32Array.from({ length: count }, rounding.word),
          },
          procedures: {
            ...procedures,
            async run(call, onProgress) {
              const result = await world.track(procedures.run(call, onProgress))
              await world.pass(computeMs[0] + rng.uniform() * (computeMs[1] - computeMs[0]))
              return result
            },
          },
        },
        { federation: FEDERATION, invite: INVITE, federationKey: federationKeyPair.publicKey, policy },
      ),
    )
  }

  let reported = 0
  function stopped(): boolean {
    const state = host.state()
    for (; reported < state.rounds.length; reported += 1) options.onRound?.(state)
    return state.lifecycle === 'finished' || state.lifecycle === 'paused'
  }

  return {
    ok: true,
    value: {
      world,
      network,
      sessions,
      clients,
      store,
      blobs,
      host: () => host,
      async run(limitMs) {
        for (const session of sessions) session.start()
        if (host.state().lifecycle === 'created') {
          const started = await host.dispatch({ type: 'federation-started', at: world.clock.now() })
          if (!started.ok) throw new ShoalError(started.failure)
        }
        return world.runUntil(stopped, limitMs)
      },
      async crash(afterMs) {
        present.isOver = true
        network.down()
        await world.runUntil(() => false, afterMs)
        present = { isOver: false, epoch: present.epoch + 1 }
        const recovered = await recoverFederation(portsOf(present), FEDERATION)
        if (!recovered.ok) throw new ShoalError(recovered.failure)
        host = recovered.value
        serve(host, present.epoch)
      },
      traffic: network.traffic,
    },
  }
}

function raise(failure: Failure): never {
  throw new ShoalError(failure)
}

/** Masks by WebCrypto are native work, which time has to wait for. */
const trackedMasker = (masker: Masker, { track }: VirtualWorld): Masker => ({
  ...masker,
  join(terms) {
    const client = masker.join(terms)
    return {
      ...client,
      roster: (frame) => track(client.roster(frame)),
      input: (words) => track(client.input(words)),
      result: (frame) => track(client.result(frame)),
    }
  },
})
