import { createMemoryStorage, type Procedures, type Transport, type VolunteerSession } from '@shoal/client'
import type { Audience, BlobStore, EventStore, FederationHost, FederationState, Jobs, SumService } from '@shoal/coordinator'
import { createRng, deriveSeed } from '@shoal/numeric'
import { clientIdOf, loadSodium } from '@shoal/privacy'
import { type ClientId, type Failure, type FederationConfig, type Result, ShoalError } from '@shoal/protocol'
import type { Strategy } from '@shoal/strategies'
import { createMemoryNetwork, type MemoryNetwork, type NetworkDelays, type Traffic } from './memory-network.ts'
import { createBlobStoreOver, createMemoryEventStore } from './memory-stores.ts'
import { giveIdentity } from './simulated-identity.ts'
import { createSimulatedServer, FEDERATION } from './simulated-server.ts'
import { createSimulatedTab, paced } from './simulated-tab.ts'
import type { SimulationPlatform } from './simulation-platform.ts'
import type { OnTransition } from './taken-transition.ts'
import { createVirtualWorld, type VirtualWorld } from './virtual-world.ts'

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
  /** Hears of every transition of every machine. */
  readonly onTransition?: OnTransition
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

const DEFAULT_DELAYS: NetworkDelays = { latencyMs: [5, 60], bytesPerMs: 2000 }

export async function createSimulationOn(platform: SimulationPlatform, options: SimulationOptions): Promise<Result<Simulation>> {
  const { config, delays = DEFAULT_DELAYS, computeMs = [500, 1500] } = options
  const sodium = await loadSodium()
  const world = createVirtualWorld(platform.turn)
  const seed = deriveSeed(config.seed, 'simulation')
  const network = createMemoryNetwork({ world, sodium, rng: createRng(deriveSeed(seed, 'network')), delays })
  const { store = createMemoryEventStore(), blobs = createBlobStoreOver(platform.digestOf), ...others } = options
  const created = await createSimulatedServer({ ...others, platform, sodium, world, network, store, blobs, clock: world.clock })
  if (!created.ok) return created
  const server = created.value
  const { host } = server

  const sessions: VolunteerSession[] = []
  const clients: ClientId[] = []
  for (const [index, procedures] of options.procedures.entries()) {
    const storage = createMemoryStorage()
    await giveIdentity(storage, sodium, FEDERATION, deriveSeed(seed, 'client', index))
    const { session, identity } = await createSimulatedTab({
      sodium,
      subtle: platform.decryptAes256Gcm === null ? null : globalThis.crypto.subtle,
      world,
      storage,
      transport: options.transport?.(network.transport(), index) ?? network.transport(),
      timers: { now: world.clock.now, after: (delayMs, callback) => world.clock.at(world.clock.now() + delayMs, callback) },
      procedures: paced(procedures, world, computeMs, createRng(deriveSeed(seed, 'compute', index))),
      rounding: createRng(deriveSeed(seed, 'rounding', index)),
      federationKey: server.federationKey,
      policy: server.policy,
      ...(platform.decryptAes256Gcm === null ? { digestOf: platform.digestOf } : {}),
      ...(options.onTransition === undefined ? {} : { onTransition: options.onTransition }),
    })
    clients.push(clientIdOf(sodium, identity, FEDERATION))
    sessions.push(session)
  }

  let reported = 0
  function stopped(): boolean {
    const state = host().state()
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
      host,
      async run(limitMs) {
        for (const session of sessions) session.start()
        if (host().state().lifecycle === 'created') {
          const started = await host().dispatch({ type: 'federation-started', at: world.clock.now() })
          if (!started.ok) throw new ShoalError(started.failure)
        }
        return world.runUntil(stopped, limitMs)
      },
      async crash(afterMs) {
        server.kill()
        await world.runUntil(() => false, afterMs)
        const recovered = await server.recover()
        if (!recovered.ok) throw new ShoalError(recovered.failure)
      },
      traffic: network.traffic,
    },
  }
}
