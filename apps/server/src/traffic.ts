import type { AskId, FederationId } from '@shoal/protocol'

export interface RoundTraffic {
  readonly round: number
  /** Bytes of contribution bodies, whether they were accepted or not. */
  readonly bytesUp: number
  /** Bytes of model bodies. */
  readonly bytesDown: number
}

/** Bulk bytes of this server's life, per federation and round. */
export interface TrafficLedger {
  up(federation: FederationId, ask: AskId, bytes: number): void
  down(federation: FederationId, round: number, bytes: number): void
  of(federation: FederationId): readonly RoundTraffic[]
}

export function createTrafficLedger(): TrafficLedger {
  const ledger = new Map<FederationId, Map<number, { bytesUp: number; bytesDown: number }>>()
  const entryOf = (federation: FederationId, round: number): { bytesUp: number; bytesDown: number } => {
    const rounds = ledger.get(federation) ?? new Map<number, { bytesUp: number; bytesDown: number }>()
    ledger.set(federation, rounds)
    const entry = rounds.get(round) ?? { bytesUp: 0, bytesDown: 0 }
    rounds.set(round, entry)
    return entry
  }
  return {
    up(federation, ask, bytes) {
      entryOf(federation, Number(ask.split('.')[0])).bytesUp += bytes
    },
    down(federation, round, bytes) {
      entryOf(federation, round).bytesDown += bytes
    },
    of: (federation) => [...(ledger.get(federation) ?? [])].map(([round, entry]) => ({ round, ...entry })).sort((a, b) => a.round - b.round),
  }
}
