import { createMemoryStorage, type Sodium, type VolunteerSession } from '@shoal/client'
import type { Digest } from '@shoal/protocol'
import type { LoadMeasures } from './load-measures.ts'
import type { LoadPlan } from './load-plan.ts'
import { createNodeTransport } from './node-transport.ts'
import { createObservedTransport } from './observed-transport.ts'
import { createProtocolClient, type Invitation } from './protocol-client.ts'
import type { SharedMessages } from './shared-messages.ts'
import type { SyntheticCohort } from './synthetic-learner.ts'
import { createSyntheticProcedures } from './synthetic-procedures.ts'

/** What a client is at: `away` before its first visit and between two, `ended` when nothing more comes of it. */
export type Occupation = 'away' | 'connecting' | 'waiting' | 'working' | 'ended'

/** One protocol-level client over all its visits: it comes, answers, leaves or vanishes as the plan says, and comes back. */
export interface LoadClient {
  /** For the first time. */
  come(): void
  occupation(): Occupation
  /** Says goodbye where it can, and stays away. */
  end(): Promise<void>
}

export interface LoadClientOptions {
  readonly number: number
  readonly plan: LoadPlan
  readonly sodium: Sodium
  readonly invitation: Invitation
  readonly cohort: SyntheticCohort
  readonly shared: SharedMessages
  readonly measures: LoadMeasures
  readonly localAddress: string | null
}

interface Visit {
  readonly session: VolunteerSession
  /** As a tab that is killed: not a word more. */
  cut(): void
  /** Ends the wait for the hour at which it leaves by itself. */
  readonly leaving: NodeJS.Timeout | null
}

const OCCUPATIONS: Readonly<Record<ReturnType<VolunteerSession['state']>['kind'], Occupation>> = {
  stopped: 'away',
  preparing: 'connecting',
  offline: 'connecting',
  joining: 'connecting',
  waiting: 'waiting',
  working: 'working',
  paused: 'waiting',
  refused: 'ended',
  superseded: 'ended',
  finished: 'ended',
}

export function createLoadClient({ number, plan, sodium, invitation, cohort, shared, measures, localAddress }: LoadClientOptions): LoadClient {
  const values = new Map<string, string>()
  const models = new Map<Digest, Uint8Array>()
  const learner = cohort.learner(number)
  const isMasked = invitation.policy.privacy.level !== 'sealed'
  let visit: Visit | null = null
  let visits = 0
  let answers = 0
  let wasThere = false
  let isOver = false
  let returning: NodeJS.Timeout | null = null

  async function come(): Promise<void> {
    if (isOver) return
    const stay = visits
    visits += 1
    const transport = createNodeTransport({
      origin: invitation.origin,
      shared,
      onControl: (direction, bytes) => measures.count(direction === 'up' ? 'controlUp' : 'controlDown', bytes),
      ...(localAddress === null ? {} : { localAddress }),
    })
    const observed = createObservedTransport({
      transport,
      measures,
      isMasked,
      isReturn() {
        const isKnown = wasThere
        wasThere = true
        return isKnown
      },
      linkDelayMs: plan.linkDelayMs(number),
      round: () => visit?.session.view()?.round ?? 0,
      fate: () => plan.fate(number, answers),
      place: (places) => plan.place(number, answers, places),
      vanish: () => vanish(plan.comeback(number, answers)),
    })
    const session = await createProtocolClient({
      sodium,
      invitation,
      transport: observed.transport,
      storage: createMemoryStorage(values, models),
      procedures: (sealer) =>
        createSyntheticProcedures({
          learner,
          secretWord: () => sealer.randomWords(1)[0],
          think() {
            const state = session.state()
            if (state.kind === 'working') answers += 1
            const ms = plan.thinkMs(number, answers)
            if (state.kind === 'working') observed.thinks(state.ask, ms)
            return ms
          },
        }),
    })
    if (isOver) return transport.cut()
    const absence = plan.absence(number, stay)
    const leaving = absence === null ? null : setTimeout(() => void (absence.isPolite ? leave(absence) : vanish(absence)), absence.afterMs)
    const cut = (): void => {
      observed.over()
      transport.cut()
    }
    visit = { session, cut, leaving }
    let wasRefused = false
    session.subscribe((state) => {
      if (state.kind !== 'refused' || wasRefused) return
      wasRefused = true
      measures.failed(state.failure.code)
    })
    session.start()
  }

  /** Takes the present visit off; null where there is none. */
  function depart(): Visit | null {
    const departed = visit
    visit = null
    if (departed?.leaving) clearTimeout(departed.leaving)
    return departed
  }

  function comeBack({ awayMs, keepsSession }: { readonly awayMs: number; readonly keepsSession: boolean }): void {
    if (!keepsSession) values.delete(tokenKeyOf(invitation.federation))
    if (!isOver) returning = setTimeout(() => void come(), awayMs)
  }

  function vanish(comeback: { readonly awayMs: number; readonly keepsSession: boolean }): void {
    const departed = depart()
    if (departed === null) return
    measures.count('vanished')
    departed.cut()
    void departed.session.stop()
    comeBack(comeback)
  }

  async function leave(comeback: { readonly awayMs: number; readonly keepsSession: boolean }): Promise<void> {
    const departed = depart()
    if (departed === null) return
    // Nobody comes back to a federation that is finished.
    if (OCCUPATIONS[departed.session.state().kind] === 'ended') {
      isOver = true
      return departed.cut()
    }
    measures.count('leaves')
    await departed.session.stop()
    departed.cut()
    comeBack(comeback)
  }

  return {
    come: () => void come(),
    occupation: () => (isOver ? 'ended' : visit === null ? 'away' : OCCUPATIONS[visit.session.state().kind]),
    async end() {
      isOver = true
      if (returning !== null) clearTimeout(returning)
      const departed = depart()
      await departed?.session.stop()
      departed?.cut()
    },
  }
}

/** Under this key a session keeps its token. */
const tokenKeyOf = (federation: string): string => `session/${federation}`
