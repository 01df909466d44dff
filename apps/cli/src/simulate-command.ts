import { writeFile } from 'node:fs/promises'
import { encodeLabelledImages } from '@shoal/data'
import { digestOf, type RunReport } from '@shoal/protocol'
import { runBaseline } from './baseline-run.ts'
import type { CommandHost } from './demo-command.ts'
import { closingTable, groupTable, roundLines } from './demo-display.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { accuraciesOf, foundGroupsOf, NO_GROUPS } from './found-groups.ts'
import { loadImageSets, mnistFolder } from './image-sets.ts'
import { PLANTED_SENTENCE, volunteersOf } from './planted-shards.ts'
import { assertSetsFit, federationConfigOf, recipeOf, verdictOf } from './recipe.ts'
import { renderReportHtml } from './report-html.ts'
import type { RunFlags } from './run-request.ts'
import { runSimulation, simulatedBackendOf } from './simulated-run.ts'

export interface SimulateFlags extends RunFlags {
  /** File for the report as a page; null for none. */
  readonly html: string | null
}

/** `shoal simulate`: the federation of `shoal demo` in one process, without tabs and without a network. The exit code says whether the target was reached. */
export async function runSimulate(flags: SimulateFlags, { print }: CommandHost): Promise<ExitCode> {
  const sets = await loadImageSets(flags.data ?? mnistFolder())
  assertSetsFit(sets)
  const recipe = recipeOf(flags.strategy)
  const volunteers = volunteersOf(sets, flags)
  const { shards } = volunteers
  const testSet = await digestOf(encodeLabelledImages(sets.test))
  const config = federationConfigOf(flags, { testSet, largestShard: Math.max(...shards.map(({ train }) => train.count)) })
  const backend = simulatedBackendOf(flags.backend)
  print(
    `${flags.tabs} simulated clients, ${shards[0].train.count} pictures each, ${config.cohort.max} of them in a round; strategy ${flags.strategy}, privacy ${flags.privacy}, view ${flags.view}, seed ${flags.seed}, ${backend} in Node`,
  )
  if (recipe.isPlanted) print(PLANTED_SENTENCE)
  const run = await runSimulation({ config, shards, testSet: sets.test, backend, onRound: (round) => print(roundLines(round, recipe.goal)) })
  // A run of FedAvg is its own baseline.
  const { accuracy, seconds, byCluster } = recipe.isPlanted
    ? await runBaseline(config, { backend, volunteers, clusters: run.clusters, testSet: sets.test, rounds: run.rounds.length })
    : { ...run, byCluster: [] }
  const found = recipe.isPlanted ? foundGroupsOf(run.clusters, volunteers.truth, { found: accuraciesOf(run.rounds.at(-1)), baseline: byCluster }) : NO_GROUPS
  const report: RunReport = {
    strategy: flags.strategy,
    privacy: flags.privacy,
    view: flags.view,
    tabs: flags.tabs,
    backend,
    rounds: [...run.rounds],
    accuracy: run.accuracy,
    baselineAccuracy: accuracy,
    ari: found.ari,
    purity: found.purity,
    clusters: run.models.length,
    groups: found.groups,
    bytesUp: run.rounds.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
    bytesDown: run.rounds.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
    seconds: run.seconds,
    baselineSeconds: seconds,
  }
  const verdict = verdictOf(recipe, report)
  print('')
  if (recipe.isPlanted) print(`${groupTable(report)}\n`)
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
