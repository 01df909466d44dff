/** Volunteers by the thousand, spread over processes beside the server's: the driving side of crowd-process.mjs and masked-crowd-process.mjs. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {Awaited<ReturnType<typeof startCrowd>>} Crowd
 * @param {URL} program
 * @param {number} processes
 */
export async function startCrowd(program, processes) {
  const children = Array.from({ length: processes }, () =>
    fork(fileURLToPath(program), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' }),
  )
  const end = () => {
    for (const child of children) child.kill('SIGKILL')
  }
  process.once('exit', end)
  let calls = 0
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const open = new Map()
  await Promise.all(children.map((child) => once(child, 'message')))
  for (const child of children)
    child.on('message', (/** @type {{ id: number, value?: unknown, error?: string }} */ { id, value, error }) => {
      const call = open.get(id)
      open.delete(id)
      if (error === undefined) call?.resolve(value)
      else call?.reject(new Error(error))
    })

  /** @param {import('node:child_process').ChildProcess} child @param {string} name @param {unknown} body @returns {Promise<any>} */
  const call = (child, name, body) =>
    new Promise((resolve, reject) => {
      calls += 1
      open.set(calls, { resolve, reject })
      child.send({ id: calls, name, body })
    })
  /** @param {string} name @param {unknown} [body] @returns {Promise<any[]>} */
  const all = (name, body = null) => Promise.all(children.map((child) => call(child, name, body)))

  return {
    /** @param {number} count in all @param {object} plan */
    async join(count, plan) {
      const share = (/** @type {number} */ index) => Math.floor(((index + 1) * count) / processes) - Math.floor((index * count) / processes)
      await Promise.all(children.map((child, index) => call(child, 'join', { ...plan, count: share(index) })))
    },
    all,
    /** The processes' figures of one kind, added up; of times the earliest. @param {string} name @returns {Promise<any>} */
    async total(name) {
      const [first, ...others] = await all(name)
      return others.reduce(added, first)
    },
    end() {
      process.off('exit', end)
      end()
    },
  }
}

/** Two tables of numbers, entry by entry. @param {Record<string, any>} left @param {Record<string, any>} right @returns {Record<string, any>} */
function added(left, right) {
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return Object.fromEntries(
    [...names].map((name) => {
      const values = [left[name], right[name]].filter((value) => value !== undefined)
      if (typeof values[0] === 'object') return [name, values.reduce(added)]
      return [name, name.endsWith('At') ? Math.min(...values) : values.reduce((sum, value) => sum + value, 0)]
    }),
  )
}
