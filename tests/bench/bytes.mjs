/** Bulk bytes of one tab: an update of at most 4P + 300, one GET for each new model, and none for a model that the tab already holds, a reload included. */
import { withFederation } from './shared/one-federation.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'bytes'
const ROUNDS = 6
const RELOAD_AT = 3
const PARAMETERS = 101_770

/** @type {{ uploads: number[], traffic: Awaited<ReturnType<import('@shoal/cli').OperatorApi['traffic']>> }} */
const { uploads, traffic } = await withFederation({ seed: SEED, rounds: ROUNDS, steps: 5 }, async ({ api, id, tab, files, until }) => {
  /** @type {number[]} */
  const uploads = []
  tab.page.on('request', (request) => {
    const path = new URL(request.url()).pathname
    if (path.startsWith('/contributions/')) uploads.push(request.postDataBuffer()?.length ?? 0)
  })
  await api.command(id, 'start-federation')
  await until(({ round }) => round >= RELOAD_AT)
  await tab.page.reload()
  await tab.walk(files)
  await until(({ lifecycle }) => lifecycle === 'finished')
  return { uploads, traffic: await api.traffic(id) }
})

const largest = Math.max(...uploads)
const downloads = traffic.reduce((sum, { bytesDown }) => sum + bytesDown, 0) / (4 * PARAMETERS)
const rows = traffic.map(({ round, bytesUp, bytesDown }) => ({
  round,
  'bytes up': bytesUp,
  'bytes down': bytesDown,
  'down / 4P': (bytesDown / (4 * PARAMETERS)).toFixed(2),
}))
printTable(rows)
console.log(`\nlargest upload: ${largest} bytes, 4P + ${largest - 4 * PARAMETERS} (allowed: 4P + 300)`)
console.log(`models downloaded: ${downloads.toFixed(2)} of ${ROUNDS + 1} that there were, with a reload in round ${RELOAD_AT}`)
writeResult('bytes', SEED, {
  parameters: PARAMETERS,
  largestUpload: largest,
  overhead: largest - 4 * PARAMETERS,
  models: ROUNDS + 1,
  modelsDownloaded: downloads,
  rounds: rows,
})
