import { expect, test } from 'vitest'
import { parseServerSample, serverCostOf } from './server-watch.ts'

const text = ({
  cpu = 1,
  rss = 100,
  p99 = 0.01,
  refused = 0,
  up = 0,
} = {}): string => `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total ${cpu}
process_resident_memory_bytes ${rss}
nodejs_eventloop_lag_p99_seconds ${p99}
nodejs_eventloop_lag_max_seconds 0.5
shoal_sockets{side="volunteers"} 12
shoal_sockets{side="operators"} 3
shoal_contributions_folded_total{federation="fed-1"} 7
shoal_contributions_folded_total{federation="fed-2"} 1000
shoal_contributions_refused_total{federation="fed-1",code="SHOAL_ERR_ASK_CLOSED"} ${refused}
shoal_bulk_bytes_total{federation="fed-1",direction="up"} ${up}
shoal_bulk_bytes_total{federation="fed-1",direction="down"} 1.5e+3
shoal_bulk_bytes_total{federation="fed-2",direction="up"} 9
`

test('a sample is of the process, and of the one federation', () => {
  expect(parseServerSample(text({ up: 40, refused: 2 }), 'fed-1')).toEqual({
    cpuSeconds: 1,
    rssBytes: 100,
    eventLoopP99Ms: 10,
    eventLoopMaxMs: 500,
    sockets: 12,
    folded: 7,
    refused: { SHOAL_ERR_ASK_CLOSED: 2 },
    bytesUp: 40,
    bytesDown: 1500,
  })
  expect(parseServerSample('no metrics at all', 'fed-1')).toMatchObject({ cpuSeconds: 0, folded: 0, refused: {} })
})

test('a run costs what lies between its first look and its last, and the worst of what was between', () => {
  const samples = [text(), text({ cpu: 3, rss: 900, p99: 0.2 }), text({ cpu: 4, rss: 300, refused: 5, up: 100 })].map((sample) =>
    parseServerSample(sample, 'fed-1'),
  )
  expect(serverCostOf(samples)).toEqual({
    cpuSeconds: 3,
    rssBeforeBytes: 100,
    rssPeakBytes: 900,
    rssAfterBytes: 300,
    eventLoopP99Ms: 200,
    eventLoopMaxMs: 500,
    mostSockets: 12,
    folded: 0,
    refused: { SHOAL_ERR_ASK_CLOSED: 5 },
    bytesUp: 100,
    bytesDown: 0,
    looks: 3,
  })
  expect(serverCostOf([])).toBeNull()
})
