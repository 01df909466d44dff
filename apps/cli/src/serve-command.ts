import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { CommandError, EXIT } from './exit-code.ts'
import { serverProgram } from './server-process.ts'

const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

/** `shoal serve`: becomes the server, as far as Node allows. Its flags, its output and its exit code are the server's own. */
export async function runServe(args: readonly string[]): Promise<number> {
  const program = serverProgram()
  if (!existsSync(program)) throw new CommandError(EXIT.missing, `the server is not built: ${program} is missing. Run npm run build.`)
  const server = spawn(process.execPath, [program, ...args], { stdio: 'inherit' })
  // On a terminal Ctrl-C reaches the server by itself; a second one would mean "at once".
  for (const signal of PASSED_ON) process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : server.kill(signal)))
  const [code, signal] = (await once(server, 'exit')) as [number | null, NodeJS.Signals | null]
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
