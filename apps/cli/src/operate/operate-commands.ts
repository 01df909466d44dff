import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type ApiTokenList,
  apiTokenListSchema,
  auditListSchema,
  federationViewSchema,
  inviteListSchema,
  type OperatorCommand,
  operatorSelfSchema,
  personListSchema,
  roleSchema,
} from '@shoal/protocol'
import { Argument, type Command, Option } from 'commander'
import * as z from 'zod/mini'
import type { CommandHost } from '../demo-command.ts'
import { wholeNumber } from '../run-flags.ts'
import { jsonBody } from '../server-connection.ts'
import { durationMs } from './duration.ts'
import { readInput, readJson } from './input-file.ts'
import { withLookUpCommands } from './look-up-commands.ts'
import { connected, type ServerFlags, type Tell, withServerFlags } from './server-flags.ts'
import { columns, statusLines } from './status-text.ts'

const WATCH_MS = 1000
const EXPORTS = {
  'metrics.csv': 'export/metrics.csv',
  'metrics.json': 'export/metrics.json',
  'report.html': 'export/report.html',
  'events.ndjson': 'export/events.ndjson',
  'configuration.json': 'export/configuration.json',
} as const

/** The commands that do what the dashboard does, each by one call of the HTTP interface. */
export function withOperateCommands(program: Command, host: CommandHost): void {
  const { print } = host
  const named = (command: Command): Command => withServerFlags(command)
  const tell: Tell = (flags, answer, lines) => {
    if (flags.json) print(JSON.stringify(answer, null, 2))
    else for (const line of lines) print(line)
  }
  const views = z.array(federationViewSchema)

  named(program.command('status').description('how the federations of a server stand'))
    .argument('[federation]', 'only this one')
    .option('--watch', 'print again whenever something has changed, until Ctrl-C', false)
    .action(async (federation: string | undefined, flags: ServerFlags & { watch: boolean }) => {
      const connection = connected(flags)
      let before = ''
      do {
        const answer = await connection.call('GET', federation === undefined ? '/api/federations' : `/api/federations/${federation}`)
        const found = federation === undefined ? views.parse(answer) : [federationViewSchema.parse(answer)]
        const text = JSON.stringify(found.map(({ id, version }) => [id, version]))
        if (text !== before) tell(flags, answer, statusLines(found))
        before = text
        if (flags.watch) await pause(WATCH_MS, host.interrupted)
      } while (flags.watch && !host.interrupted.aborted)
    })

  const federation = program.command('federation').description('create and command federations')
  named(federation.command('list').description('all federations')).action(async (flags: ServerFlags) => {
    const answer = await connected(flags).call('GET', '/api/federations')
    tell(flags, answer, statusLines(views.parse(answer)))
  })
  named(federation.command('create').description('create a federation from a configuration file'))
    .argument('<file>', 'JSON; - for standard input')
    .action(async (file: string, flags: ServerFlags) => {
      const view = federationViewSchema.parse(await connected(flags).call('POST', '/api/federations', jsonBody(readJson(file))))
      tell(flags, view, [view.id])
    })
  for (const [name, command, description] of COMMANDS) {
    named(federation.command(name).description(description))
      .argument('<federation>')
      .action(async (id: string, flags: ServerFlags) => {
        tell(flags, await connected(flags).call('POST', `/api/federations/${id}/commands`, jsonBody({ command })), [`${id}: ${name}`])
      })
  }
  named(federation.command('test-set').description('upload the test set that the configuration names'))
    .argument('<federation>')
    .argument('<file>')
    .action(async (id: string, file: string, flags: ServerFlags) => {
      const body = { type: 'application/octet-stream', content: readInput(file) }
      const answer = await connected(flags).call('PUT', `/api/federations/${id}/test-set`, body)
      tell(flags, answer, [`${id}: the test set is there`])
    })
  named(federation.command('export').description('take models, figures, the report or the log along'))
    .argument('<federation>')
    .addArgument(new Argument('<what>', 'model: model.json and weights.bin of one cluster').choices(['model', ...Object.keys(EXPORTS)]))
    .option('--cluster <n>', 'whose model', wholeNumber(0, 10_000), 0)
    .option('--out <folder>', 'where to write', '.')
    .action(async (id: string, what: 'model' | keyof typeof EXPORTS, flags: ServerFlags & { cluster: number; out: string }) => {
      const connection = connected(flags)
      const paths = what === 'model' ? ['model.json', 'weights.bin'].map((file) => `export/models/${flags.cluster}/${file}`) : [EXPORTS[what]]
      const written: string[] = []
      for (const path of paths) {
        const file = join(flags.out, basename(path))
        writeFileSync(file, await connection.download(`/api/federations/${id}/${path}`))
        written.push(file)
      }
      tell(flags, { written }, written)
    })

  withLookUpCommands(federation, tell)

  const invite = program.command('invite').description('let volunteers in')
  named(invite.command('create').description('a new link'))
    .argument('<federation>')
    .option('--expires <time>', 'from now: 90m, 12h, 7d')
    .option('--uses <n>', 'volunteers that it lets in', wholeNumber(1, 1_000_000))
    .action(async (id: string, flags: ServerFlags & { expires?: string; uses?: number }) => {
      const expiresAt = flags.expires === undefined ? null : Date.now() + durationMs(flags.expires)
      const answer = (await connected(flags).call('POST', `/api/federations/${id}/invites`, jsonBody({ expiresAt, maxUses: flags.uses ?? null }))) as {
        url: string
      }
      tell(flags, answer, [answer.url])
    })
  named(invite.command('list').description('all links of a federation'))
    .argument('<federation>')
    .action(async (id: string, flags: ServerFlags) => {
      const answer = await connected(flags).call('GET', `/api/federations/${id}/invites`)
      const lines = inviteListSchema
        .parse(answer)
        .map(({ url, uses, maxUses, revokedAt }) => [revokedAt === null ? 'open' : 'revoked', `${uses} of ${maxUses ?? 'any'}`, url])
      tell(flags, answer, columns(lines))
    })
  named(invite.command('revoke').description('end a link; who is in stays in'))
    .argument('<federation>')
    .argument('<token>', 'the last part of the link, before #')
    .action(async (id: string, token: string, flags: ServerFlags) => {
      tell(flags, await connected(flags).call('DELETE', `/api/federations/${id}/invites/${token}`), ['revoked'])
    })

  const people = program.command('people').description('who may look, command and let others in (admins)')
  named(people.command('list')).action(async (flags: ServerFlags) => {
    const answer = await connected(flags).call('GET', '/api/operator/people')
    tell(flags, answer, columns(personListSchema.parse(answer).map(({ name, role }) => [name, role])))
  })
  named(people.command('add').description('the password is read from standard input'))
    .argument('<name>')
    .addOption(roleOption())
    .action(async (name: string, flags: ServerFlags & { role: string }) => {
      const password = new TextDecoder().decode(readInput('-')).trimEnd()
      tell(flags, await connected(flags).call('POST', '/api/operator/people', jsonBody({ name, role: flags.role, password })), [`${name}: ${flags.role}`])
    })
  named(people.command('role').description('give somebody another role, at once'))
    .argument('<name>')
    .addArgument(new Argument('<role>').choices(roleSchema.options))
    .action(async (name: string, role: string, flags: ServerFlags) => {
      tell(flags, await connected(flags).call('PUT', `/api/operator/people/${encodeURIComponent(name)}/role`, jsonBody({ role })), [`${name}: ${role}`])
    })
  named(people.command('me').description('whose token this is, and what it may do')).action(async (flags: ServerFlags) => {
    const answer = await connected(flags).call('GET', '/api/operator/me')
    const { name, role } = operatorSelfSchema.parse(answer)
    tell(flags, answer, [`${name}: ${role}`])
  })
  named(people.command('remove'))
    .argument('<name>')
    .action(async (name: string, flags: ServerFlags) => {
      tell(flags, await connected(flags).call('DELETE', `/api/operator/people/${encodeURIComponent(name)}`), [`${name}: removed`])
    })

  const token = program.command('token').description('tokens for programs (admins)')
  named(token.command('list')).action(async (flags: ServerFlags) => {
    const answer = await connected(flags).call('GET', '/api/operator/tokens')
    tell(flags, answer, columns(apiTokenListSchema.parse(answer).map(tokenRow)))
  })
  named(token.command('create').description('prints the token, which is never shown again'))
    .argument('<name>')
    .addOption(roleOption())
    .option('--expires <time>', 'from now: 90m, 12h, 7d')
    .action(async (name: string, flags: ServerFlags & { role: string; expires?: string }) => {
      const expiresAt = flags.expires === undefined ? null : Date.now() + durationMs(flags.expires)
      const answer = (await connected(flags).call('POST', '/api/operator/tokens', jsonBody({ name, role: flags.role, expiresAt }))) as { secret: string }
      tell(flags, answer, [answer.secret])
    })
  named(token.command('revoke'))
    .argument('<id>')
    .action(async (id: string, flags: ServerFlags) => {
      tell(flags, await connected(flags).call('DELETE', `/api/operator/tokens/${encodeURIComponent(id)}`), [`${id}: revoked`])
    })

  named(program.command('audit').description('who did what, the newest first, 200 at a time'))
    .option('--before <n>', 'go on before this entry', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .action(async (flags: ServerFlags & { before?: number }) => {
      const answer = await connected(flags).call('GET', `/api/operator/audit${flags.before === undefined ? '' : `?before=${flags.before}`}`)
      const rows = auditListSchema
        .parse(answer)
        .map(({ id, at, who, what, target, refusal }) => [String(id), new Date(at).toISOString(), who, what, target, refusal ?? 'done'])
      tell(flags, answer, columns(rows))
    })

  named(program.command('model').description('upload a TensorFlow.js LayersModel, and print what a configuration needs of it'))
    .argument('<model.json>')
    .argument('<weights...>', 'its weight files, in the order that model.json names them')
    .action(async (model: string, weights: string[], flags: ServerFlags) => {
      const content = { modelJson: readJson(model), weights: Buffer.concat(weights.map(readInput)).toString('base64') }
      const answer = await connected(flags).call('POST', '/api/models', jsonBody(content))
      print(JSON.stringify(answer, null, 2))
    })
}

const COMMANDS: readonly (readonly [name: string, command: OperatorCommand['command'], description: string])[] = [
  ['start', 'start-federation', 'begin with the first round as soon as enough volunteers are there'],
  ['pause', 'pause-federation', 'end the present round and begin no other'],
  ['resume', 'resume-federation', 'go on'],
  ['finish', 'finish-federation', 'end for good; models stay'],
  ['abort-round', 'abort-round', 'drop the present round'],
]

const roleOption = (): Option => new Option('--role <role>').choices(roleSchema.options).default('viewer')

const tokenRow = ({ id, name, role, expiresAt }: ApiTokenList[number]): string[] => [
  id,
  name,
  role,
  expiresAt === null ? 'no end' : new Date(expiresAt).toISOString(),
]

/** Ends early, and without a failure, when the command is interrupted. */
const pause = (ms: number, signal: AbortSignal): Promise<unknown> => wait(ms, undefined, { signal }).catch(() => undefined)
