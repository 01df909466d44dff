import { createLatencyHistogram, type HistogramData, type LatencyHistogram } from './latency-histogram.ts'

/**
 * Where a client's time goes, by its own clock. `connect`: a link stands. `join`: the proof is answered by a standing. `model`: from an ask to its models, checked.
 * `download`: one model. `upload`: from an answer's first byte to its acknowledgement. `received`: from an ask to that, thinking left out. `durable`: from there to the
 * word that the answer is on disk. `sum-...`: from what this client said in a masked sum to the server's next word of this kind.
 */
export const STAGES = [
  'connect',
  'join',
  'model',
  'download',
  'upload',
  'received',
  'durable',
  'sum-manifest',
  'sum-roster',
  'sum-shares',
  'sum-proposal',
  'sum-result',
] as const
export type Stage = (typeof STAGES)[number]

/**
 * What is counted. `sessions`: joins that were granted. `reconnects`: those of a client that had been there before. `linksLost`: by the server or the network. `asks`: taken
 * up. `answers`: received. `cutUploads`: half a body was sent, then nothing. `unsettled`: answers that came to nothing here, as they were cut off, refused or never
 * acknowledged; the server may have counted them, and their `unsettledBytes`. `cutDownloads`: models that did not come; the same goes for them. `controlUp`, `controlDown`: bytes of messages.
 */
export const COUNTERS = [
  'sessions',
  'reconnects',
  'linksLost',
  'asks',
  'answers',
  'durable',
  'leaves',
  'vanished',
  'duplicates',
  'cutUploads',
  'unsettled',
  'unsettledBytes',
  'cutDownloads',
  'controlUp',
  'controlDown',
] as const
export type Counter = (typeof COUNTERS)[number]

/** Bulk bytes of one round, as the clients saw them. */
export interface RoundBytes {
  /** Of answers that were received, twice where they were sent twice. */
  readonly up: number
  readonly down: number
}

/** What a crowd of clients saw, as plain data that threads can give each other. */
export interface MeasuresData {
  readonly stages: Readonly<Partial<Record<Stage, HistogramData>>>
  readonly counts: Readonly<Record<Counter, number>>
  /** Refusals and failures by code, without those that a client brought about by vanishing. */
  readonly errors: Readonly<Record<string, number>>
  /** Asks that clients would not answer, by the code that they told. */
  readonly satOut: Readonly<Record<string, number>>
  readonly rounds: Readonly<Record<number, RoundBytes>>
}

export interface LoadMeasures {
  took(stage: Stage, ms: number): void
  count(counter: Counter, by?: number): void
  failed(code: string): void
  satOut(code: string): void
  moved(round: number, direction: keyof RoundBytes, bytes: number): void
  merge(data: MeasuresData): void
  data(): MeasuresData
}

export function createLoadMeasures(): LoadMeasures {
  const stages = new Map<Stage, LatencyHistogram>()
  const counts = new Map<Counter, number>()
  const errors = new Map<string, number>()
  const satOut = new Map<string, number>()
  const rounds = new Map<number, { up: number; down: number }>()

  const stageOf = (stage: Stage): LatencyHistogram => {
    const known = stages.get(stage) ?? createLatencyHistogram()
    stages.set(stage, known)
    return known
  }
  const count = (counter: Counter, by = 1): void => void counts.set(counter, (counts.get(counter) ?? 0) + by)
  const tally = (into: Map<string, number>, code: string, times: number): void => void into.set(code, (into.get(code) ?? 0) + times)
  const moved = (round: number, direction: keyof RoundBytes, bytes: number): void => {
    const entry = rounds.get(round) ?? { up: 0, down: 0 }
    entry[direction] += bytes
    rounds.set(round, entry)
  }

  return {
    took: (stage, ms) => stageOf(stage).add(ms),
    count,
    failed: (code) => tally(errors, code, 1),
    satOut: (code) => tally(satOut, code, 1),
    moved,
    merge(data) {
      for (const stage of STAGES) {
        const histogram = data.stages[stage]
        if (histogram !== undefined) stageOf(stage).merge(histogram)
      }
      for (const counter of COUNTERS) count(counter, data.counts[counter])
      for (const [code, times] of Object.entries(data.errors)) tally(errors, code, times)
      for (const [code, times] of Object.entries(data.satOut)) tally(satOut, code, times)
      for (const [round, { up, down }] of Object.entries(data.rounds)) {
        moved(Number(round), 'up', up)
        moved(Number(round), 'down', down)
      }
    },
    data: () => ({
      stages: Object.fromEntries([...stages].map(([stage, histogram]) => [stage, histogram.data()])),
      counts: Object.fromEntries(COUNTERS.map((counter) => [counter, counts.get(counter) ?? 0])) as Record<Counter, number>,
      errors: Object.fromEntries(errors),
      satOut: Object.fromEntries(satOut),
      rounds: Object.fromEntries([...rounds].map(([round, entry]) => [round, { ...entry }])),
    }),
  }
}
