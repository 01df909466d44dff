import { writeFile } from 'node:fs/promises'
import { encodeLabelledImages } from '@shoal/data'
import { digestOf, type RunReport } from '@shoal/protocol'
import type { CommandHost } from './demo-command.ts'
import { closingTable, roundLine } from './demo-display.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { loadImageSets, mnistFolder } from './image-sets.ts'
import { assertSetsFit, federationConfigOf, STOP_ACCURACY, TARGET_ACCURACY } from './recipe.ts'
import { renderReportHtml } from './report-html.ts'
import type { RunFlags } from './run-flags.ts'
import { dealShards } from './shard-files.ts'
import { runSimulation, simulatedBackendOf } from './simulated-run.ts'

export interface SimulateFlags extends RunFlags {
  /** File for the report as a page; null for none. */
  readonly html: string | null
}

/** `shoal simulate`: the federation of `shoal demo` in one process, without tabs and without a network. The exit code says whether the target was reached. */
export async function runSimulate(flags: SimulateFlags, { print }: CommandHost): Promise<ExitCode> {
  const sets = await loadImageSets(flags.data ?? mnistFolder())
  assertSetsFit(sets)
  const shards = dealShards(sets, flags.tabs, flags.seed)
  const testSet = await digestOf(encodeLabelledImages(sets.test))
  const config = federationConfigOf(flags, { testSet, largestShard: Math.max(...shards.map(({ train }) => train.count)) })
  const backend = simulatedBackendOf(flags.backend)
  print(
    `${flags.tabs} simulated clients, ${shards[0].train.count} pictures each, ${config.cohort.max} of them in a round; strategy ${flags.strategy}, privacy ${flags.privacy}, seed ${flags.seed}, ${backend} in Node`,
  )
  const run = await runSimulation({ config, shards, testSet: sets.test, backend, onRound: (round) => print(roundLine(round, STOP_ACCURACY)) })
  const report: RunReport = {
    strategy: flags.strategy,
    privacy: flags.privacy,
    view: flags.view,
    tabs: flags.tabs,
    backend,
    rounds: [...run.rounds],
    accuracy: run.accuracy,
    // A run of FedAvg is its own baseline.
    baselineAccuracy: run.accuracy,
    ari: null,
    purity: null,
    clusters: 1,
    bytesUp: run.rounds.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
    bytesDown: run.rounds.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
    seconds: run.seconds,
    baselineSeconds: run.seconds,
  }
  print('')
  print(closingTable(report, { target: TARGET_ACCURACY, who: 'clients', computed: `${backend} in Node`, ended: run.reason }))
  if (flags.json !== null) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`)
  if (flags.html !== null) {
    const facts = [
      ['simulated clients', String(flags.tabs)],
      ['seed', flags.seed],
      ['ended', run.reason],
    ] as const
    await writeFile(flags.html, renderReportHtml(`Shoal simulation: ${flags.strategy}, ${flags.tabs} clients`, report, facts))
  }
  return run.accuracy !== null && run.accuracy >= TARGET_ACCURACY ? EXIT.ok : EXIT.failed
}
