import { type Command, Option } from 'commander'
import { connectTo, type ServerConnection } from '../server-connection.ts'

const DEFAULT_SERVER = 'http://localhost:8787'

/** What every command takes that calls a server. */
export interface ServerFlags {
  readonly server: string
  readonly token: string
  readonly json: boolean
}

export const withServerFlags = (command: Command): Command =>
  command
    .addOption(new Option('--server <url>', 'the server').env('SHOAL_SERVER').default(DEFAULT_SERVER))
    .addOption(new Option('--token <token>', 'an API token').env('SHOAL_TOKEN').makeOptionMandatory())
    .option('--json', 'print the answer as JSON', false)

export const connected = ({ server, token }: ServerFlags): ServerConnection => connectTo({ origin: server.replace(/\/+$/, ''), operatorToken: token })

/** Prints an answer as it came, or in lines for a person. */
export type Tell = (flags: ServerFlags, answer: unknown, lines: readonly string[]) => void
