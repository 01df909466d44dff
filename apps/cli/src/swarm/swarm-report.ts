import type { FederationView, RoundSummary, TrafficList } from '@shoal/protocol'
import { createLatencyHistogram, type LatencySummary, summaryOf } from './latency-histogram.ts'
import { COUNTERS, type Counter, type MeasuresData, STAGES, type Stage } from './load-measures.ts'
import type { ServerCost } from './server-watch.ts'
import type { SwarmFlags } from './swarm-flags.ts'
import type { TabStanding } from './tab-crowd.ts'

/** A round of the load. Bytes are bulk: answers up, models down. */
export interface LoadRound {
  readonly round: number
  readonly outcome: RoundSummary['outcome']
  /** Who gave an update. */
  readonly clients: number
  /** By the server's clock. */
  readonly milliseconds: number
  /** As the server counted them, over protocol clients and tabs. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** As the protocol clients counted their own; of answers that were received. */
  readonly clientsUp: number
  readonly clientsDown: number
  readonly notes: readonly string[]
}

/** What a load came to. Everything that a rerun needs is in it, and nothing secret. */
export interface SwarmReport {
  readonly command: string
  readonly commit: string
  readonly seed: string
  readonly startedAt: string
  readonly seconds: number
  readonly machine: string
  readonly server: { readonly origin: string; readonly isOwn: boolean; readonly cost: ServerCost | null }
  readonly federation: {
    readonly id: string
    readonly isOwn: boolean
    readonly strategy: string
    readonly privacy: string
    readonly parameters: number
    readonly ended: string
  }
  readonly shape: SwarmFlags['shape'] & { readonly tabs: number; readonly backend: string | null; readonly workers: number; readonly groups: number }
  readonly rounds: readonly LoadRound[]
  readonly roundsPerSecond: number
  /** Milliseconds, by stage; stages that nobody came through are left out. `round`: by the server's clock. */
  readonly stages: Readonly<Partial<Record<Stage | 'round', LatencySummary>>>
  readonly counts: Readonly<Record<Counter, number>>
  /** Bulk bytes of one protocol client in one round, on average. */
  readonly perClientAndRound: { readonly bytesUp: number; readonly bytesDown: number }
  /** What protocol clients heard or met, by code. */
  readonly errors: Readonly<Record<string, number>>
  readonly satOut: Readonly<Record<string, number>>
  /** Memory that this process grew by for each protocol client, at its largest. */
  readonly bytesPerClient: number | null
  /** The worst p99 of the event loop's delay of the clients' own threads, in milliseconds: where it is long, latencies are theirs and not the server's. */
  readonly clientsLagP99Ms: number
  readonly tabs: readonly TabStanding[]
}

export interface SwarmFindings {
  readonly command: string
  readonly commit: string
  readonly startedAt: Date
  readonly seconds: number
  readonly machine: string
  readonly flags: SwarmFlags
  readonly server: SwarmReport['server']
  readonly federation: SwarmReport['federation']
  readonly rounds: readonly RoundSummary[]
  readonly traffic: TrafficList
  readonly measures: MeasuresData
  readonly bytesPerClient: number | null
  readonly clientsLagP99Ms: number
  readonly tabs: readonly TabStanding[]
}

export function swarmReportOf(found: SwarmFindings): SwarmReport {
  const { flags, measures, traffic, federation, server, tabs, command, commit, machine, seconds, bytesPerClient, clientsLagP99Ms } = found
  const { shape, backend, workers, groups } = flags
  const rounds = found.rounds.map((summary) => loadRoundOf(summary, traffic, measures))
  const roundTimes = createLatencyHistogram()
  for (const { milliseconds } of rounds) roundTimes.add(milliseconds)
  const stages: Partial<Record<Stage | 'round', LatencySummary>> = {}
  for (const stage of STAGES) {
    const data = measures.stages[stage]
    if (data !== undefined) stages[stage] = summaryOf(data)
  }
  if (rounds.length > 0) stages.round = summaryOf(roundTimes.data())
  const parts = Math.max(1, shape.clients * rounds.length)
  const mean = (of: (round: LoadRound) => number): number => rounds.reduce((sum, round) => sum + of(round), 0) / parts
  return {
    command,
    commit,
    seed: shape.seed,
    startedAt: found.startedAt.toISOString(),
    seconds,
    machine,
    server,
    federation,
    shape: { ...shape, tabs: flags.tabs, backend: flags.tabs > 0 ? backend : null, workers, groups },
    rounds,
    roundsPerSecond: perSecond(rounds.length, found.rounds),
    stages,
    counts: Object.fromEntries(COUNTERS.map((counter) => [counter, measures.counts[counter]])) as Record<Counter, number>,
    perClientAndRound: { bytesUp: mean(({ clientsUp }) => clientsUp), bytesDown: mean(({ clientsDown }) => clientsDown) },
    errors: measures.errors,
    satOut: measures.satOut,
    bytesPerClient,
    clientsLagP99Ms,
    tabs,
  }
}

function loadRoundOf({ round, outcome, reason, clients, startedAt, endedAt, notes }: RoundSummary, traffic: TrafficList, { rounds }: MeasuresData): LoadRound {
  const counted = traffic.find((entry) => entry.round === round)
  return {
    round,
    outcome,
    clients,
    milliseconds: endedAt - startedAt,
    bytesUp: counted?.bytesUp ?? 0,
    bytesDown: counted?.bytesDown ?? 0,
    clientsUp: rounds[round]?.up ?? 0,
    clientsDown: rounds[round]?.down ?? 0,
    notes: reason === null ? notes : [...notes, reason],
  }
}

/** From the beginning of the first round to the end of the last. */
function perSecond(count: number, rounds: readonly RoundSummary[]): number {
  const first = rounds[0]
  const last = rounds.at(-1)
  return first === undefined || last === undefined || last.endedAt <= first.startedAt ? 0 : (1000 * count) / (last.endedAt - first.startedAt)
}

/** The rounds that have ended since those that are known. */
export const freshRounds = (known: readonly RoundSummary[], view: FederationView, since: number): readonly RoundSummary[] =>
  view.rounds.filter(({ round }) => round >= since && round > (known.at(-1)?.round ?? -1))
