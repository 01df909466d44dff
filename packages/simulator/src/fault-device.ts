import { createMemoryStorage, type DeviceStorage, type SessionWatch, type VolunteerSession } from '@shoal/client'
import { createRng } from '@shoal/numeric'
import { clientIdOf, type Sodium } from '@shoal/privacy'
import type { AskId, ClientId, SignedPolicy } from '@shoal/protocol'
import { proceduresOf, seedOf } from './fault-federation.ts'
import { createFaultyLine, type FaultyLine, type LineFault } from './fault-line.ts'
import { createMaskWatch, type TabWatch } from './fault-mask-watch.ts'
import type { Accuse } from './fault-rules.ts'
import type { Fault, Schedule } from './fault-schedule.ts'
import type { GivenWords } from './fault-sum-watch.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { giveIdentity } from './simulated-identity.ts'
import { FEDERATION } from './simulated-server.ts'
import { createSimulatedTab } from './simulated-tab.ts'
import type { SimulationPlatform } from './simulation-platform.ts'
import type { OnTransition } from './taken-transition.ts'
import type { VirtualWorld } from './virtual-world.ts'

/** One volunteer's device: what it keeps outlives its tabs. */
export interface FaultyDevice {
  readonly client: ClientId
  readonly line: FaultyLine
  /** Null while no tab is open. */
  session(): VolunteerSession | null
  /** A new tab over what the device kept; one that is open dies. */
  open(): Promise<void>
  /** The tab is gone without a word. */
  kill(): void
}

export interface FaultyDeviceOptions {
  readonly schedule: Schedule
  readonly place: number
  readonly world: VirtualWorld
  readonly sodium: Sodium
  readonly network: MemoryNetwork
  readonly digestOf: SimulationPlatform['digestOf']
  readonly server: { readonly federationKey: string; readonly policy: SignedPolicy }
  readonly accuse: Accuse
  readonly onStrike: (fault: Fault) => void
  readonly onGiven: (client: ClientId, ask: AskId, given: GivenWords) => void
  /** `life` counts the tabs. */
  readonly watch: (life: number, ...call: Parameters<SessionWatch>) => void
  readonly storage?: ((storage: DeviceStorage) => DeviceStorage) | undefined
  readonly onTransition: OnTransition
}

export async function createFaultyDevice(options: FaultyDeviceOptions): Promise<FaultyDevice> {
  const { schedule, place, world, sodium, network, digestOf, server, accuse, onStrike, onGiven } = options
  const { level, computeMs } = schedule.federation
  const storage = createMemoryStorage()
  await giveIdentity(storage, sodium, FEDERATION, seedOf(schedule, `client/${place}`))
  const [identity = ''] = (await storage.load(`identity/${FEDERATION}`))?.split('.') ?? []
  const client = clientIdOf(sodium, identity, FEDERATION)
  const pace = createRng(seedOf(schedule, `pace/${place}`))
  const rounding = createRng(seedOf(schedule, `rounding/${place}`))
  const line = createFaultyLine({
    world,
    rng: createRng(seedOf(schedule, `line/${place}`)),
    network: network.transport,
    faults: schedule.faults.filter((fault): fault is LineFault => isOfLine(fault) && fault.client === place),
    onStrike,
  })
  const masks = createMaskWatch(accuse, `client ${place}`, level === 'masked', (ask, given) => onGiven(client, ask, given))
  let tab: { readonly session: VolunteerSession; readonly watch: TabWatch } | null = null
  let kept: (() => Uint8Array | null) | null = null
  let life = 0

  function kill(): void {
    life += 1
    line.killTab()
    tab?.watch.ended(tab.session.outbox())
    tab = null
  }

  return {
    client,
    line,
    session: () => tab?.session ?? null,
    async open() {
      kill()
      const mine = life
      const ports = line.openTab()
      const watch = masks.tab()
      const procedures = proceduresOf(schedule, place, kept?.() ?? null)
      kept = procedures.kept
      const { session } = await createSimulatedTab({
        sodium,
        subtle: null,
        world,
        storage: ports.storage(options.storage?.(storage) ?? storage),
        transport: watch.transport(ports.transport),
        timers: ports.timers,
        procedures: {
          ...procedures,
          async run(call, onProgress) {
            const result = await procedures.run(call, onProgress)
            await world.pass(computeMs[0] + pace.uniform() * (computeMs[1] - computeMs[0]))
            await ports.awake()
            return result
          },
        },
        rounding,
        federationKey: server.federationKey,
        policy: server.policy,
        digestOf,
        masker: watch.masker,
        watch: (state, event) => options.watch(mine, state, event),
        onTransition: options.onTransition,
      })
      if (mine !== life) return
      tab = { session, watch }
      session.start()
    },
    kill,
  }
}

const OF_LINE: readonly Fault['kind'][] = ['lose-down', 'repeat-down', 'lose-up', 'lose-answer', 'repeat-up']
const isOfLine = (fault: Fault): fault is LineFault => OF_LINE.includes(fault.kind)
