import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type FederationView, type RoundSummary, ShoalError } from '@shoal/protocol'
import type { CommandHost } from '../demo-command.ts'
import { CommandError, EXIT, type ExitCode } from '../exit-code.ts'
import { createOperatorApi, type OperatorApi } from '../operator-api.ts'
import { sourceCommit } from '../reproduce/source-commit.ts'
import { connectTo } from '../server-connection.ts'
import { startServerProcess } from '../server-process.ts'
import type { Crowd } from './crowd.ts'
import { startCrowds } from './crowds.ts'
import { loadFederationConfig } from './load-federation.ts'
import { createLoadMeasures } from './load-measures.ts'
import { type Invitation, readInvitation } from './protocol-client.ts'
import { parseServerSample, type ServerSample, serverCostOf } from './server-watch.ts'
import { closingLines, createLiveTable, tallyOf } from './swarm-display.ts'
import type { SwarmFlags } from './swarm-flags.ts'
import { renderSwarmHtml } from './swarm-html.ts'
import { freshRounds, type SwarmReport, swarmReportOf } from './swarm-report.ts'
import { checkTabData, startTabs, type TabCrowd } from './tab-crowd.ts'

const LOOK_MS = 1000
/** For the last words of a load: what is durable by then, what the server has counted. */
const SETTLING_MS = 1000

/** The memory of fewer clients is lost in that of the process. */
const FEWEST_WEIGHED = 100

/** A server under load. */
interface Target {
  readonly origin: string
  readonly operatorToken: string
  readonly isOwn: boolean
  stop(): Promise<void>
}

/** `shoal swarm`: many clients, some of them real tabs, at one federation; what they saw and what it cost. The exit code says whether the wanted rounds were done. */
export async function runSwarm(flags: SwarmFlags, host: CommandHost & { readonly isTerminal: boolean; readonly command: string }): Promise<ExitCode> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-swarm-'))
  try {
    const target = await targetOf(flags, folder)
    try {
      return await load(flags, target, { ...host, folder })
    } finally {
      await target.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function targetOf({ url, token }: SwarmFlags, folder: string): Promise<Target> {
  if (url !== null) return { origin: url, operatorToken: token ?? '', isOwn: false, stop: () => Promise.resolve() }
  const server = await startServerProcess({ dataDirectory: join(folder, 'data') })
  return { origin: server.origin, operatorToken: server.operatorToken, isOwn: true, stop: server.stop }
}

interface LoadHost extends CommandHost {
  readonly isTerminal: boolean
  readonly command: string
  readonly folder: string
}

async function load(flags: SwarmFlags, target: Target, { print, interrupted, isTerminal, command, folder }: LoadHost): Promise<ExitCode> {
  const api = createOperatorApi(target)
  const { shape, tabs: tabCount, workers, groups } = flags
  const isOurs = flags.federation === null
  const federation = await federationOf(flags, api)
  const invite = linkAt(await api.createInvite(federation.id), target.origin)
  const startedAt = new Date()
  const begunAt = performance.now()
  const seconds = (): number => (performance.now() - begunAt) / 1000
  const samples: ServerSample[] = []
  let crowd: Crowd | null = null
  let tabs: TabCrowd | null = null
  let rounds: readonly RoundSummary[] = []
  let view = federation
  let invitation: Invitation | null = null
  let failure: unknown = null
  const rssBefore = process.memoryUsage().rss
  let rssMost = rssBefore
  let longestLagMs = 0
  try {
    invitation = await readInvitation(invite)
    if (tabCount > 0) {
      const fits = checkTabData(invitation.policy.data)
      if (!fits.ok) throw new ShoalError(fits.failure)
    }
    print(
      `server ${target.origin}${target.isOwn ? ', started for this' : ''}; federation ${federation.id} “${federation.name}”; ${shape.clients} clients${workers > 1 ? ` in ${workers} threads` : ''}, ${tabCount} tabs; seed ${shape.seed}`,
    )
    samples.push(...(await lookAt(target, federation.id)))
    crowd = await startCrowds({ link: invite, shape, groups, workers })
    if (tabCount > 0) tabs = startTabs(invite, invitation.policy.data, { folder, flags })
    const table = createLiveTable(print, isTerminal)
    let isStarted = federation.lifecycle !== 'created'
    while (!interrupted.aborted && seconds() < flags.seconds) {
      // Tabs take longer to come than anybody else, and a load with tabs is meant to be with all of them.
      if (!isStarted && (tabs === null || tabs.areAllOpened())) {
        await api.command(federation.id, 'start-federation')
        isStarted = true
      }
      view = await api.view(federation.id)
      rounds = [...rounds, ...freshRounds(rounds, view, federation.round)]
      samples.push(...(await lookAt(target, federation.id)))
      rssMost = Math.max(rssMost, process.memoryUsage().rss)
      longestLagMs = Math.max(longestLagMs, crowd.lagMs())
      table.show({
        seconds: seconds(),
        occupations: crowd.occupations(),
        tabs: tallyOf(((await tabs?.standings()) ?? []).map(({ state }) => state)),
        roundsDone: rounds.length,
        roundsWanted: flags.rounds,
        federation: workOf(view),
        measures: crowd.measures(),
        server: samples.at(-1) ?? null,
      })
      if (view.lifecycle === 'finished' || (flags.rounds !== null && rounds.length >= flags.rounds)) break
      await pause(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined)
    }
    if (!interrupted.aborted) await pause(SETTLING_MS)
  } catch (error) {
    failure = error
  }
  // In order, whatever came before: the federation of a load does not outlive it, and the report is written.
  const ended = await settled(async () => {
    const last = await api.view(federation.id)
    rounds = [...rounds, ...freshRounds(rounds, last, federation.round)]
    view = last
    if (isOurs && last.lifecycle !== 'finished') await api.command(federation.id, 'finish-federation')
    return isOurs ? (last.lifecycle === 'finished' ? last.reason : 'finished when the load was over') : 'left as it was'
  }, 'its end was not seen')
  const standings = (await tabs?.standings()) ?? []
  await crowd?.end().catch(() => undefined)
  await tabs?.close()
  await settled(() => revoke(target, federation.id, invite), undefined)
  samples.push(...(await lookAt(target, federation.id)))
  if (failure !== null) throw failure
  const report = swarmReportOf({
    command,
    commit: sourceCommit(),
    startedAt,
    seconds: seconds(),
    machine: `${process.platform} ${process.arch}, ${cpus().length} cores, Node ${process.version}`,
    flags,
    server: { origin: target.origin, isOwn: target.isOwn, cost: serverCostOf(samples) },
    federation: {
      id: federation.id,
      isOwn: isOurs,
      strategy: federation.strategy,
      privacy: federation.privacy,
      parameters:
        invitation === null
          ? 0
          : invitation.policy.model.parameters.reduce((sum, { shape: sizes }) => sum + sizes.reduce((product, size) => product * size, 1), 0),
      ended,
    },
    rounds: flags.rounds === null ? rounds : rounds.slice(0, flags.rounds),
    traffic: [...(await settled(() => api.traffic(federation.id), []))],
    measures: crowd?.measures() ?? createLoadMeasures().data(),
    bytesPerClient: shape.clients < FEWEST_WEIGHED ? null : Math.max(0, rssMost - rssBefore) / shape.clients,
    clientsLagP99Ms: longestLagMs,
    tabs: standings,
  })
  for (const line of closingLines(report)) print(line)
  await write(report, flags)
  if (interrupted.aborted) return EXIT.interrupted
  return isReached(report, flags) ? EXIT.ok : EXIT.failed
}

/** The wanted rounds were done, or where only time ends a load at least one; and every tab is still there. */
const isReached = ({ rounds, tabs }: SwarmReport, flags: SwarmFlags): boolean =>
  rounds.length >= (flags.rounds ?? 1) && tabs.every(({ complaint }) => complaint === null)

async function federationOf({ federation, made, shape, tabs, rounds }: SwarmFlags, api: OperatorApi): Promise<FederationView> {
  if (federation === null) return api.createFederation(loadFederationConfig(made, { seed: shape.seed, clients: shape.clients, tabs, rounds }))
  const view = await api.view(federation as FederationView['id'])
  if (view.lifecycle === 'finished') throw new CommandError(EXIT.usage, `the federation ${federation} is finished: nobody can load it`)
  return view
}

/** The load goes to the server that was named, and to no other: links may name its public address. */
function linkAt(link: string, origin: string): string {
  const { pathname, hash } = new URL(link)
  return new URL(`${pathname}${hash}`, origin).href
}

/** What `/metrics` say now; nothing where they are not to be read. */
async function lookAt({ origin, operatorToken }: Target, federation: string): Promise<readonly ServerSample[]> {
  return settled(async () => [parseServerSample(new TextDecoder().decode(await connectTo({ origin, operatorToken }).download('/metrics')), federation)], [])
}

async function revoke(target: Target, federation: string, link: string): Promise<void> {
  await connectTo(target).call('DELETE', `/api/federations/${federation}/invites/${new URL(link).pathname.split('/').at(-1)}`)
}

const workOf = ({ reason, openAsk }: FederationView): string =>
  openAsk === null ? reason : `${openAsk.procedure}: ${openAsk.answered} of ${openAsk.asked} have answered`

async function write(report: SwarmReport, { json, html }: SwarmFlags): Promise<void> {
  if (json !== null) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  if (html !== null) await writeFile(html, renderSwarmHtml(report))
}

/** What comes of it, or `otherwise` where it fails: the end of a load goes on. */
async function settled<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  return work().catch(() => otherwise)
}
