import { Command } from 'commander'
import { type ReproduceFlags, runReproduce, withReproduceFlags } from './reproduce-command.ts'

const interruption = new AbortController()
process.on('SIGINT', () => interruption.abort())
process.on('SIGTERM', () => interruption.abort())
const program = new Command('shoal')
withReproduceFlags(program.command('reproduce')).action(async (system: string, flags: ReproduceFlags) => {
  process.exitCode = await runReproduce(system, flags, { print: (l) => console.log(l), interrupted: interruption.signal })
})
await program.parseAsync()
