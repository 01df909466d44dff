/** Tensors and JavaScript heap of a tab over 200 rounds: both should stay where they were after the first. */
import { withFederation } from './shared/one-federation.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'tab-memory'
const ROUNDS = 200
const SAMPLE_EVERY = 25

/** Bytes of the worker's JavaScript heap after a garbage collection; Chromium hands its protocol on as text. @param {import('playwright-core').CDPSession} session */
async function workerHeap(session) {
  const attached = new Promise((resolve) => session.once('Target.attachedToTarget', resolve))
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  const { sessionId } = await attached
  /** @param {number} id @param {string} method @returns {Promise<any>} */
  const ask = async (id, method) => {
    const answered = new Promise((resolve) => {
      session.on('Target.receivedMessageFromTarget', ({ message }) => {
        const reply = JSON.parse(message)
        if (reply.id === id) resolve(reply.result)
      })
    })
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
    return answered
  }
  await ask(1, 'HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize } = await ask(2, 'Runtime.getHeapUsage')
  return usedSize + backingStorageSize
}

/** Sizes after a garbage collection, while the federation is paused: between two asks of a tab. @param {import('@shoal/cli').Tab} tab @param {number} round */
async function sample(tab, round) {
  const [worker] = tab.page.workers()
  const session = await tab.page.context().newCDPSession(tab.page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage')
  const worksOn = await workerHeap(session)
  await session.detach()
  const tensors = await worker.evaluate(() => {
    // @ts-expect-error TensorFlow.js keeps its engine there, and says so nowhere.
    return self._tfengine.memory().numTensors
  })
  return { round, tensors, 'worker heap KB': Math.round(worksOn / 1000), 'page heap KB': Math.round((usedSize + backingStorageSize) / 1000) }
}

const rows = await withFederation({ seed: SEED, rounds: ROUNDS, steps: 5 }, async ({ api, id, tab, until }) => {
  const samples = [await sample(tab, 0)]
  await api.command(id, 'start-federation')
  for (let round = SAMPLE_EVERY; round < ROUNDS; round += SAMPLE_EVERY) {
    await until((view) => view.round >= round)
    await api.command(id, 'pause-federation')
    await tab.reach(['waiting'])
    samples.push(await sample(tab, (await api.view(id)).round))
    await api.command(id, 'resume-federation')
  }
  await until(({ lifecycle }) => lifecycle === 'finished')
  await tab.reach(['finished'])
  samples.push(await sample(tab, ROUNDS))
  return samples
})

printTable(rows)
writeResult('tab-memory', SEED, { rounds: ROUNDS, samples: rows })
