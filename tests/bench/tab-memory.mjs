/** Tensors and JavaScript heap of a tab over 200 rounds: both should stay where they were after the first. */
import { withFederation } from './shared/one-federation.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'

const SEED = 'tab-memory'
const ROUNDS = 200
const SAMPLE_EVERY = 25

/** Sizes after a garbage collection, while the federation is paused: between two asks of a tab. @param {import('@shoal/cli').Tab} tab @param {number} round */
async function sample(tab, round) {
  const [worker] = tab.page.workers()
  const session = await tab.page.context().newCDPSession(tab.page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  const memory = await worker.evaluate(() => {
    // @ts-expect-error TensorFlow.js keeps its engine there, and says so nowhere.
    const { numTensors, numBytes } = self._tfengine.memory()
    return { numTensors, numBytes }
  })
  return { round, tensors: memory.numTensors, 'tensor KB': Math.round(memory.numBytes / 1000), 'page heap KB': Math.round(usedSize / 1000) }
}

const rows = await withFederation({ seed: SEED, tabs: 1, rounds: ROUNDS, steps: 5 }, async ({ api, id, tabs: [tab], until }) => {
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
