import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CommandError, EXIT } from './exit-code.ts'

const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000
const POLL_MS = 50
const LOG_CHARACTERS = 20_000
const OPERATOR_LINK = /\S+\/dashboard#\S+(?=\s)/

/** The built server; apps start each other as processes and never import each other. */
export const serverProgram = (): string => fileURLToPath(new URL('../../server/dist/main.js', import.meta.url))

/** A server of our own: a child process on this machine's loopback address. */
export interface ServerProcess {
  /** `http://127.0.0.1:<port>`, the same after `restart`. */
  readonly origin: string
  readonly operatorToken: string
  /** Null while it does not run. */
  pid(): number | null
  /** The operator's page with a token that works once: the one it printed when it started last. */
  operatorLink(): string | null
  /** The end of what it wrote. */
  log(): string
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
  /** The same server on the same data, after `kill` or `stop`. */
  restart(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
}

/** Starts a server on `dataDirectory` and waits until it answers. Throws CommandError with its last words where it does not. */
export async function startServerProcess(options: {
  readonly dataDirectory: string
  /** Where it listens; on this machine's loopback address alone unless it is given. `origin` is the loopback address all the same. */
  readonly host?: string
  readonly environment?: Readonly<Record<string, string>>
}): Promise<ServerProcess> {
  const program = serverProgram()
  if (!existsSync(program)) throw new CommandError(EXIT.missing, `the server is not built: ${program} is missing. Run npm run build.`)
  const port = await freePort()
  const origin = `http://${HOST}:${port}`
  const operatorToken = randomBytes(32).toString('base64url')
  const args = [
    program,
    '--host',
    options.host ?? HOST,
    '--port',
    String(port),
    '--public-url',
    origin,
    '--data-directory',
    options.dataDirectory,
    '--federations',
    'none',
  ]
  const environment = { ...process.env, SHOAL_LOG_LEVEL: 'warn', ...options.environment, SHOAL_OPERATOR_TOKEN: operatorToken }

  let child: ChildProcess | null = null
  let log = ''
  let operatorLink: string | null = null

  async function start(): Promise<void> {
    // A process group of its own: Ctrl-C in a terminal reaches us alone, and we end tabs and server in order.
    const started = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' })
    child = started
    const listen = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-LOG_CHARACTERS)
      operatorLink = OPERATOR_LINK.exec(log)?.[0] ?? operatorLink
    }
    for (const stream of [started.stdout, started.stderr]) stream.on('data', listen)
    started.once('exit', () => {
      if (child === started) child = null
    })
    const giveUpAt = performance.now() + START_TIMEOUT_MS
    while (!(await answers(origin))) {
      if (child !== started) throw new CommandError(EXIT.failed, `the server ended while it started:\n${log}`)
      if (performance.now() > giveUpAt) {
        started.kill('SIGKILL')
        throw new CommandError(EXIT.failed, `the server did not answer within ${START_TIMEOUT_MS / 1000} s:\n${log}`)
      }
      await pause(POLL_MS)
    }
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ending = child
    if (ending === null) return
    const exited = once(ending, 'exit')
    ending.kill(signal)
    const late = setTimeout(() => ending.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(late)
  }

  await start()
  return {
    origin,
    operatorToken,
    pid: () => child?.pid ?? null,
    operatorLink: () => operatorLink,
    log: () => log,
    kill: () => end('SIGKILL'),
    restart: start,
    stop: () => end('SIGTERM'),
  }
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/readyz`)).ok
  } catch {
    return false
  }
}

/** Where the systems that we know take no ports of their own for outgoing connections: one of those would sit on the port of a server that is down for a moment. */
const [FIRST_PORT, PORTS] = [20_000, 12_000]
const PORT_ATTEMPTS = 20

/** A port that nobody listens on now, and that stays free while the server is restarted. */
async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, HOST, () => resolve(true))
    })
    if (!isFree) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
  throw new CommandError(EXIT.missing, 'no free port')
}
