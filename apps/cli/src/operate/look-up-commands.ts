import { clientListSchema, eventListSchema } from '@shoal/protocol'
import { Argument, type Command } from 'commander'
import { wholeNumber } from '../run-flags.ts'
import { connected, type ServerFlags, type Tell, withServerFlags } from './server-flags.ts'
import { columns } from './status-text.ts'

/** What can be looked up of a federation, with the word by which a later part of a long list is asked for. */
const LOOK_UPS = {
  config: null,
  round: null,
  rounds: 'from',
  clients: null,
  clusters: null,
  privacy: null,
  traffic: null,
  events: 'after',
} as const
type LookUp = keyof typeof LOOK_UPS

/** The parts of the dashboard that only show: one command each. */
export function withLookUpCommands(federation: Command, tell: Tell): void {
  withServerFlags(federation.command('show').description('what the parts of the dashboard show: in lines where there is a short form, else as JSON'))
    .argument('<federation>')
    .addArgument(new Argument('<what>').choices(Object.keys(LOOK_UPS)))
    .option('--from <n>', 'of rounds: the first; of events: the one after which to go on', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .action(async (id: string, what: LookUp, flags: ServerFlags & { from?: number }) => {
      const word = LOOK_UPS[what]
      const query = word === null || flags.from === undefined ? '' : `?${word}=${flags.from}`
      const answer = await connected(flags).call('GET', `/api/federations/${id}/${what}${query}`)
      tell(flags, answer, linesOf(what, answer))
    })
  withServerFlags(
    federation.command('compare').description('two models of a federation, layer by layer; `show <federation> clusters` names those that are kept'),
  )
    .argument('<federation>')
    .argument('<model>')
    .argument('<other>')
    .action(async (id: string, a: string, b: string, flags: ServerFlags) => {
      const answer = await connected(flags).call('GET', `/api/federations/${id}/compare?${new URLSearchParams({ a, b })}`)
      tell(flags, answer, [JSON.stringify(answer, null, 2)])
    })
}

function linesOf(what: LookUp, answer: unknown): readonly string[] {
  if (what === 'clients')
    return columns(
      clientListSchema
        .parse(answer)
        .map(({ client, activity, cluster, presence }) => [client, activity, cluster === null ? '-' : `group ${cluster + 1}`, presence]),
    )
  if (what === 'events')
    return eventListSchema.parse(answer).events.map(({ sequence, at, sentence }) => `${sequence}  ${new Date(at).toISOString()}  ${sentence}`)
  return [JSON.stringify(answer, null, 2)]
}
