import type { Tab } from '@shoal/cli'

/** Tensors alive in the tab's training worker, as TensorFlow.js itself counts them. */
export async function tensorsOf(tab: Tab): Promise<number> {
  const [worker] = tab.page.workers()
  if (worker === undefined) throw new Error(`${tab.name} has no worker`)
  return worker.evaluate(() => (globalThis as unknown as { _tfengine: { memory(): { numTensors: number } } })._tfengine.memory().numTensors)
}
