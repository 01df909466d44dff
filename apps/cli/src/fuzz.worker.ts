import { parentPort, workerData } from 'node:worker_threads'
import { type HuntRequest, hunt } from './fuzz-hunt.ts'

/** One of several hunts side by side: reports what it has found, and ends. */
const report = await hunt(workerData as HuntRequest, (partial) => parentPort?.postMessage(partial), new AbortController().signal)
parentPort?.postMessage(report)
