import type { EngineHost } from './engine.ts'
import type { EngineReport } from './engine-messages.ts'

/** The engine server in a dedicated worker. */
export function startTrainWorker(): EngineHost {
  const worker = new Worker(new URL('./train.worker.ts', import.meta.url), { type: 'module', name: 'shoal training' })
  return {
    post: (order) => worker.postMessage(order),
    listen(onReport, onCrash) {
      worker.onmessage = ({ data }: MessageEvent<EngineReport>) => onReport(data)
      worker.onerror = (event) => {
        worker.onmessage = null
        worker.onerror = null
        onCrash(event.message || 'the training worker could not be loaded')
      }
    },
    end: () => worker.terminate(),
  }
}
