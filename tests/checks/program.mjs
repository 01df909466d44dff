import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Whether this module is the program that Node was started with. @param {string} url its `import.meta.url` */
export const isProgram = (url) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)

/**
 * Runs a script of node_modules with this Node, from the root, and keeps what it said. Colours are off: the output is printed inside ours.
 * @param {string} script path from the root @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, timeoutMs?: number, cwd?: string }} [options]
 * @returns {Promise<{ code: number, output: string }>} `code` is 124 after a timeout, 1 after a signal
 */
export function runScript(script, args, { env = {}, timeoutMs = 300_000, cwd = ROOT } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [resolvePath(ROOT, script), ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let isLate = false
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve(isLate ? { code: 124, output: `${output}\nstopped after ${timeoutMs / 1000} s` } : { code: code ?? 1, output })
    })
  })
}

/** A check's verdict from a program: silence when it ended well, else its words. @param {{ code: number, output: string }} ended */
export const complaintOf = ({ code, output }) => (code === 0 ? '' : output.trim() || `ended with code ${code}`)
