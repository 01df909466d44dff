import type { ClientActivity, ClientId, ClientList } from '@shoal/protocol'
import { type ClientRecord, type FederationState, type OpenQuestion, openQuestionIn } from './federation-state.ts'
import { quorumOf } from './quorum.ts'

/** Every client that ever took part, and where it is in the open ask. */
export function clientListOf(state: FederationState): ClientList {
  const open = openQuestionIn(state)
  const isQuorumMet = open !== null && open.folded.size >= quorumOf(state.config.quorum, open.asked.length)
  return [...state.clients].map(([client, record]) => ({
    client,
    presence: record.presence,
    ready: record.ready,
    cluster: record.cluster,
    activity: activityOf(client, record, open, isQuorumMet),
  }))
}

function activityOf(client: ClientId, { presence }: ClientRecord, open: OpenQuestion | null, isQuorumMet: boolean): ClientActivity {
  if (open?.folded.has(client)) return 'uploaded'
  if (presence === 'away') return 'gone'
  if (!open?.blocks.has(client)) return 'idle'
  if (open.satOut.has(client)) return 'sitting-out'
  return isQuorumMet ? 'late' : 'training'
}
