import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildServer, type ShoalServer } from './application.ts'

const OPERATIONS = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
const DASHBOARD = readFileSync(new URL('../../../ops/grafana-dashboard.json', import.meta.url), 'utf8')

let server: ShoalServer
let types: Map<string, string>
const directory = mkdtempSync(join(tmpdir(), 'shoal-metrics-'))
beforeAll(async () => {
  server = await buildServer({ dataDirectory: directory, logLevel: 'silent', federations: 'none', metrics: 'open' })
  const { body } = await server.app.inject('/metrics')
  types = new Map([...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]))
})
afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})

/** Names of metrics in a text, those of a histogram's parts as the histogram. */
const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:shoal|nodejs|process)_[a-z0-9_]*[a-z0-9]\b/g)].map(([name]) => (types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')))

test('the table of names in the documentation is the list of ours, with their types', () => {
  const listed = [...OPERATIONS.matchAll(/^\| `(shoal_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [name, type])
  expect(listed.sort()).toEqual([...types].filter(([name]) => name.startsWith('shoal_')).sort())
})

test('every metric that the documentation names exists', () => {
  expect(namesIn(OPERATIONS).filter((name) => !types.has(name))).toEqual([])
})

test('every metric of the dashboard exists, and each of ours is on it', () => {
  const used = new Set(namesIn(DASHBOARD))
  expect(used.size).toBeGreaterThan(15)
  expect([...used].filter((name) => !types.has(name))).toEqual([])
  expect([...types.keys()].filter((name) => name.startsWith('shoal_') && !used.has(name))).toEqual([])
})

test('panels of the dashboard have a name each, a query, and room of their own', () => {
  interface Panel {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets?: readonly { readonly expr: string }[]
  }
  const { panels } = JSON.parse(DASHBOARD) as { readonly panels: readonly Panel[] }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const taken = new Set<string>()
  for (const { type, title, gridPos, targets } of panels) {
    expect(title).not.toBe('')
    if (type !== 'row')
      expect(
        targets?.every(({ expr }) => expr !== ''),
        title,
      ).toBe(true)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(x < 24 && !taken.has(`${x}/${y}`), title).toBe(true)
        taken.add(`${x}/${y}`)
      }
    }
  }
})

test('an address that nobody knows is counted under one name', async () => {
  await server.app.inject('/nothing/secret-in-an-address')
  const { body } = await server.app.inject('/metrics')
  expect(body).toContain('shoal_http_requests_total{method="GET",route="none",status="404"} 1')
  expect(body).not.toContain('secret-in-an-address')
})
