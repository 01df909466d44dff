import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  bytesOf,
  clientListSchema,
  clusterInsightSchema,
  configInsightSchema,
  encodeFrame,
  eventListSchema,
  modelComparisonSchema,
  privacyInsightSchema,
  roundListSchema,
  roundStandingSchema,
} from '@shoal/protocol'
import { afterEach, expect, test } from 'vitest'
import { joinMany, PARAMETERS, startTestServer, type TestServer, updateOf } from './wire-server.ts'

let running: TestServer | null = null
afterEach(async () => {
  await running?.close()
  running = null
})

/** A federation of three that has finished two rounds and has a third one open, in which one has answered. */
async function midway() {
  running = await startTestServer()
  const { url, federate, seen, operator } = running
  const { id, invitation } = await federate({ name: 'Zählt 1, 2, 3!' })
  const volunteers = await joinMany(3, url, invitation)
  for (let round = 0; round < 2; round += 1) {
    for (const [index, volunteer] of volunteers.entries()) await volunteer.contribute((await volunteer.nextAsk()).ask, updateOf((index + 1) / 7), index + 1)
    await seen(id, ({ rounds }) => rounds.length === round + 1)
  }
  const { ask } = await volunteers[0].nextAsk()
  await volunteers[0].contribute(ask, updateOf(1))
  await volunteers[0].inbox.next('durable', (durable: { ask: string }) => durable.ask === ask)
  const get = (path: string) => operator('GET', `/api/federations/${id}/${path}`)
  return { id, ask, volunteers, get, url }
}

test('what operators look up has the form of the contract and says what happened', async () => {
  const { ask, volunteers, get } = await midway()

  const clients = clientListSchema.parse((await get('clients')).body)
  expect(clients.map(({ activity }) => activity).sort()).toEqual(['training', 'training', 'uploaded'])

  const round = roundStandingSchema.parse((await get('round')).body)
  expect(round).toMatchObject({ round: 2, cohort: 3, asks: [{ ask, kind: 'sum', name: 'train', state: 'open', asked: 3, answered: 1, cohorts: [] }] })

  const rounds = roundListSchema.parse((await get('rounds')).body)
  expect(rounds.map((summary) => [summary.round, summary.outcome, summary.clients])).toEqual([
    [0, 'updated', 3],
    [1, 'updated', 3],
  ])
  expect((await get('rounds?from=1')).body).toEqual(rounds.slice(1))
  expect((await get('rounds?from=2')).body).toEqual([])

  const latest = eventListSchema.parse((await get('events?limit=3')).body)
  expect(latest.events.map(({ sequence }) => sequence)).toEqual([latest.latest - 2, latest.latest - 1, latest.latest])
  const first = eventListSchema.parse((await get('events?after=-1&limit=2')).body)
  expect(first.events.map(({ sequence, sentence }) => [sequence, sentence])).toEqual([
    [0, 'The federation "Zählt 1, 2, 3!" was created.'],
    [1, 'The federation was started.'],
  ])
  expect((await get(`events?after=${latest.latest}`)).body).toMatchObject({ events: [] })

  const config = configInsightSchema.parse((await get('config')).body)
  expect(config).toMatchObject({ parameters: PARAMETERS, config: { name: 'Zählt 1, 2, 3!', model: { architecture: 'cnn-6186' } } })
  expect(config.fingerprint).toMatch(/^(\d{5} ){11}\d{5}$/)

  const clusters = clusterInsightSchema.parse((await get('clusters')).body)
  expect(clusters).toEqual({ tree: [expect.objectContaining({ node: 0, parent: null, cluster: 0, members: 3, model: rounds[1].models[0] })], similarity: null })

  const [a, b] = rounds.flatMap(({ models }) => models)
  const comparison = modelComparisonSchema.parse((await get(`compare?a=${a}&b=${b}`)).body)
  expect(comparison.layers.reduce((sum, { entries }) => sum + entries, 0)).toBe(PARAMETERS)
  expect(comparison.relativeDistance).toBeGreaterThan(0)
  expect(modelComparisonSchema.parse((await get(`compare?a=${a}&b=${a}`)).body)).toMatchObject({ relativeDistance: 0 })

  // A contribution of the wrong length, and one that comes twice and differs: refused, and counted.
  await volunteers[1].contribute(ask, new Float32Array(PARAMETERS - 1))
  await volunteers[0].contribute(ask, updateOf(3))
  const privacy = privacyInsightSchema.parse((await get('privacy')).body)
  expect(privacy).toMatchObject({ level: 'sealed', view: 'sums', sums: [], ledger: null })
  expect(privacy.refusals).toMatchObject({ SHOAL_ERR_SHAPE: 1, SHOAL_ERR_DUPLICATE_DIFFERS: 1 })
})

test.each([
  ['rounds?from=x', 400],
  ['events?limit=0', 400],
  ['events?limit=501', 400],
  ['events?after=-2', 400],
  ['compare?a=1&b=2', 400],
  [`compare?a=${'0'.repeat(64)}&b=${'0'.repeat(64)}`, 404],
])('%s is refused', async (path, status) => {
  running = await startTestServer()
  const { id } = await running.federate()
  expect((await running.operator('GET', `/api/federations/${id}/${path}`)).status).toBe(status)
  expect((await running.operator('GET', `/api/federations/nobody/${path}`)).status).toBe(404)
})

test('what operators take along comes as files', async () => {
  const { get } = await midway()
  const nameOf = async (path: string) => {
    const { headers, status } = await get(`export/${path}`)
    return [status, headers['content-type'], headers['content-disposition']]
  }
  expect(await nameOf('metrics.csv')).toEqual([200, 'text/csv; charset=utf-8', 'attachment; filename="zahlt-1-2-3-metrics.csv"'])
  expect(await nameOf('report.html')).toEqual([200, 'text/html; charset=utf-8', 'attachment; filename="zahlt-1-2-3-report.html"'])
  const lines = (await get('export/metrics.csv')).bytes.toString().split('\r\n')
  expect(lines).toHaveLength(4)
  expect(lines[1]).toMatch(/^0,updated,,3,\d+,\d+,,,3,,$/)
  expect((await get('export/metrics.json')).body).toMatchObject({
    strategy: 'fedavg',
    rounds: [{ round: 0 }, { round: 1 }],
    traffic: [{ round: 0 }, { round: 1 }, { round: 2 }],
  })
  const events = (await get('export/events.ndjson')).bytes
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index))
  expect(events[0]).toMatchObject({ type: 'federation-created' })
  const report = (await get('export/report.html')).bytes.toString()
  for (const wanted of ['<h1>Zählt 1, 2, 3!</h1>', 'Handwritten digits.', 'fedavg', 'Every update your tab sends']) expect(report).toContain(wanted)
  expect(report).not.toMatch(/(src|href)=/)
})

test('no answer holds a row or an update of anybody, and none lies in a file in the clear', async () => {
  running = await startTestServer()
  const { url, federate, seen, operator, directory } = running
  const { id, invitation } = await federate({
    strategy: { name: 'cfl', options: { sketchLength: 8, splitEvery: [0], smallestPart: 2, gammaMax: 0 } },
    privacy: { level: 'sealed', view: 'rows' },
    cohort: { fraction: 1, min: 4, max: 10 },
  })
  const volunteers = await joinMany(4, url, invitation)
  // Numbers that would be found again wherever they went, as text or as bytes.
  const sketchOf = (index: number): Float32Array => Float32Array.from({ length: 8 }, (_, entry) => (entry === index % 2 ? 0.9 : 0) + 0.012345678 * (index + 1))
  for (const [index, volunteer] of volunteers.entries()) {
    const { ask, vectorLengths } = await volunteer.nextAsk()
    const evidence = new Float32Array(vectorLengths[0])
    evidence.set(sketchOf(index))
    evidence[16] = 1
    evidence[30] = 1
    await volunteer.contribute(ask, evidence)
  }
  const rows = await Promise.all(volunteers.map((volunteer) => volunteer.inbox.next('ask', ({ kind }: { kind: string }) => kind === 'rows')))
  for (const [index, volunteer] of volunteers.entries())
    await volunteer.put(rows[index].ask, await volunteer.seal(rows[index].ask, encodeFrame({ rows: [8] }, bytesOf(sketchOf(index)))))
  for (const [index, volunteer] of volunteers.entries()) {
    const { ask, block } = await volunteer.inbox.next('ask', ({ procedure }: { procedure: string }) => procedure === 'train')
    const update = updateOf(0.0123456 * (index + 1))
    await volunteer.put(ask, await volunteer.seal(ask, volunteer.frameOf(update, 1, block ?? 0)))
  }
  await seen(id, ({ rounds }) => rounds.length === 1)

  const get = async (path: string): Promise<string> => (await operator('GET', `/api/federations/${id}/${path}`)).bytes.toString()
  const clusters = clusterInsightSchema.parse(JSON.parse(await get('clusters')))
  expect(clusters.tree.map(({ cluster, members }) => [cluster, members])).toEqual([
    [null, 4],
    [0, 2],
    [1, 2],
  ])
  expect(clusters.similarity).toMatchObject({ of: 'sketches', round: 0, clusters: [0, 0, 1, 1] })

  const paths = [
    'clients',
    'round',
    'events',
    'rounds',
    'config',
    'clusters',
    'privacy',
    'export/metrics.csv',
    'export/metrics.json',
    'export/report.html',
    'export/events.ndjson',
  ]
  const secrets = volunteers.flatMap((_, index) => [...sketchOf(index), Math.fround(0.0123456 * (index + 1))])
  for (const path of paths) {
    const text = await get(path)
    for (const secret of secrets) expect(text.includes(String(secret).slice(0, 8))).toBe(false)
  }
  for (const path of ['clusters', 'export/metrics.csv', 'export/report.html'])
    for (const { client } of volunteers) expect(await get(path)).not.toContain(client)
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(3)
  for (const { parentPath, name } of files) {
    const bytes = readFileSync(join(parentPath, name))
    for (const [index] of volunteers.entries()) expect(bytes.includes(Buffer.from(bytesOf(sketchOf(index))))).toBe(false)
  }
})
