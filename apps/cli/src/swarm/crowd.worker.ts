import { parentPort, workerData } from 'node:worker_threads'
import { loadSodium } from '@shoal/client'
import { startCrowd } from './crowd.ts'
import type { CrowdOrder, CrowdReport } from './crowd-messages.ts'
import { planLoad } from './load-plan.ts'
import { readInvitation } from './protocol-client.ts'

const REPORT_MS = 500

const { link, shape, clients, groups } = workerData as CrowdOrder
const crowd = startCrowd({ sodium: await loadSodium(), invitation: await readInvitation(link), plan: planLoad(shape), clients, seed: shape.seed, groups })
const tell = (isLast: boolean): void => {
  const report: CrowdReport = { occupations: crowd.occupations(), measures: crowd.measures(), lagMs: crowd.lagMs(), isLast }
  parentPort?.postMessage(report)
}
const telling = setInterval(() => tell(false), REPORT_MS)

// The one message is the end.
parentPort?.once('message', async () => {
  await crowd.end()
  clearInterval(telling)
  tell(true)
})
