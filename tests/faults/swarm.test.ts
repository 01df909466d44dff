import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT, runSwarm, type SwarmFlags, type SwarmReport } from '@shoal/cli'
import { expect, test } from 'vitest'
import { fetchBytes } from './wire-client.mjs'
import { OPERATOR_TOKEN, startTestServer } from './wire-server.ts'

const CLIENTS = 20
const ROUNDS = 2
const SEED = 'swarm'
/** A part of it is how long a masked sum waits for a client that came back without its keys. */
const DEADLINE_SECONDS = 24

const flags = (url: string, privacy: 'sealed' | 'masked', change: Partial<SwarmFlags>): SwarmFlags => ({
  url,
  token: OPERATOR_TOKEN,
  federation: null,
  made: { strategy: 'fedavg', privacy, view: 'sums', architecture: 'cnn-6186', cohort: null, deadlineSeconds: DEADLINE_SECONDS },
  tabs: 0,
  backend: 'wasm',
  shape: {
    seed: SEED,
    clients: CLIENTS,
    rampSeconds: 0,
    thinkMs: [0, 50],
    churnPerMinute: 0.5,
    drop: { before: 0.03, mid: 0.03, after: 0.03, duplicate: 0.3, slow: 0 },
  },
  workers: 1,
  groups: 2,
  rounds: ROUNDS,
  seconds: 80,
  json: null,
  html: null,
  ...change,
})

/** The load's report, and what the server has of the same federation. */
async function loaded(privacy: 'sealed' | 'masked') {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-swarm-test-'))
  const server = await startTestServer()
  try {
    const [json, html] = ['report.json', 'report.html'].map((name) => join(folder, name))
    const lines: string[] = []
    const exitCode = await runSwarm(flags(server.url, privacy, { json, html }), {
      print: (line) => lines.push(line),
      interrupted: new AbortController().signal,
      isTerminal: false,
      command: 'shoal swarm',
    })
    const report = JSON.parse(readFileSync(json, 'utf8')) as SwarmReport
    const host = server.server.federation(report.federation.id as never)
    if (host === undefined) throw new Error('the federation is gone')
    const { body: traffic } = await server.operator('GET', `/api/federations/${report.federation.id}/traffic`)
    const { body: invites } = await server.operator('GET', `/api/federations/${report.federation.id}/invites`)
    const ready = await fetchBytes(`${server.url}/readyz`)
    return {
      exitCode,
      report,
      lines,
      page: readFileSync(html, 'utf8'),
      state: host.state(),
      traffic: traffic as { bytesUp: number; bytesDown: number }[],
      invites,
      ready,
    }
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

test.each(['sealed', 'masked'] as const)(
  `[8.3] %s: ${CLIENTS} protocol clients that churn and fail finish their rounds, and the report agrees with the server (seed ${SEED})`,
  async (privacy) => {
    const { exitCode, report, lines, page, state, traffic, invites, ready } = await loaded(privacy)
    expect(exitCode).toBe(EXIT.ok)
    expect(report.rounds.map(({ round, outcome, clients }) => ({ round, outcome, clients }))).toEqual(
      state.rounds.slice(0, report.rounds.length).map(({ round, outcome, clients }) => ({ round, outcome, clients })),
    )
    expect(report.rounds.length).toBe(ROUNDS)
    // A masked sum whose survivors would tell one client from two sums is withheld, and its round leaves the model as it is.
    for (const { outcome } of report.rounds) expect(privacy === 'sealed' ? ['updated'] : ['updated', 'unchanged']).toContain(outcome)

    // Clients: everybody was there, and whoever came back was counted as the same person.
    const { counts } = report
    expect(state.clients.size).toBe(CLIENTS)
    expect(counts.sessions - counts.reconnects).toBe(CLIENTS)
    expect(counts.vanished + counts.leaves).toBeGreaterThan(0)
    expect(counts.duplicates).toBeGreaterThan(0)

    // Contributions: an answer that was told durable is in a sum once, and nothing is in a sum that nobody sent.
    const { cost } = report.server
    expect(cost?.folded).toBeGreaterThanOrEqual(counts.durable)
    expect(cost?.folded).toBeLessThanOrEqual(counts.answers + counts.unsettled)

    // Bytes: what clients saw acknowledged is what the server counted, but for what was cut off on the way.
    const sum = (of: (entry: { bytesUp: number; bytesDown: number }) => number): number => traffic.reduce((total, entry) => total + of(entry), 0)
    const [up, down] = [sum(({ bytesUp }) => bytesUp), sum(({ bytesDown }) => bytesDown)]
    expect(cost).toMatchObject({ bytesUp: up, bytesDown: down })
    const clientsUp = report.rounds.reduce((total, round) => total + round.clientsUp, 0)
    const clientsDown = report.rounds.reduce((total, round) => total + round.clientsDown, 0)
    expect(up).toBeGreaterThanOrEqual(clientsUp)
    expect(up).toBeLessThanOrEqual(clientsUp + counts.unsettledBytes)
    expect(down).toBeGreaterThanOrEqual(clientsDown)
    expect(down).toBeLessThanOrEqual(clientsDown + counts.cutDownloads * 4 * report.federation.parameters)

    // The end: the federation is over and named for what it was, its link is closed, the server is well, and the report keeps no secret.
    expect(state.lifecycle).toBe('finished')
    expect(state.config.name).toMatch(/^Load test \(shoal swarm/)
    expect(invites).toMatchObject([{ uses: CLIENTS, revokedAt: expect.any(Number) }])
    expect(ready.status).toBe(200)
    for (const text of [JSON.stringify(report), page, lines.join('\n')]) expect(text).not.toContain(OPERATOR_TOKEN)
    expect(page).toContain(report.federation.id)
  },
)
