import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { loadSodium } from '@shoal/client'
import { CommandError, EXIT } from '../exit-code.ts'
import { type Crowd, type Occupations, startCrowd } from './crowd.ts'
import { type CrowdOrder, type CrowdReport, END_CROWD } from './crowd-messages.ts'
import { createLoadMeasures } from './load-measures.ts'
import { type LoadShape, planLoad } from './load-plan.ts'
import { readInvitation } from './protocol-client.ts'

const NOBODY: Occupations = { away: 0, connecting: 0, waiting: 0, working: 0, ended: 0 }

/** All clients of a load, dealt out to so many threads in turn; with one, in this one. */
export async function startCrowds({
  link,
  shape,
  groups,
  workers,
}: {
  readonly link: string
  readonly shape: LoadShape
  readonly groups: number
  readonly workers: number
}): Promise<Crowd> {
  const numbers = Array.from({ length: shape.clients }, (_, client) => client)
  if (workers === 1) {
    const [sodium, invitation] = await Promise.all([loadSodium(), readInvitation(link)])
    return startCrowd({ sodium, invitation, plan: planLoad(shape), clients: numbers, seed: shape.seed, groups })
  }
  const threads = Array.from({ length: workers }, (_, worker) =>
    threadOf({ link, shape, groups, clients: numbers.filter((client) => client % workers === worker) }),
  )
  return {
    occupations: () => threads.map((thread) => thread.occupations()).reduce(together, NOBODY),
    measures() {
      const all = createLoadMeasures()
      for (const thread of threads) all.merge(thread.measures())
      return all.data()
    },
    lagMs: () => threads.reduce((longest, thread) => Math.max(longest, thread.lagMs()), 0),
    async end() {
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

const together = (left: Occupations, right: Occupations): Occupations => ({
  away: left.away + right.away,
  connecting: left.connecting + right.connecting,
  waiting: left.waiting + right.waiting,
  working: left.working + right.working,
  ended: left.ended + right.ended,
})

/** A crowd in a thread of its own, as it was told last. */
function threadOf(order: CrowdOrder): Crowd {
  const worker = new Worker(workerFile(), { workerData: order, execArgv: [] })
  let latest: Omit<CrowdReport, 'isLast'> = { occupations: { ...NOBODY, away: order.clients.length }, measures: createLoadMeasures().data(), lagMs: 0 }
  let failure: Error | null = null
  const ended = new Promise<void>((resolve) => {
    worker.on('message', (report: CrowdReport) => {
      latest = report
      if (report.isLast) resolve()
    })
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
      resolve()
    })
    worker.on('exit', () => resolve())
  })
  const assertAlive = (): void => {
    if (failure !== null) throw new CommandError(EXIT.failed, `a thread of clients ended: ${failure.message}`)
  }
  return {
    occupations() {
      assertAlive()
      return latest.occupations
    },
    measures: () => latest.measures,
    lagMs: () => latest.lagMs,
    async end() {
      const exited = failure === null ? once(worker, 'exit') : Promise.resolve()
      worker.postMessage(END_CROWD)
      await ended
      await worker.terminate()
      await exited
    },
  }
}

/** The built worker: Node can not load its source. */
function workerFile(): URL {
  const beside = new URL('./crowd.worker.js', import.meta.url)
  return existsSync(fileURLToPath(beside)) ? beside : new URL('../../dist/swarm/crowd.worker.js', import.meta.url)
}
