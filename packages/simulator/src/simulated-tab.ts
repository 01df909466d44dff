import {
  createSodiumSealer,
  createVolunteerSession,
  type DeviceStorage,
  type Masker,
  type Procedures,
  type SessionWatch,
  type Timers,
  type Transport,
  type VolunteerSession,
} from '@shoal/client'
import type { Rng } from '@shoal/numeric'
import type { Sodium } from '@shoal/privacy'
import type { Digest, SignedPolicy } from '@shoal/protocol'
import { sessionTransitionsOf } from './session-transitions.ts'
import { FEDERATION, INVITE } from './simulated-server.ts'
import { watchedSumClient } from './sum-client-transitions.ts'
import type { OnTransition } from './taken-transition.ts'
import type { VirtualWorld } from './virtual-world.ts'

export interface SimulatedTabOptions {
  readonly sodium: Sodium
  readonly subtle: SubtleCrypto | null
  readonly world: VirtualWorld
  /** Has the device's identity. */
  readonly storage: DeviceStorage
  readonly transport: Transport
  readonly timers: Timers
  readonly procedures: Procedures
  /** Decides how what is given is rounded. */
  readonly rounding: Rng
  readonly federationKey: string
  readonly policy: SignedPolicy
  /** In place of the sealer's own, which answers later. */
  readonly digestOf?: (bytes: Uint8Array) => Digest
  readonly masker?: (masker: Masker) => Masker
  readonly watch?: SessionWatch
  readonly onTransition?: OnTransition
}

/** A volunteer's tab: the session of production over a device that somebody else keeps. `identity` is the one that the storage has. */
export async function createSimulatedTab(options: SimulatedTabOptions): Promise<{ readonly session: VolunteerSession; readonly identity: string }> {
  const { sodium, subtle, world, storage, transport, timers, procedures, rounding, federationKey, policy, digestOf, onTransition } = options
  const real = await createSodiumSealer({ sodium, subtle, storage, federation: FEDERATION })
  const ownMasker = options.masker?.(real.masker) ?? real.masker
  const masker = trackedMasker(onTransition === undefined ? ownMasker : watchedMasker(ownMasker, onTransition), world)
  const watch: SessionWatch = (state, event) => {
    options.watch?.(state, event)
    if (onTransition !== undefined) for (const taken of sessionTransitionsOf(state, event)) onTransition(taken)
  }
  const session = createVolunteerSession(
    {
      transport,
      storage,
      timers,
      sealer: {
        ...real,
        masker,
        seal: (letter) => world.track(real.seal(letter)),
        digest: (bytes) => (digestOf === undefined ? world.track(real.digest(bytes)) : Promise.resolve(digestOf(bytes))),
        randomWords: (count) => Uint32Array.from({ length: count }, rounding.word),
      },
      procedures,
    },
    { federation: FEDERATION, invite: INVITE, federationKey, policy },
    watch,
  )
  return { session, identity: real.identity }
}

/** Procedures whose runs take so many virtual milliseconds, uniform between the two. */
export const paced = (procedures: Procedures, { track, pass }: VirtualWorld, computeMs: readonly [number, number], rng: Rng): Procedures => ({
  ...procedures,
  async run(call, onProgress) {
    const result = await track(procedures.run(call, onProgress))
    await pass(computeMs[0] + rng.uniform() * (computeMs[1] - computeMs[0]))
    return result
  },
})

const watchedMasker = (masker: Masker, onTransition: OnTransition): Masker => ({
  ...masker,
  join: (terms) => watchedSumClient(masker.join(terms), onTransition),
})

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
