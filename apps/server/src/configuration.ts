import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { failed, type Result, succeeded } from '@shoal/protocol'
import * as z from 'zod'
import { isAddressOrNetwork } from './client-address.ts'

/** How this server runs. Read from defaults < configuration file < environment < flags; each later source wins field by field. */
export const configurationSchema = z.strictObject({
  /** Folder of the event log, the blobs and the keys; made if it is missing. */
  dataDirectory: z.string().min(1),
  /** Address to listen on. */
  host: z.string().min(1),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  /** Where volunteers reach this server; stands in every invite link. Null: the first LAN address. */
  publicUrl: z.url({ protocol: /^https?$/ }).nullable(),
  /** Proxies in front of this server, by address or network: what they say about who calls, and whether by https, is believed. */
  trustProxy: z.array(z.string().refine(isAddressOrNetwork, 'an address or a network, as 10.0.0.0/8')),
  /** `self` makes a certificate of its own, kept in the data directory. */
  tls: z.literal('self').nullable(),
  tlsCert: z.string().min(1).nullable(),
  tlsKey: z.string().min(1).nullable(),
  /** Folder of sample shards (files that end in `.shard`) that volunteers without data of their own may try. */
  samples: z.string().min(1).nullable(),
  /** Federations that exist from the start: `starter` makes one to try where there is none, `none` leaves that to the operator, anything else is a JSON file with a list. */
  federations: z.string().min(1),
  /** Bearer token of the operator's API, for programs. Null: only the dashboard's login. */
  operatorToken: z.string().min(16).nullable(),
  /** Who may read `/metrics`: those who may see the operator's side, or everybody who reaches the server. */
  metrics: z.enum(['operators', 'open']),
})
export type Configuration = z.infer<typeof configurationSchema>

export const DEFAULT_CONFIGURATION: Configuration = {
  dataDirectory: join('.shoal', 'data'),
  host: '0.0.0.0',
  port: 8787,
  logLevel: 'info',
  publicUrl: null,
  trustProxy: [],
  tls: null,
  tlsCert: null,
  tlsKey: null,
  samples: null,
  federations: 'starter',
  operatorToken: null,
  metrics: 'operators',
}

/** Flag and environment variable of each field. The operator's token has no flag: every user of a machine can read a command line. */
const SOURCES = {
  dataDirectory: { flag: 'data-directory', variable: 'SHOAL_DATA_DIRECTORY' },
  host: { flag: 'host', variable: 'SHOAL_HOST' },
  port: { flag: 'port', variable: 'SHOAL_PORT' },
  logLevel: { flag: 'log-level', variable: 'SHOAL_LOG_LEVEL' },
  publicUrl: { flag: 'public-url', variable: 'SHOAL_PUBLIC_URL' },
  trustProxy: { flag: 'trust-proxy', variable: 'SHOAL_TRUST_PROXY' },
  tls: { flag: 'tls', variable: 'SHOAL_TLS' },
  tlsCert: { flag: 'tls-cert', variable: 'SHOAL_TLS_CERT' },
  tlsKey: { flag: 'tls-key', variable: 'SHOAL_TLS_KEY' },
  samples: { flag: 'samples', variable: 'SHOAL_SAMPLES' },
  federations: { flag: 'federations', variable: 'SHOAL_FEDERATIONS' },
  operatorToken: { flag: null, variable: 'SHOAL_OPERATOR_TOKEN' },
  metrics: { flag: 'metrics', variable: 'SHOAL_METRICS' },
} as const satisfies Record<keyof Configuration, { flag: string | null; variable: string }>

export interface CommandLine {
  readonly configuration: Configuration
  /** Print it and stop. */
  readonly printConfig: boolean
}

/** The configuration that a command line asks for, or SHOAL_ERR_CONFIG naming the field, where its value came from and what it should be. */
export function readConfiguration(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Result<CommandLine> {
  const flags = parseFlags(argv)
  if (!flags.ok) return flags
  const { config, 'print-config': printConfig, ...given } = flags.value
  const values: Record<string, unknown> = { ...DEFAULT_CONFIGURATION }
  const origins: Record<string, string> = {}
  const take = (origin: string, field: string, value: unknown): void => {
    values[field] = value
    origins[field] = origin
  }
  const path = config ?? environment.SHOAL_CONFIG
  if (path !== undefined) {
    const file = readFile(path)
    if (!file.ok) return file
    for (const [field, value] of Object.entries(file.value)) take(path, field, value)
  }
  for (const [field, { variable }] of Object.entries(SOURCES)) {
    const value = environment[variable]
    if (value !== undefined && value !== '') take(variable, field, fromText(field, value))
  }
  for (const [field, { flag }] of Object.entries(SOURCES)) {
    const value = flag === null ? undefined : given[flag]
    if (value !== undefined) take(`--${flag}`, field, fromText(field, value))
  }
  const parsed = configurationSchema.safeParse(values)
  if (!parsed.success) {
    const complaints = parsed.error.issues.map(({ path: [field], message }) =>
      field === undefined ? message : `${String(field)} (from ${origins[String(field)] ?? 'the defaults'}): ${message}`,
    )
    return failed('SHOAL_ERR_CONFIG', complaints.join('; '))
  }
  const { tls, tlsCert, tlsKey } = parsed.data
  if ((tlsCert === null) !== (tlsKey === null)) return failed('SHOAL_ERR_CONFIG', 'tlsCert and tlsKey go together')
  if (tls !== null && tlsCert !== null) return failed('SHOAL_ERR_CONFIG', 'tls: self makes a certificate of its own; leave tlsCert and tlsKey out')
  return succeeded({ configuration: parsed.data, printConfig: printConfig === true })
}

/** Text for `--print-config`: valid as a configuration file, but for the token, which is not shown. */
export const printedConfiguration = (configuration: Configuration): string =>
  JSON.stringify({ ...configuration, operatorToken: configuration.operatorToken === null ? null : '(hidden)' }, null, 2)

/** Where volunteers reach a server that listens on `port`. */
export function publicUrlOf({ publicUrl, host, tls, tlsCert }: Configuration, port: number): string {
  if (publicUrl !== null) return publicUrl.replace(/\/+$/, '')
  const name = ['0.0.0.0', '::'].includes(host) ? (lanAddress() ?? 'localhost') : host.includes(':') ? `[${host}]` : host
  return `${tls !== null || tlsCert !== null ? 'https' : 'http'}://${name}:${port}`
}

/** The first IPv4 address that other machines may reach; null on a machine without a network. */
export const lanAddress = (): string | null =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null

function parseFlags(argv: readonly string[]): Result<Record<string, string | undefined> & { config?: string; 'print-config'?: boolean }> {
  const names = Object.values(SOURCES).flatMap(({ flag }) => (flag === null ? [] : [flag]))
  const options = Object.fromEntries([...names, 'config'].map((name) => [name, { type: 'string' } as const]))
  try {
    const { values } = parseArgs({ args: [...argv], options: { ...options, 'print-config': { type: 'boolean' } }, strict: true, allowPositionals: false })
    return succeeded(values as Record<string, string | undefined> & { config?: string; 'print-config'?: boolean })
  } catch (error) {
    return failed('SHOAL_ERR_CONFIG', error instanceof Error ? error.message : String(error))
  }
}

function readFile(path: string): Result<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? succeeded(parsed as Record<string, unknown>)
      : failed('SHOAL_ERR_CONFIG', `${path} holds no JSON object`)
  } catch (error) {
    return failed('SHOAL_ERR_CONFIG', `${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Flags and variables are text; the port is a number, proxies are a list. A port that is no number stays text, so that the schema can say what is wrong with it. */
function fromText(field: string, text: string): unknown {
  if (field === 'trustProxy') return text.split(',').map((entry) => entry.trim())
  return field === 'port' && /^\d+$/.test(text) ? Number(text) : text
}
