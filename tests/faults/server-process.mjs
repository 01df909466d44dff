/** The built server as a process of its own, for tests that kill it: `node server-process.mjs <data directory> <operator token> [options as JSON]`; tells its parent the port when it listens, and its `usage` when asked. */
import { buildServer } from '@shoal/server'

const [, , dataDirectory, operatorToken, options = '{}'] = process.argv
const server = await buildServer({ dataDirectory, operatorToken, host: '127.0.0.1', port: 0, logLevel: 'warn', federations: 'none', ...JSON.parse(options) })
const { port } = await server.listen()
process.send?.({ port })

process.on('message', (message) => {
  if (message === 'usage') process.send?.({ cpu: process.cpuUsage(), memory: process.memoryUsage() })
  if (message === 'close') server.close().then(() => process.exit(0))
})
