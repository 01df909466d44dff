/** The built server in a process of its own, with what it costs: for benches. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT } from '../../checks/program.mjs'
import { send } from './http-request.mjs'

const TOKEN = 'a-token-for-the-bench'

/**
 * @typedef {{ cpuMs: number, rss: number, peakRss: number, loopP99Ms: number, loopMaxMs: number }} Usage of the server's process since it started; of its event loop since the last look
 * @typedef {Awaited<ReturnType<typeof startMeasuredServer>>} MeasuredServer
 */

/**
 * @param {string} directory of its data
 * @param {{ port?: number, limits?: Record<string, number> }} [options]
 */
export async function startMeasuredServer(directory, { port = 0, limits = {} } = {}) {
  const options = { port, limits: { requestsPerAddress: 10_000_000, requestsPerSession: 10_000_000, ...limits } }
  const child = fork(join(ROOT, 'tests/faults/server-process.mjs'), [directory, TOKEN, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--expose-gc'],
  })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const [{ port: bound }] = await once(child, 'message')
  const url = `http://127.0.0.1:${bound}`
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }

  return {
    url,
    port: /** @type {number} */ (bound),
    token: TOKEN,
    /** @param {'usage' | 'collect'} [what] `collect`: after a garbage collection @returns {Promise<Usage>} */
    async usage(what = 'usage') {
      child.send(what)
      const [{ cpu, memory, loop, peakRss }] = await once(child, 'message')
      return { cpuMs: (cpu.user + cpu.system) / 1000, rss: memory.rss, peakRss, loopP99Ms: loop.p99Ms, loopMaxMs: loop.maxMs }
    },
    /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
    async post(path, body = {}) {
      const { status, bytes } = await send(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      if (status >= 300) throw new Error(`POST ${path}: ${status} ${bytes}`)
      return JSON.parse(bytes.toString())
    },
    /** @param {string} path @returns {Promise<any>} */
    async get(path) {
      return JSON.parse((await send(`${url}${path}`, { headers })).bytes.toString())
    },
    async kill() {
      const exited = once(child, 'exit')
      end()
      await exited
    },
    async close() {
      const exited = once(child, 'exit')
      child.send('close')
      await exited
    },
  }
}
