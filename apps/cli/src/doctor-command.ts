import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { chromiumPath, hasGpu, launchChromium } from './chromium.ts'
import type { CommandHost } from './demo-command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { serverProgram } from './server-process.ts'

/** One part of the system: whether it is there, and what to do where it is not. */
export interface Finding {
  readonly part: string
  readonly ok: boolean
  readonly detail: string
  /** A part that a run can do without. */
  readonly optional: boolean
}

const OLDEST_NODE = [20, 19] as const
const DEFAULT_PORT = 8787

const found = (part: string, detail: string): Finding => ({ part, ok: true, detail, optional: false })
const missing = (part: string, detail: string): Finding => ({ part, ok: false, detail, optional: false })
const lacking = (part: string, detail: string): Finding => ({ part, ok: false, detail, optional: true })
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]

/** `shoal doctor`: one line for each part that the commands need. */
export async function runDoctor(flags: { readonly json: boolean }, { print }: CommandHost): Promise<ExitCode> {
  const findings = [checkNode(), checkServer(), checkSqlite(), ...(await checkChromium()), await checkPort()]
  if (flags.json) print(JSON.stringify(findings, null, 2))
  else for (const { part, ok, optional, detail } of findings) print(`${ok ? 'ok     ' : optional ? 'without' : 'missing'}  ${part.padEnd(15)}  ${detail}`)
  return findings.every(({ ok, optional }) => ok || optional) ? EXIT.ok : EXIT.missing
}

function checkNode(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return isNewEnough ? found('Node', process.versions.node) : missing('Node', `${process.versions.node}: install ${OLDEST_NODE.join('.')} or newer`)
}

function checkServer(): Finding {
  const program = serverProgram()
  return existsSync(program) ? found('server', 'built') : missing('server', 'not built: run npm run build')
}

/** Loading it is the only proof that it was compiled, and for this Node. */
function checkSqlite(): Finding {
  try {
    const entry = createRequire(serverProgram()).resolve('better-sqlite3')
    const program = `const Database = require(${JSON.stringify(entry)}); const db = new Database(':memory:'); console.log(db.prepare('select sqlite_version()').pluck().get())`
    return found(
      'better-sqlite3',
      `SQLite ${execFileSync(process.execPath, ['-e', program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()}`,
    )
  } catch {
    return missing(
      'better-sqlite3',
      'does not load: delete node_modules and run any command again with one and the same Node (it needs python3, make and a C++ compiler)',
    )
  }
}

async function checkChromium(): Promise<Finding[]> {
  try {
    const path = chromiumPath()
    // WebGL is asked for as demo --backend webgl does it: in software where there is no GPU.
    const browser = await launchChromium('webgl')
    try {
      const page = await browser.newPage()
      const renderer = await page.evaluate(() => {
        const context = document.createElement('canvas').getContext('webgl2')
        const unmasked = context?.getExtension('WEBGL_debug_renderer_info')
        return context && unmasked ? String(context.getParameter(unmasked.UNMASKED_RENDERER_WEBGL)) : null
      })
      return [
        found('Chromium', `${browser.version()} (${path})`),
        renderer === null
          ? lacking('WebGL', 'this Chromium offers none: tabs compute on wasm')
          : found('WebGL', `${renderer}${hasGpu() ? '' : ' (no GPU here)'}`),
        await checkWebGpu(),
      ]
    } finally {
      await browser.close()
    }
  } catch (error) {
    return [missing('Chromium', `${wordsOf(error)}`)]
  }
}

/** Only a secure context has WebGPU, so a page of this machine is asked and not about:blank. */
async function checkWebGpu(): Promise<Finding> {
  const browser = await launchChromium('webgpu')
  try {
    const page = await browser.newPage()
    await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
    await page.goto('http://localhost/')
    const adapter = await page.evaluate(async () => {
      const gpu = (navigator as { gpu?: { requestAdapter(): Promise<{ info: { vendor: string; architecture: string; description: string } } | null> } }).gpu
      const offered = await gpu?.requestAdapter()
      return offered ? offered.info.description || `${offered.info.vendor} ${offered.info.architecture}` : null
    })
    return adapter === null ? lacking('WebGPU', 'this Chromium offers none: tabs compute on WebGL or wasm') : found('WebGPU', adapter)
  } finally {
    await browser.close()
  }
}

async function checkPort(): Promise<Finding> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', (error) => resolve(lacking(`port ${DEFAULT_PORT}`, `${wordsOf(error)}: start with shoal serve --port <another>`)))
    probe.listen(DEFAULT_PORT, () => probe.close(() => resolve(found(`port ${DEFAULT_PORT}`, 'free'))))
  })
}
