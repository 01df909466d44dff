import type { ClientList, FederationView } from '@shoal/protocol'
import { failureSentence } from '@shoal/ui'
import { useEffect, useState } from 'preact/hooks'
import { operatorApi } from './operator-api.ts'

/** Joins come in crowds: they are asked about once they have calmed down a little. */
const CALM_MS = 500

export interface ClientsKnown {
  /** Null until the server has answered. */
  readonly list: ClientList | null
  /** Why the last question was not answered; the list before it stays. */
  readonly problem: string | null
}

/** Who takes part, asked again whenever a round has ended or somebody has come or gone. */
export function useClientList({ id, clientsHere, rounds }: FederationView): ClientsKnown {
  const [known, setKnown] = useState<ClientsKnown>({ list: null, problem: null })
  const lastRound = rounds[rounds.length - 1]?.round ?? -1
  useEffect(() => {
    let isCurrent = true
    const timer = setTimeout(async () => {
      const answered = await operatorApi.clients(id)
      if (isCurrent) setKnown(({ list }) => (answered.ok ? { list: answered.value, problem: null } : { list, problem: failureSentence(answered.failure) }))
    }, CALM_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [id, clientsHere, lastRound]) // the last two are not used: that they change makes a new question
  return known
}
