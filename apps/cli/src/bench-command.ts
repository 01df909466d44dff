import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CommandHost } from './demo-command.ts'
import { CommandError, EXIT, type ExitCode } from './exit-code.ts'

const BENCHES = fileURLToPath(new URL('../../../tests/bench', import.meta.url))

/** Names of the benchmarks: scripts that print a table and write docs/results/<name>.json. */
export const benchNames = (): string[] =>
  existsSync(BENCHES)
    ? readdirSync(BENCHES)
        .filter((file) => file.endsWith('.mjs'))
        .map((file) => basename(file, '.mjs'))
        .sort()
    : []

/** `shoal bench`: runs all benchmarks, or those named, one after the other, each in a process of its own. */
export async function runBench(wanted: readonly string[], { print, interrupted }: CommandHost): Promise<ExitCode> {
  const names = benchNames()
  const unknown = wanted.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new CommandError(EXIT.usage, `no such benchmark: ${unknown.join(', ')}. There are ${names.join(', ')}.`)
  const broken: string[] = []
  for (const name of wanted.length > 0 ? wanted : names) {
    print(`== ${name}`)
    const bench = spawn(process.execPath, [join(BENCHES, `${name}.mjs`)], { stdio: 'inherit', signal: interrupted })
    const code = await once(bench, 'exit').then(([exit]: unknown[]) => exit)
    if (code !== 0) broken.push(name)
    print('')
  }
  if (broken.length > 0) print(`did not end well: ${broken.join(', ')}`)
  return broken.length === 0 ? EXIT.ok : EXIT.failed
}
