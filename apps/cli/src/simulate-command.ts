import { writeFile } from 'node:fs/promises'
import type { RunReport } from '@shoal/protocol'
import { runBaseline } from './baseline-run.ts'
import type { CommandHost } from './demo-command.ts'
import { closingTable, groupTable, roundLines } from './demo-display.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { accuraciesOf, foundGroupsOf, NO_GROUPS } from './found-groups.ts'
import { clusterCountOf, foundPointsOf } from './found-points.ts'
import { isOfGroups, recipeOf, verdictOf } from './recipe.ts'
import { renderReportHtml } from './report-html.ts'
import { expertOf } from './round-report.ts'
import { prepareRun, runLines } from './run-data.ts'
import type { RunFlags } from './run-request.ts'
import { runSimulation, simulatedBackendOf } from './simulated-run.ts'

export interface SimulateFlags extends RunFlags {
  /** File for the report as a page; null for none. */
  readonly html: string | null
}

/** `shoal simulate`: the federation of `shoal demo` in one process, without tabs and without a network. The exit code says whether the target was reached. */
export async function runSimulate(flags: SimulateFlags, { print }: CommandHost): Promise<ExitCode> {
  const data = await prepareRun(flags)
  const { volunteers, config, testSet } = data
  const { shards, pointTruth } = volunteers
  const recipe = recipeOf(flags.strategy)
  const backend = simulatedBackendOf(flags.backend)
  for (const line of runLines(flags, data, `${flags.tabs} simulated clients, ${backend} in Node`)) print(line)
  const run = await runSimulation({ config, shards, testSet, backend, onRound: (round) => print(roundLines(round, recipe.goal)) })
  // A run of FedAvg is its own baseline.
  const baseline = isOfGroups(recipe)
    ? await runBaseline(config, { backend, volunteers, clusters: run.clusters, testSet, rounds: run.rounds.length })
    : { ...run, byCluster: [] }
  const found =
    pointTruth !== null
      ? foundPointsOf(run.pointLabels, pointTruth, clusterCountOf(run.rounds))
      : isOfGroups(recipe)
        ? foundGroupsOf(run.clusters, volunteers.truth, { found: accuraciesOf(run.rounds.at(-1)), baseline: baseline.byCluster })
        : NO_GROUPS
  const report: RunReport = {
    strategy: flags.strategy,
    privacy: flags.privacy,
    view: flags.view,
    tabs: flags.tabs,
    backend,
    rounds: [...run.rounds],
    accuracy: run.accuracy,
    baselineAccuracy: baseline.accuracy,
    ...expertOf(run.rounds),
    ...found,
    clusters: pointTruth === null ? run.models.length : found.groups.length,
    ...(pointTruth === null ? {} : { clustersOf: 'points' }),
    bytesUp: run.rounds.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
    bytesDown: run.rounds.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
    seconds: run.seconds,
    baselineSeconds: baseline.seconds,
  }
  const verdict = verdictOf(recipe, report)
  print('')
  if (recipe.planting !== null) print(`${groupTable(report)}\n`)
  print(closingTable(report, { verdict: verdict.sentence, who: 'clients', computed: `${backend} in Node`, ended: run.reason }))
  if (flags.json !== null) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`)
  if (flags.html !== null) {
    const facts = [
      ['simulated clients', String(flags.tabs)],
      ['seed', flags.seed],
      ['ended', run.reason],
    ] as const
    await writeFile(flags.html, renderReportHtml(`Shoal simulation: ${flags.strategy}, ${flags.tabs} clients`, report, facts))
  }
  return verdict.isReached ? EXIT.ok : EXIT.failed
}
