import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Sodium } from '@shoal/client'
import { createLoadClient, type LoadClient, type Occupation } from './load-client.ts'
import { createLoadMeasures, type MeasuresData } from './load-measures.ts'
import type { LoadPlan } from './load-plan.ts'
import type { Invitation } from './protocol-client.ts'
import { createSharedMessages } from './shared-messages.ts'
import { createSyntheticCohort } from './synthetic-learner.ts'

/** How often the event loop is looked at. */
const LOOK_MS = 20

/** Clients by what they are at. */
export type Occupations = Readonly<Record<Occupation, number>>

/** Some of the clients of a load, in this process or thread. */
export interface Crowd {
  occupations(): Occupations
  measures(): MeasuresData
  /** 99th percentile of the event loop's delay since the last call, in milliseconds: where it is long, the clients are what is slow. */
  lagMs(): number
  /** All say goodbye. */
  end(): Promise<void>
}

export interface CrowdOptions {
  readonly sodium: Sodium
  readonly invitation: Invitation
  readonly plan: LoadPlan
  /** Their numbers: each client of a load is in one crowd. */
  readonly clients: readonly number[]
  readonly seed: string
  readonly groups: number
}

/** Lets clients come as the plan says, from now on. */
export function startCrowd({ sodium, invitation, plan, clients, seed, groups }: CrowdOptions): Crowd {
  const measures = createLoadMeasures()
  const shared = createSharedMessages()
  const cohort = createSyntheticCohort(invitation.policy, { seed, groups })
  const { hostname } = new URL(invitation.origin)
  const members: LoadClient[] = clients.map((number) =>
    createLoadClient({ number, plan, sodium, invitation, cohort, shared, measures, localAddress: addressOf(hostname, number) }),
  )
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS })
  delay.enable()
  const arrivals = members.map((member, index) => setTimeout(member.come, plan.arrivalMs(clients[index])))
  return {
    occupations() {
      const counts: Record<Occupation, number> = { away: 0, connecting: 0, waiting: 0, working: 0, ended: 0 }
      for (const member of members) counts[member.occupation()] += 1
      return counts
    },
    measures: measures.data,
    lagMs() {
      const ms = delay.percentile(99) / 1e6
      delay.reset()
      return ms
    },
    async end() {
      delay.disable()
      for (const arrival of arrivals) clearTimeout(arrival)
      await Promise.all(members.map((member) => member.end()))
    },
  }
}

/**
 * Linux answers for all of 127.0.0.0/8: every client speaks from an address of its own there, as volunteers do, and the server's limits of one address hold for each. Null
 * where there is only the usual address.
 */
function addressOf(hostname: string, client: number): string | null {
  if (process.platform !== 'linux' || hostname !== '127.0.0.1') return null
  const place = client + 256 // 127.0.0.x has the server
  return `127.${(place >> 16) & 255}.${(place >> 8) & 255}.${place & 255}`
}
