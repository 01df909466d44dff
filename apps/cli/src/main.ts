import { ShoalError } from '@shoal/protocol'
import { STRATEGIES } from '@shoal/strategies'
import { Command, InvalidArgumentError, Option } from 'commander'
import { benchNames, runBench } from './bench-command.ts'
import { type CommandHost, type DemoFlags, runDemo } from './demo-command.ts'
import { runDoctor } from './doctor-command.ts'
import { CommandError, EXIT } from './exit-code.ts'
import type { FuzzFlags } from './fuzz-command.ts'
import { withOperateCommands } from './operate/operate-commands.ts'
import { type ReproduceFlags, runReproduce, withReproduceFlags } from './reproduce/reproduce-command.ts'
import { failureLine, parseRunFlags, type RawRunFlags, wholeNumber, withRunFlags } from './run-flags.ts'
import { runServe } from './serve-command.ts'
import { runSimulate } from './simulate-command.ts'
import { runSwarm } from './swarm/swarm-command.ts'
import { parseSwarmFlags, type RawSwarmFlags, withSwarmFlags } from './swarm/swarm-flags.ts'

const MOST_TABS = 64
const MOST_CLIENTS = 10_000
const MOST_SCHEDULES = 100_000_000

function positiveNumber(text: string): number {
  const number = Number(text)
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('a number above 0 is needed.')
  return number
}

const interruption = new AbortController()
const host: CommandHost = {
  print: (line) => process.stdout.write(`${line}\n`),
  interrupted: interruption.signal,
}
/** The first Ctrl-C ends in order, the second at once. A reader that closed our output (`| head`) has seen enough as well. */
function interruptInOrder(): void {
  process.stdout.on('error', () => interruption.abort())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT.interrupted)
      interruption.abort()
    })
  }
}

const program = new Command('shoal')
  .description('Trains one model across real browser tabs: the data stay where they are.')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`shoal: ${text}`) })

program
  .command('serve')
  .description('start the server for real use; its flags are those of the server (--port, --data-directory, --public-url, --print-config ...)')
  .allowUnknownOption()
  .allowExcessArguments()
  .helpOption(false)
  .action(async (_flags, command: Command) => {
    process.exitCode = await runServe(command.args)
  })

withRunFlags(program.command('demo').description('a server and headless tabs on this machine train one model together'), {
  mostTabs: MOST_TABS,
  privacy: 'masked',
})
  .option('--open', 'stay up afterwards, and print where the pages are', false)
  .action(async (raw: RawRunFlags & Pick<DemoFlags, 'open'>) => {
    const flags = parseRunFlags(raw, 'masked')
    if (!flags.ok) throw new ShoalError(flags.failure)
    interruptInOrder()
    process.exitCode = await runDemo({ ...flags.value, open: raw.open }, host)
  })

withRunFlags(program.command('simulate').description('the same federation in one process, without tabs'), { mostTabs: MOST_CLIENTS, privacy: 'sealed' })
  .option('--clients <n>', 'simulated clients: another name for --tabs', wholeNumber(1, MOST_CLIENTS))
  .option('--html <file>', 'write the report as a page')
  .action(async (raw: RawRunFlags & { clients?: number; html?: string }) => {
    const clients = raw.clients ?? raw.tabs
    const flags = parseRunFlags({ ...raw, ...(clients === undefined ? {} : { tabs: clients }) }, 'sealed')
    if (!flags.ok) throw new ShoalError(flags.failure)
    process.exitCode = await runSimulate({ ...flags.value, html: raw.html ?? null }, host)
  })

withReproduceFlags(program.command('reproduce').description("run a paper's experiments in the simulator and hold every figure against the paper")).action(
  async (system: string, flags: ReproduceFlags) => {
    interruptInOrder()
    process.exitCode = await runReproduce(system, flags, host)
  },
)

withSwarmFlags(program.command('swarm').description('a load test: clients in numbers and real tabs at one federation, and what that costs the server')).action(
  async (raw: RawSwarmFlags) => {
    const flags = parseSwarmFlags(raw)
    if (!flags.ok) throw new ShoalError(flags.failure)
    interruptInOrder()
    process.exitCode = await runSwarm(flags.value, { ...host, isTerminal: process.stdout.isTTY === true, command: commandLine() })
  },
)

program
  .command('bench')
  .description(`run the benchmarks and print their tables: ${benchNames().join(', ')}`)
  .argument('[names...]', 'only these')
  .action(async (names: string[]) => {
    interruptInOrder()
    process.exitCode = await runBench(names, host)
  })

program
  .command('fuzz')
  .description('throw seeded schedules of faults at a simulated federation and check after every step what must always be true')
  .option('--schedules <n>', 'so many schedules (default: 500, or none where --hours says how long)', wholeNumber(1, MOST_SCHEDULES))
  .option('--hours <h>', 'for so many hours', positiveNumber)
  .option('--seed <text>', 'decides all schedules', 'shoal')
  .addOption(new Option('--strategy <name>', 'only this one').choices([...STRATEGIES.keys()]))
  .addOption(new Option('--level <level>', 'only this one').choices(['sealed', 'masked']))
  .option('--workers <n>', 'threads that share the schedules', wholeNumber(1, 64), 1)
  .option('--replay <file>', 'run the schedule in this file alone')
  .option('--out <file>', 'where a schedule that breaks a rule is written', 'broken-schedule.json')
  .action(async (flags: FuzzFlags) => {
    interruptInOrder()
    const { runFuzz } = await import('./fuzz-command.ts')
    process.exitCode = await runFuzz(flags, host)
  })

program
  .command('doctor')
  .description('check every part of the system that the commands need')
  .option('--json', 'print the findings as JSON', false)
  .action(async (flags: { json: boolean }) => {
    process.exitCode = await runDoctor(flags, host)
  })

withOperateCommands(program, host)
program.commands.find((command) => command.name() === 'status')?.hook('preAction', interruptInOrder)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}

/** What was typed, for a report: without what follows `--token`. */
function commandLine(): string {
  const words = ['shoal', ...process.argv.slice(2)]
  return words.map((word, index) => (words[index - 1] === '--token' ? '***' : word.replace(/^--token=.*/, '--token=***'))).join(' ')
}

/** Says what went wrong and gives the exit code for it. */
function explain(error: unknown): number {
  if (error instanceof CommandError) {
    process.stderr.write(`shoal: ${error.message}\n`)
    return error.exitCode
  }
  if (error instanceof ShoalError) {
    process.stderr.write(`shoal: ${failureLine(error.failure)}\n`)
    return isRefusal(error) ? EXIT.usage : EXIT.failed
  }
  if (error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  }
  throw error
}

/** What was asked for can not be, as opposed to: it was tried and failed. */
function isRefusal({ failure }: ShoalError): boolean {
  return failure.code === 'SHOAL_ERR_CONFIG' || failure.code === 'SHOAL_ERR_IMPOSSIBLE_PAIRING'
}
