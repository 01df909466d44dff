import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import threadedSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import type { EngineOrder } from './engine-messages.ts'
import { createEngineServer } from './engine-server.ts'

const take = createEngineServer({
  report: (report, transfer) => self.postMessage(report, { transfer }),
  wasmPaths: { 'tfjs-backend-wasm.wasm': plain, 'tfjs-backend-wasm-simd.wasm': simd, 'tfjs-backend-wasm-threaded-simd.wasm': threadedSimd },
  now: () => performance.now(),
})

self.onmessage = ({ data }: MessageEvent<EngineOrder>) => take(data)
