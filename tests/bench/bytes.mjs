/** Bulk bytes per client and round: an upload of at most 4P + 300, one download of each new model, and none of a model that the tab already holds. */
import { withFederation } from './shared/one-federation.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'bytes'
const TABS = 2
const ROUNDS = 6
const PARAMETERS = 101_770
/** What the tab sends beside the model when it is asked how good the model is: two numbers in an envelope of their own. */
const ASKS_OF_A_ROUND = 2

const figures = await withFederation({ seed: SEED, tabs: TABS, rounds: ROUNDS, steps: 5 }, async ({ api, id, tabs, files, until }) => {
  /** @type {number[]} */
  const uploads = []
  /** @type {number[]} */
  const downloads = []
  for (const { page } of tabs) {
    page.on('request', (request) => {
      if (request.method() === 'PUT' && request.url().includes('/contributions/')) uploads.push(request.postDataBuffer()?.length ?? 0)
    })
  }
  await api.command(id, 'start-federation')
  await until(({ round }) => round >= ROUNDS / 2)
  await api.command(id, 'pause-federation')
  const [reloaded] = tabs
  await reloaded.reach(['waiting'])
  reloaded.page.on('response', (response) => {
    if (response.url().includes('/models/') && !response.fromServiceWorker()) downloads.push(Number(response.headers()['content-length'] ?? 0))
  })
  const before = await api.traffic(id)
  await reloaded.page.reload()
  await reloaded.walk(files[0])
  await reloaded.reach(['waiting'])
  const after = await api.traffic(id)
  await api.command(id, 'resume-federation')
  await until(({ lifecycle }) => lifecycle === 'finished')
  return { uploads, reloadBytes: sumOf(after) - sumOf(before), traffic: await api.traffic(id) }
})

/** @param {readonly { bytesDown: number }[]} traffic */
function sumOf(traffic) {
  return traffic.reduce((sum, { bytesDown }) => sum + bytesDown, 0)
}

const updates = figures.uploads.filter((bytes) => bytes >= 4 * PARAMETERS)
const rows = figures.traffic.map(({ round, bytesUp, bytesDown }) => ({
  round,
  'up a client': Math.round(bytesUp / TABS),
  'down a client': Math.round(bytesDown / TABS),
  'models a client': (bytesDown / TABS / (4 * PARAMETERS)).toFixed(2),
}))
printTable(rows)
const summary = { largestUpdate: Math.max(...updates), allowed: 4 * PARAMETERS + 300, asksOfARound: ASKS_OF_A_ROUND, downAfterReload: figures.reloadBytes }
console.log(
  `\nan update: ${summary.largestUpdate} bytes, 4P + ${summary.largestUpdate - 4 * PARAMETERS} (allowed: 4P + 300); downloaded again after a reload: ${summary.downAfterReload} bytes`,
)
writeResult('bytes', SEED, { tabs: TABS, parameters: PARAMETERS, ...summary, rounds: rows })
