import type { EngineHost } from './engine.ts'
import type { EngineReport } from './engine-messages.ts'
import workerUrl from './train.worker.ts?worker&url'

declare const trustedTypes:
  | { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }
  | undefined

/** The page's policy lets no text become code. This one address may, whatever anybody asks for. */
const policy = typeof trustedTypes === 'undefined' ? null : trustedTypes.createPolicy('shoal', { createScriptURL: () => workerUrl })

/** The engine server in a dedicated worker. */
export function startTrainWorker(): EngineHost {
  const worker = new Worker(policy?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module', name: 'shoal training' })
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
