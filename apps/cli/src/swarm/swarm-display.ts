import type { Occupations } from './crowd.ts'
import { type LatencySummary, summaryOf } from './latency-histogram.ts'
import { type MeasuresData, STAGES } from './load-measures.ts'
import type { ServerSample } from './server-watch.ts'
import type { SwarmReport } from './swarm-report.ts'

/** How a load stands. */
export interface SwarmStatus {
  readonly seconds: number
  readonly occupations: Occupations
  readonly tabs: Readonly<Record<string, number>>
  readonly roundsDone: number
  /** Rounds that are wanted; null where only time ends the load. */
  readonly roundsWanted: number | null
  /** What the server works at, in its own words. */
  readonly federation: string
  readonly measures: MeasuresData
  readonly server: ServerSample | null
}

const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
const tally = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, times]) => times > 0)
    .map(([what, times]) => `${what} ${times}`)
    .join(', ')
/** Codes without what they all begin with. */
const codes = (counts: Readonly<Record<string, number>>): string => tally(counts).replaceAll('SHOAL_ERR_', '')

/** How often each word comes. */
export function tallyOf(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** One line, for a file or a pipe. */
export function statusLine({ seconds, occupations, tabs, roundsDone, roundsWanted, federation, measures, server }: SwarmStatus): string {
  const { connecting, waiting, working, away, ended } = occupations
  return [
    `${seconds.toFixed(0).padStart(5)} s`,
    `rounds ${roundsDone}${roundsWanted === null ? '' : `/${roundsWanted}`}`,
    `clients ${waiting + working} here (${working} at work), ${connecting} connecting, ${away} away, ${ended} ended`,
    ...(Object.keys(tabs).length === 0 ? [] : [`tabs ${tally(tabs)}`]),
    `answers ${measures.counts.answers}`,
    ...(server === null ? [] : [`server ${megabytes(server.rssBytes)}, event loop p99 ${milliseconds(server.eventLoopP99Ms)} ms`]),
    ...(Object.keys(measures.errors).length === 0 ? [] : [codes(measures.errors)]),
    federation,
  ].join('  ')
}

const STAGE_WIDTH = 14
const NUMBER_WIDTH = 9

const stageRow = (name: string, cells: readonly string[]): string => `  ${name.padEnd(STAGE_WIDTH)}${cells.map((cell) => cell.padStart(NUMBER_WIDTH)).join('')}`
const summaryRow = (name: string, { count, p50, p90, p99, max }: LatencySummary): string =>
  stageRow(name, [String(count), ...[p50, p90, p99, max].map(milliseconds)])
const STAGE_HEADER = stageRow('stage, ms', ['count', 'p50', 'p90', 'p99', 'max'])

/** Several lines, for a terminal. */
function statusTable(status: SwarmStatus): readonly string[] {
  const { measures, server } = status
  const { sessions, reconnects, leaves, vanished, duplicates } = measures.counts
  return [
    statusLine(status),
    STAGE_HEADER,
    ...STAGES.flatMap((stage) => {
      const data = measures.stages[stage]
      return data === undefined ? [] : [summaryRow(stage, summaryOf(data))]
    }),
    `  sessions ${sessions}, reconnects ${reconnects}, left ${leaves}, vanished ${vanished}, sent twice ${duplicates}`,
    ...(server === null
      ? []
      : [
          `  server: bulk up ${megabytes(server.bytesUp)}, down ${megabytes(server.bytesDown)}, ${server.sockets} sockets, CPU ${server.cpuSeconds.toFixed(1)} s`,
        ]),
  ]
}

/** Where a load's standing is shown: drawn over again on a terminal, in lines elsewhere. */
export interface LiveTable {
  show(status: SwarmStatus): void
}

/** On a terminal every status is drawn over the one before; elsewhere one line is enough now and then. */
const LINE_EVERY_SECONDS = 5

export function createLiveTable(print: (line: string) => void, isTerminal: boolean): LiveTable {
  let drawn = 0
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    show(status) {
      if (!isTerminal) {
        if (status.seconds - toldAt < LINE_EVERY_SECONDS) return
        toldAt = status.seconds
        return print(statusLine(status))
      }
      const lines = statusTable(status)
      const padded = [...lines, ...Array.from({ length: Math.max(0, drawn - lines.length) }, () => '')]
      // Up to where the last one began; each line is cleared before it is written.
      print(`${drawn === 0 ? '' : `\u001b[${drawn}A`}${padded.map((line) => `\u001b[2K${line}`).join('\n')}`)
      drawn = padded.length
    },
  }
}

/** From here on latencies say more of the machine of the clients than of the server. */
const SLOW_CLIENTS_MS = 500

/** What is printed at the end. */
export function closingLines(report: SwarmReport): readonly string[] {
  const { rounds, roundsPerSecond, stages, counts, perClientAndRound, errors, satOut, server, bytesPerClient, clientsLagP99Ms, tabs, federation } = report
  const { cost } = server
  return [
    '',
    STAGE_HEADER,
    ...[...STAGES, 'round' as const].flatMap((stage) => {
      const summary = stages[stage]
      return summary === undefined ? [] : [summaryRow(stage, summary)]
    }),
    `  rounds        ${rounds.length} (${tally(tallyOf(rounds.map(({ outcome }) => outcome))) || 'none'}), ${roundsPerSecond.toFixed(3)} a second; ${federation.ended}`,
    `  clients       sessions ${counts.sessions}, reconnects ${counts.reconnects}, left ${counts.leaves}, vanished ${counts.vanished}, links lost ${counts.linksLost}`,
    `  answers       ${counts.answers} received, ${counts.durable} told durable, ${counts.duplicates} sent twice, ${counts.cutUploads} cut off`,
    `  bytes         up ${perClientAndRound.bytesUp.toFixed(0)}, down ${perClientAndRound.bytesDown.toFixed(0)} for a client in a round; messages up ${megabytes(counts.controlUp)}, down ${megabytes(counts.controlDown)} in all`,
    `  errors        ${codes(errors) || 'none'}`,
    ...(Object.keys(satOut).length === 0 ? [] : [`  sat out       ${codes(satOut)}`]),
    ...(cost === null
      ? ['  server        its /metrics were not to be read']
      : [
          `  server        CPU ${cost.cpuSeconds.toFixed(2)} s${counts.answers === 0 ? '' : ` (${((1000 * cost.cpuSeconds) / counts.answers).toFixed(2)} ms an answer)`}, RSS ${megabytes(cost.rssBeforeBytes)} before, ${megabytes(cost.rssPeakBytes)} at most, ${megabytes(cost.rssAfterBytes)} after`,
          `                event loop p99 ${milliseconds(cost.eventLoopP99Ms)} ms, longest ${milliseconds(cost.eventLoopMaxMs)} ms; bulk up ${megabytes(cost.bytesUp)}, down ${megabytes(cost.bytesDown)}; folded ${cost.folded}${Object.keys(cost.refused).length === 0 ? '' : `, refused ${codes(cost.refused)}`}`,
        ]),
    `  this process  event loop p99 ${milliseconds(clientsLagP99Ms)} ms at worst${clientsLagP99Ms > SLOW_CLIENTS_MS ? ': the clients were what was slow' : ''}${bytesPerClient === null ? '' : `; ${(bytesPerClient / 1024).toFixed(0)} KB a client at most`}`,
    ...(tabs.length === 0 ? [] : [`  tabs          ${tally(tallyOf(tabs.map(({ state }) => state)))}`]),
    ...tabs.filter(({ complaint }) => complaint !== null).map(({ complaint }) => `  ${complaint}`),
  ]
}
