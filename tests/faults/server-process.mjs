/**
 * The built server as a process of its own, for tests that kill it: `node server-process.mjs <data directory> <operator token> [options as JSON]`; tells its parent the port when it listens, and its `usage`
 * when asked: CPU and memory of the process, and how late its event loop came since it was asked last. `collect`: throws its garbage away first, where it was started with `--expose-gc`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { buildServer } from '@shoal/server'

/** Timers of a loop that is never held up come this far apart. */
const RESOLUTION_MS = 10

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
const [, , dataDirectory, operatorToken, options = '{}'] = process.argv
const server = await buildServer({ dataDirectory, operatorToken, host: '127.0.0.1', port: 0, logLevel: 'warn', federations: 'none', ...JSON.parse(options) })
const { port } = await server.listen()
process.send?.({ port })
loop.enable()

/** @param {number} nanoseconds */
const lateMs = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)

process.on('message', (message) => {
  if (message === 'usage' || message === 'collect') {
    if (message === 'collect') globalThis.gc?.()
    const late = { p99Ms: lateMs(loop.percentile(99)), maxMs: lateMs(loop.max) }
    loop.reset()
    process.send?.({ cpu: process.cpuUsage(), memory: process.memoryUsage(), peakRss: process.resourceUsage().maxRSS * 1024, loop: late })
  }
  if (message === 'close') server.close().then(() => process.exit(0))
})
