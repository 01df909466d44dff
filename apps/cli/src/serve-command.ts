import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { CommandError, EXIT } from './exit-code.ts'
import { ensureSampleShards } from './sample-shards.ts'
import { serverProgram } from './server-process.ts'

const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

/** `shoal serve`: becomes the server, as far as Node allows. Its flags, its output and its exit code are the server's own. */
export async function runServe(args: readonly string[]): Promise<number> {
  const program = serverProgram()
  if (!existsSync(program)) throw new CommandError(EXIT.missing, `the server is not built: ${program} is missing. Run npm run build.`)
  const samples = await sampleFlags(args)
  const server = spawn(process.execPath, [program, ...args, ...samples], { stdio: 'inherit' })
  // On a terminal Ctrl-C reaches the server by itself; a second one would mean "at once".
  for (const signal of PASSED_ON) process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : server.kill(signal)))
  const [code, signal] = (await once(server, 'exit')) as [number | null, NodeJS.Signals | null]
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

/** Volunteers who only want to look get digits to try, unless the operator says otherwise: by flag, in the environment, or in a configuration file. */
async function sampleFlags(args: readonly string[]): Promise<readonly string[]> {
  const isDecided =
    args.some((arg) => /^--(samples|config|print-config)(=|$)/.test(arg)) || process.env.SHOAL_SAMPLES !== undefined || process.env.SHOAL_CONFIG !== undefined
  if (isDecided) return []
  const folder = join('.shoal', 'samples')
  await ensureSampleShards(folder)
  return ['--samples', folder]
}
