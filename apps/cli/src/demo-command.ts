import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeLabelledImages } from '@shoal/data'
import type { FederationView, RoundReport, RoundSummary, RunReport } from '@shoal/protocol'
import type { Baseline } from './baseline-run.ts'
import { closingTable, groupTable, newcomerLines, roundLines } from './demo-display.ts'
import { CommandError, EXIT, type ExitCode } from './exit-code.ts'
import { accuraciesOf, type FoundGroups, foundGroupsOf, NO_GROUPS } from './found-groups.ts'
import { clusterCountOf, foundPointsOf } from './found-points.ts'
import { createOperatorApi, type OperatorApi, type TrafficOfRound } from './operator-api.ts'
import type { Newcomer } from './planted-shards.ts'
import { writePointFile } from './point-files.ts'
import { recipeOf, verdictOf } from './recipe.ts'
import { expertOf, roundReportOf } from './round-report.ts'
import { prepareRun, type RunData, runLines } from './run-data.ts'
import type { RunFlags } from './run-request.ts'
import { startServerProcess } from './server-process.ts'
import { writePictureFiles, writeShardFiles } from './shard-files.ts'
import { createTabHarness, type Tab, type TabHarness, type TabState } from './tab-harness.ts'

const VIEW_POLL_MS = 200
const TAB_POLL_MS = 2000
const JOIN_TIMEOUT_MS = 120_000

export interface DemoFlags extends RunFlags {
  /** Stay up after the run, and say where the pages are. */
  readonly open: boolean
}

/** Where a command writes for people, and how it hears of Ctrl-C. */
export interface CommandHost {
  readonly print: (line: string) => void
  readonly interrupted: AbortSignal
}

/** What has to end when the demo does, the last begun first. */
type Cleanup = (() => Promise<void>)[]

/** `shoal demo`: a server and real tabs on this machine train one model together. The exit code says whether the target was reached. */
export async function runDemo(flags: DemoFlags, host: CommandHost): Promise<ExitCode> {
  const cleanup: Cleanup = []
  const interruption = new Promise<never>((_, reject) => {
    host.interrupted.addEventListener('abort', () => reject(new CommandError(EXIT.interrupted, 'interrupted')), { once: true })
  })
  interruption.catch(() => undefined)
  const demo = demonstrate(flags, host, cleanup)
  try {
    const exitCode = await Promise.race([demo, interruption])
    if (flags.open) await interruption.catch(() => undefined)
    return exitCode
  } finally {
    for (const end of cleanup.reverse()) await end().catch((error: unknown) => host.print(`while cleaning up: ${String(error)}`))
    // What an interruption left behind fails now that its tabs are gone; nobody waits for it any more.
    demo.catch(() => undefined)
  }
}

async function demonstrate(flags: DemoFlags, { print, interrupted }: CommandHost, cleanup: Cleanup): Promise<ExitCode> {
  const data = await prepareRun(flags)
  const { volunteers, config, testSet } = data
  const { shards, pointTruth } = volunteers
  const folder = await mkdtemp(join(tmpdir(), 'shoal-demo-'))
  cleanup.push(() => rm(folder, { recursive: true, force: true }))
  const recipe = recipeOf(flags.strategy)
  const write = pointTruth === null ? writeShardFiles : writePointFile
  const files = await Promise.all(shards.map((shard, index) => write(shard, join(folder, `tab-${index + 1}`))))

  const startedAt = performance.now()
  const server = await startServerProcess({ dataDirectory: join(folder, 'data') })
  cleanup.push(() => server.stop())
  const api = createOperatorApi(server)
  const { id: federation } = await api.createFederation(config)
  if (testSet !== null) await api.putTestSet(federation, encodeLabelledImages(testSet))
  const link = await api.createInvite(federation)
  for (const line of runLines(flags, data, `server on ${server.origin}; ${flags.tabs} tabs`)) print(line)
  const pages = `volunteers: ${link}\ndashboard:  ${server.operatorLink() ?? server.origin}`
  if (flags.open) print(pages)

  const harness = createTabHarness(flags.backend)
  cleanup.push(() => harness.close())
  const tabLink = new URL(link)
  tabLink.searchParams.set('backend', flags.backend)
  const tabs = await Promise.all(
    files.map(async (paths, index) => {
      const tab = await harness.openTab(tabLink.href, `tab ${index + 1}`)
      await tab.walk(paths)
      await tab.reach(['waiting'], JOIN_TIMEOUT_MS)
      return tab
    }),
  )
  await untilView(api, federation, ({ clientsHere }) => clientsHere >= flags.tabs, interrupted)
  const computed = await Promise.all(tabs.map((tab) => tab.state()))
  print(`${tabs.length} volunteers are here, computing with ${computedWith(computed)} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  await api.command(federation, 'start-federation')

  const rounds: RoundReport[] = []
  const watch = watchTabs(tabs, print)
  const view = await untilView(
    api,
    federation,
    async (current) => {
      const fresh = current.rounds.filter(({ round }) => round > (rounds.at(-1)?.round ?? -1))
      if (fresh.length > 0) {
        const traffic = await api.traffic(federation)
        for (const summary of fresh) {
          const report = roundReportOf(summary, trafficOf(summary, traffic))
          rounds.push(report)
          print(roundLines(report, recipe.goal))
        }
      }
      watch()
      return current.lifecycle === 'finished' || current.lifecycle === 'paused'
    },
    interrupted,
  )
  const traffic = await api.traffic(federation)
  const clusters = (await Promise.all(tabs.map((tab) => tab.state()))).map(({ cluster }) => cluster ?? -1)
  const seconds = (performance.now() - startedAt) / 1000
  const points = pointTruth === null ? null : foundPointsOf(await Promise.all(tabs.map((tab) => tab.pointLabels())), pointTruth, clusterCountOf(rounds))
  const newcomer =
    volunteers.newcomer === null || view.lifecycle !== 'finished' || view.models.length === 1
      ? null
      : await receive(volunteers.newcomer, { harness, link: tabLink, folder })
  if (!flags.open) await harness.close()

  const accuracy = rounds.findLast((round) => round.accuracy !== null)?.accuracy ?? null
  const { baseline, ...found } = points === null ? await compared(flags, data, { clusters, rounds }, print) : { ...points, baseline: null }
  const report: RunReport = {
    strategy: flags.strategy,
    privacy: flags.privacy,
    view: flags.view,
    tabs: flags.tabs,
    backend: [...new Set(computed.map(({ backend }) => backend ?? flags.backend))].join('+'),
    rounds,
    accuracy,
    baselineAccuracy: baseline?.accuracy ?? null,
    ...expertOf(rounds),
    ...found,
    clusters: points === null ? view.models.length : found.groups.length,
    ...(points === null ? {} : { clustersOf: 'points' }),
    ...(newcomer === null ? {} : { newcomer }),
    bytesUp: traffic.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
    bytesDown: traffic.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
    seconds,
    baselineSeconds: baseline?.seconds ?? null,
  }
  const verdict = verdictOf(recipe, report)
  print('')
  if (recipe.planting !== null) print(`${groupTable(report)}\n`)
  if (report.newcomer !== undefined) print(`${newcomerLines(report)}\n`)
  print(closingTable(report, { verdict: verdict.sentence, who: 'tabs', computed: computedWith(computed), ended: view.reason }))
  if (flags.json !== null) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`)
  if (flags.open) print(`\nstays up until Ctrl-C\n${pages}`)
  return verdict.isReached ? EXIT.ok : EXIT.failed
}

/** One more tab at the federation that has ended, with pictures and no labels. The pictures' labels lie beside them as the key by which its page counts right answers. */
async function receive(
  { pictures, planted }: Newcomer,
  { harness, link, folder }: { readonly harness: TabHarness; readonly link: URL; readonly folder: string },
): Promise<NonNullable<RunReport['newcomer']>> {
  const tab = await harness.openTab(link.href, 'the newcomer')
  await tab.walkUnlabelled(await writePictureFiles(pictures, join(folder, 'newcomer')))
  const { cluster, before, after } = await tab.found()
  return { planted, cluster, before, after }
}

/** What the groups of volunteers are worth: how well they agree with those that were planted, and what one model for all reaches. */
async function compared(
  { strategy, backend: asked }: DemoFlags,
  { volunteers, config, testSet }: RunData,
  { clusters, rounds }: { readonly clusters: readonly number[]; readonly rounds: readonly RoundReport[] },
  print: CommandHost['print'],
): Promise<FoundGroups & { readonly baseline: Baseline }> {
  // Loaded late: the tabs should not wait for TensorFlow.js in this process.
  const [{ NO_BASELINE, runBaseline }, { simulatedBackendOf }] = await Promise.all([import('./baseline-run.ts'), import('./simulated-run.ts')])
  const backend = simulatedBackendOf(asked)
  if (rounds.length > 0) print(`baseline: FedAvg in the simulator on ${backend}, ${rounds.length} rounds (not counted in the seconds) ...`)
  const baseline = rounds.length === 0 ? NO_BASELINE : await runBaseline(config, { backend, volunteers, clusters, testSet, rounds: rounds.length })
  if (recipeOf(strategy).planting === null) return { ...NO_GROUPS, baseline }
  return { ...foundGroupsOf(clusters, volunteers.truth, { found: accuraciesOf(rounds.at(-1)), baseline: baseline.byCluster }), baseline }
}

/** Polls the federation until `isDone`, and returns the view that was. */
async function untilView(
  api: OperatorApi,
  federation: FederationView['id'],
  isDone: (view: FederationView) => boolean | Promise<boolean>,
  interrupted: AbortSignal,
): Promise<FederationView> {
  for (;;) {
    const view = await api.view(federation)
    if (await isDone(view)) return view
    await pause(VIEW_POLL_MS, undefined, { signal: interrupted })
  }
}

/** Says once of every tab that has ended early that it has, and why. A look at busy tabs takes a while, and nobody waits for it. */
function watchTabs(tabs: readonly Tab[], print: (line: string) => void): () => void {
  const ended = new Set<Tab>()
  let isLooking = false
  let nextAt = 0
  async function look(tab: Tab): Promise<void> {
    const complaint = await tab.complaint()
    if (complaint === null) return
    ended.add(tab)
    print(complaint)
  }
  return () => {
    if (isLooking || performance.now() < nextAt) return
    isLooking = true
    void Promise.all(tabs.filter((tab) => !ended.has(tab)).map(look)).finally(() => {
      isLooking = false
      nextAt = performance.now() + TAB_POLL_MS
    })
  }
}

function trafficOf({ round, startedAt, endedAt }: RoundSummary, traffic: readonly TrafficOfRound[]): Pick<RoundReport, 'bytesUp' | 'bytesDown' | 'seconds'> {
  const { bytesUp, bytesDown } = traffic.find((entry) => entry.round === round) ?? { bytesUp: 0, bytesDown: 0 }
  return { bytesUp, bytesDown, seconds: (endedAt - startedAt) / 1000 }
}

/** `wasm (wasm simd)`, or `6 x webgl (NVIDIA ...), 2 x wasm (wasm simd)`. */
function computedWith(states: readonly TabState[]): string {
  const counts = new Map<string, number>()
  for (const { backend, renderer } of states) {
    const name = `${backend ?? 'unknown'} (${renderer ?? 'unknown'})`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts.size === 1 ? [...counts.keys()][0] : [...counts].map(([name, count]) => `${count} x ${name}`).join(', ')
}
