/** What a server's `/metrics` say of its process and of one federation. */
export interface ServerSample {
  readonly cpuSeconds: number
  readonly rssBytes: number
  /** Since the last look. */
  readonly eventLoopP99Ms: number
  readonly eventLoopMaxMs: number
  readonly sockets: number
  readonly folded: number
  /** Of contributions, by code. */
  readonly refused: Readonly<Record<string, number>>
  readonly bytesUp: number
  readonly bytesDown: number
}

/** What a load cost the server. */
export interface ServerCost {
  /** Of all its threads, from the first look to the last. */
  readonly cpuSeconds: number
  readonly rssBeforeBytes: number
  readonly rssPeakBytes: number
  readonly rssAfterBytes: number
  /** The largest of all looks. */
  readonly eventLoopP99Ms: number
  readonly eventLoopMaxMs: number
  readonly mostSockets: number
  readonly folded: number
  readonly refused: Readonly<Record<string, number>>
  readonly bytesUp: number
  readonly bytesDown: number
  readonly looks: number
}

const LINE = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/
const LABEL = /(\w+)="([^"]*)"/g

/** Reads the text format of Prometheus. Numbers that are not there are 0. */
export function parseServerSample(text: string, federation: string): ServerSample {
  const values = new Map<string, number>()
  const refused: Record<string, number> = {}
  for (const line of text.split('\n')) {
    const [, name, labelText = '', value] = LINE.exec(line) ?? []
    if (name === undefined) continue
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, label, content]) => [label, content]))
    if (labels.federation !== undefined && labels.federation !== federation) continue
    if (name === 'shoal_contributions_refused_total') refused[labels.code] = Number(value)
    else values.set([name, labels.direction ?? labels.side].join(' ').trimEnd(), Number(value))
  }
  const numberOf = (name: string): number => values.get(name) ?? 0
  return {
    cpuSeconds: numberOf('process_cpu_seconds_total'),
    rssBytes: numberOf('process_resident_memory_bytes'),
    eventLoopP99Ms: 1000 * numberOf('nodejs_eventloop_lag_p99_seconds'),
    eventLoopMaxMs: 1000 * numberOf('nodejs_eventloop_lag_max_seconds'),
    sockets: numberOf('shoal_sockets volunteers'),
    folded: numberOf('shoal_contributions_folded_total'),
    refused,
    bytesUp: numberOf('shoal_bulk_bytes_total up'),
    bytesDown: numberOf('shoal_bulk_bytes_total down'),
  }
}

/** The samples of a run, oldest first, in sum; null where there are none. */
export function serverCostOf(samples: readonly ServerSample[]): ServerCost | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined) return null
  const most = (of: (sample: ServerSample) => number): number => samples.reduce((largest, sample) => Math.max(largest, of(sample)), 0)
  return {
    cpuSeconds: last.cpuSeconds - first.cpuSeconds,
    rssBeforeBytes: first.rssBytes,
    rssPeakBytes: most(({ rssBytes }) => rssBytes),
    rssAfterBytes: last.rssBytes,
    eventLoopP99Ms: most(({ eventLoopP99Ms }) => eventLoopP99Ms),
    eventLoopMaxMs: most(({ eventLoopMaxMs }) => eventLoopMaxMs),
    mostSockets: most(({ sockets }) => sockets),
    folded: last.folded - first.folded,
    refused: Object.fromEntries(Object.entries(last.refused).map(([code, times]) => [code, times - (first.refused[code] ?? 0)])),
    bytesUp: last.bytesUp - first.bytesUp,
    bytesDown: last.bytesDown - first.bytesDown,
    looks: samples.length,
  }
}
