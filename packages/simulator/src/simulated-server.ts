import {
  type Audience,
  type BlobStore,
  type Clock,
  type CoordinatorPorts,
  createFederation,
  type EventStore,
  type FederationHost,
  type Jobs,
  type OpenContribution,
  policyOf,
  recoverFederation,
  type SumService,
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
} from '@shoal/privacy'
import {
  type Failure,
  type FederationConfig,
  federationIdSchema,
  inviteTokenSchema,
  type Result,
  ShoalError,
  type SignedPolicy,
  succeeded,
} from '@shoal/protocol'
import type { MaskSuite, MaskSuiteId } from '@shoal/secure-sum'
import { STRATEGIES, type Strategy } from '@shoal/strategies'
import type { MemoryNetwork } from './memory-network.ts'
import { roundTransitionOf } from './round-transitions.ts'
import type { SimulationPlatform } from './simulation-platform.ts'
import { watchedSumServer } from './sum-server-transitions.ts'
import type { OnTransition } from './taken-transition.ts'
import type { VirtualWorld } from './virtual-world.ts'

export const FEDERATION = federationIdSchema.parse('fed-simulation')
export const INVITE = inviteTokenSchema.parse('simulated-invite')

export interface SimulatedServerOptions {
  readonly platform: SimulationPlatform
  readonly sodium: Sodium
  readonly world: VirtualWorld
  readonly network: MemoryNetwork
  readonly config: FederationConfig
  readonly initialModel: Float32Array
  readonly store: EventStore
  readonly blobs: BlobStore
  readonly jobs: Jobs
  /** The server's, which may be wrong; its timers wait as long as they were told to. */
  readonly clock: Clock
  readonly strategies?: ReadonlyMap<string, Strategy<unknown>>
  readonly onReport?: (what: string, failure: Failure) => void
  /** Stand between the host and those whom it talks to, or who talk to it. */
  readonly audience?: (audience: Audience, signing: SumService['signing']) => Audience
  readonly front?: (host: FederationHost) => FederationHost
  readonly opening?: (open: OpenContribution) => OpenContribution
  readonly onTransition?: OnTransition
}

/** The server of one federation, which may die and come back. */
export interface SimulatedServer {
  readonly federationKey: string
  readonly policy: SignedPolicy
  /** Of the present life, or of the last one. */
  host(): FederationHost
  /** It dies without a word: nothing that it still does has any effect. */
  kill(): void
  /** A new life from the log. Never resolves where it is killed before it is up. */
  recover(): Promise<Result<void>>
}

interface Life {
  isOver: boolean
  readonly epoch: number
}

export async function createSimulatedServer(options: SimulatedServerOptions): Promise<Result<SimulatedServer>> {
  const { platform, sodium, world, network, config, store, blobs, clock, front = (host) => host, opening = (open) => open } = options
  const { decryptAes256Gcm } = platform
  const { onTransition } = options
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
        now: clock.now,
        at: (at, callback) =>
          clock.at(at, () => {
            if (!life.isOver) callback()
          }),
      },
      audience,
      jobs: { run: (...call) => world.track(options.jobs.run(...call)) },
      open: opening((envelope, federation, ask) =>
        openContribution(
          { sodium, decryptAes256Gcm: decryptAes256Gcm ?? (() => null) },
          { secret, context: { federation, ask, policyHash: agreed }, envelope },
        ),
      ),
      sums: {
        sodium,
        signing: federationKeyPair,
        policyHash: agreed,
        epoch: life.epoch,
        suite,
        ...(onTransition === undefined ? {} : { watched: (sum) => watchedSumServer(sum, onTransition) }),
      },
      report: (_federation, what, failure) => options.onReport?.(what, failure),
      strategies: options.strategies ?? STRATEGIES,
      ...(onTransition === undefined ? {} : { watch: (...seen) => onTransition(roundTransitionOf(...seen)) }),
    }
  }

  function serve(served: FederationHost, epoch: number): void {
    const keys = createAggregatorKeys(sodium, { federation: FEDERATION, epoch, federationKeyPair })
    secret = keys.secret
    network.serve({ host: front(served), blobs, policy, aggregatorKey: keys.aggregatorKey, secret })
  }

  const created = await createFederation(portsOf(present), { id: FEDERATION, config, initialModel: options.initialModel })
  if (!created.ok) return created
  let host = created.value
  serve(host, present.epoch)

  return succeeded({
    federationKey: federationKeyPair.publicKey,
    policy,
    host: () => host,
    kill() {
      present.isOver = true
      network.down()
    },
    async recover() {
      const life: Life = { isOver: false, epoch: present.epoch + 1 }
      present = life
      const recovered = await recoverFederation(portsOf(life), FEDERATION)
      if (!recovered.ok) return recovered
      if (life.isOver) return new Promise(() => undefined)
      host = recovered.value
      serve(host, life.epoch)
      return succeeded(undefined)
    },
  })
}

function raise(failure: Failure): never {
  throw new ShoalError(failure)
}
