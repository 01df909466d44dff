/**
 * The server is killed in the middle of a round of 1,000 volunteers at `sealed`, who live in other processes, and started again on what it left: how long until it listens, until the first of them is asked, until the
 * round is finished, and what they had to send a second time. `node tests/bench/recovery.mjs [--clients 1000] [--kills 3]` after a build. About a minute on two cores that do nothing else.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { readInvite } from '../faults/wire-client.mjs'
import { benchFederation, PARAMETERS } from './shared/bench-federation.mjs'
import { startCrowd } from './shared/crowd.mjs'
import { startMeasuredServer } from './shared/measured-server.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'recovery'
const ABREAST = 16
const POLL_MS = 20
/** A kill comes when so large a share of a round's contributions is safe. */
const SHARE_AT_KILL = 0.3

const { values } = parseArgs({ options: { clients: { type: 'string', default: '1000' }, kills: { type: 'string', default: '3' } } })
const clients = Number(values.clients)
const kills = Number(values.kills)

const directory = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
let server = await startMeasuredServer(directory)
const { id } = await server.post('/api/federations', benchFederation({ seed: SEED, level: 'sealed', clients, rounds: 1000 }))
const invitation = await readInvite(server.url, (await server.post(`/api/federations/${id}/invites`)).url)
const crowd = await startCrowd(new URL('./shared/crowd-process.mjs', import.meta.url), 2)

/** @returns {Promise<import('@shoal/protocol').FederationView>} */
const view = () => server.get(`/api/federations/${id}`)

/** @param {(view: import('@shoal/protocol').FederationView) => boolean} isWanted */
async function until(isWanted) {
  for (;;) {
    const seen = await view()
    if (isWanted(seen)) return seen
    await pause(POLL_MS)
  }
}

await crowd.join(clients, { url: server.url, invitation, parameters: PARAMETERS, seed: SEED, abreast: ABREAST })
await server.post(`/api/federations/${id}/commands`, { command: 'start-federation' })
// The first round compiles the hot functions of the clients; each life of the server compiles its own.
await until(({ round }) => round >= 1)

const results = []
for (let kill = 0; kill < kills; kill += 1) {
  const { round: present } = await view()
  const { round, openAsk } = await until((seen) => seen.round > present && (seen.openAsk?.answered ?? 0) >= SHARE_AT_KILL * clients)
  await server.kill()
  await crowd.all('recount')
  const killedAt = Date.now()
  server = await startMeasuredServer(directory, { port: server.port })
  const listeningMs = Date.now() - killedAt
  const finished = (await until((seen) => seen.round > round)).rounds.find((summary) => summary.round === round)
  if (finished?.outcome !== 'updated' || finished.clients !== clients) throw new Error(`round ${round}: ${JSON.stringify(finished)}`)
  let counts = await crowd.total('counts')
  // All contributions were safe: then the first to be asked is asked for the next round.
  while (counts.firstAskAt === Number.POSITIVE_INFINITY) {
    await pause(POLL_MS)
    counts = await crowd.total('counts')
  }
  if (counts.resentDurable > 0) throw new Error(`${counts.resentDurable} sent again what was safe`)
  const usage = await server.usage()
  results.push({
    round,
    durableBefore: openAsk?.answered ?? 0,
    listeningMs,
    firstAskMs: counts.firstAskAt - killedAt,
    roundFinishedMs: finished.endedAt - killedAt,
    resent: counts.resent,
    resentMB: counts.resentBytes / 1e6,
    cpuMs: usage.cpuMs,
    rssMiB: usage.rss / 2 ** 20,
  })
  process.stderr.write(`kill ${kill + 1} of ${kills} done\n`)
}
const { version } = await view()
crowd.end()
await server.close()
rmSync(directory, { recursive: true })

printTable(results.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(1))]))))
writeResult('recovery', SEED, { clients, parameters: PARAMETERS, shareAtKill: SHARE_AT_KILL, events: version, results })
