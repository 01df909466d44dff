import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { CommandHost } from '../demo-command.ts'
import { CommandError, EXIT, type ExitCode } from '../exit-code.ts'
import { wholeNumber } from '../run-flags.ts'
import type { Plan } from './experiment.ts'
import { experimentsOf, SYSTEMS } from './papers.ts'
import { renderReproductionPage } from './report-page.ts'
import { type Ending, runUnits } from './runner.ts'
import { REPOSITORY, sourceCommit } from './source-commit.ts'
import { openUnitStore, type StoredUnit } from './unit-store.ts'
import { countVerdicts, resultOf, verdictTable } from './verdict-table.ts'

/** As commander gives them. */
export interface ReproduceFlags {
  readonly quick: boolean
  readonly budget?: number
  readonly only?: readonly string[]
  readonly seeds?: readonly number[]
  readonly resume: boolean
  readonly state?: string
  readonly json?: string
  readonly html?: string
}

const FULL_SEEDS = [1, 2, 3, 4, 5]
const QUICK_SEEDS = [1]
const QUICK_MINUTES = 5
const MOST_MINUTES = 10_000
const MOST_SEEDS = 100

/** '1-3,7' as numbers, each once, in order; for commander. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const range = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim())
    if (range === null) throw new InvalidArgumentError('seeds look like 1-5 or 1,2,7.')
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])]
    if (last - first >= MOST_SEEDS || last < first) throw new InvalidArgumentError(`a range of seeds grows, and has at most ${MOST_SEEDS}.`)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  return [...new Set(seeds)].sort((left, right) => left - right)
}

/** Gives the command its argument and flags. */
export function withReproduceFlags(command: Command): Command {
  return command
    .argument('<system>', `which paper: ${SYSTEMS.join(', ')}`)
    .option('--quick', `fewer seeds and sizes, ${QUICK_MINUTES} minutes at most`, false)
    .option('--budget <minutes>', 'begin nothing that would not be over by then, and stop there', wholeNumber(1, MOST_MINUTES))
    .option('--only <ids>', 'run only these experiments, as S1,S6; what is finished of the others is shown all the same', (text) => text.split(','))
    .option('--seeds <list>', 'as 1-5 or 1,2,7', parseSeeds)
    .option('--resume', 'go on from what earlier calls finished', true)
    .option('--no-resume', 'begin anew')
    .option('--state <file>', 'where finished runs are kept')
    .option('--json <file>', 'write the result here (default: docs/results/reproduce-<system>.json, with -quick if quick)')
    .option('--html <file>', 'write the result as a page, with its plots')
}

/** How to run it again. */
const commandLineOf = (system: string, { quick, only, seeds }: ReproduceFlags): string =>
  [
    `npm run shoal -- reproduce ${system}`,
    ...(quick ? ['--quick'] : []),
    ...(only === undefined ? [] : [`--only ${only.join(',')}`]),
    ...(seeds === undefined ? [] : [`--seeds ${seeds.join(',')}`]),
  ].join(' ')

const ENDINGS: Readonly<Record<Ending, string>> = {
  done: '',
  budget: 'The budget is used up; the same command goes on from here.',
  interrupted: 'Interrupted; the same command goes on from here.',
}

async function writeIn(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/**
 * `shoal reproduce`: runs a paper's experiments as far as they are not finished, and holds what came out against the paper. 0: no figure was missed (some may not have been run);
 * 1: one was; 130: interrupted. Every finished run is kept at once, so that nothing but the run under way is lost.
 */
export async function runReproduce(system: string, flags: ReproduceFlags, { print, interrupted }: CommandHost): Promise<ExitCode> {
  const experiments = experimentsOf(system)
  if (experiments === null) throw new CommandError(EXIT.usage, `there is nothing to reproduce of ${system}; there is ${SYSTEMS.join(', ')}`)
  const ids = experiments.map(({ id }) => id)
  const stranger = flags.only?.find((id) => !ids.includes(id))
  if (stranger !== undefined) throw new CommandError(EXIT.usage, `there is no experiment ${stranger}; there is ${ids.join(', ')}`)
  const mode = flags.quick ? 'quick' : 'full'
  const plan: Plan = { mode, seeds: flags.seeds ?? (flags.quick ? QUICK_SEEDS : FULL_SEEDS) }
  const commit = sourceCommit()
  const store = await openUnitStore(flags.state ?? join(REPOSITORY, 'node_modules', '.cache', 'shoal', `reproduce-${system}.json`), { isFresh: !flags.resume })
  const minutes = flags.budget ?? (flags.quick ? QUICK_MINUTES : MOST_MINUTES)
  const chosen = experiments.filter(({ id }) => flags.only?.includes(id) ?? true)
  const ending = await runUnits(chosen, { plan, store, commit, budgetSeconds: minutes * 60, interrupted, now: () => performance.now(), print })
  if (ending === 'interrupted') {
    print(ENDINGS.interrupted)
    return EXIT.interrupted
  }

  const finished = new Map([...store.units].map(([key, { data }]) => [key, data]))
  const sections = experiments.map((experiment) => {
    const { figures, plots } = experiment.evaluate(plan, finished)
    return { result: resultOf(experiment, mode, figures), plots, units: experiment.units(plan).flatMap(({ key }) => keptUnit(key, store.units.get(key))) }
  })
  const results = sections.map(({ result }) => result)
  const counts = countVerdicts(results)
  const isPartial = flags.quick ? 'quick: fewer seeds and sizes than the full run' : null
  print('')
  print(verdictTable(results))
  print('')
  print(
    `${counts.reached} reached, ${counts.missed} missed, ${counts['not run']} not run; seeds ${plan.seeds.join(', ')}${isPartial === null ? '' : ` (${isPartial})`}`,
  )
  if (ENDINGS[ending] !== '') print(ENDINGS[ending])

  const made = { command: commandLineOf(system, flags), seeds: plan.seeds, mode, commit, node: process.versions.node, cpus: cpus().length }
  const json = flags.json ?? join(REPOSITORY, 'docs', 'results', `reproduce-${system}${flags.quick ? '-quick' : ''}.json`)
  const experimentsAsJson = sections.map(({ result, plots, units }) => ({ ...result, plots, units }))
  await writeIn(json, `${JSON.stringify({ ...made, counts, experiments: experimentsAsJson }, null, 1)}\n`)
  print(`written: ${json}`)
  if (flags.html !== undefined) {
    const facts = [
      ['command', made.command],
      ['seeds', plan.seeds.join(', ')],
      ['extent', isPartial ?? 'full'],
      ['commit', commit],
      ['verdicts', `${counts.reached} reached, ${counts.missed} missed, ${counts['not run']} not run`],
    ] as const
    await writeIn(flags.html, renderReproductionPage(`Shoal: ${system} reproduced`, facts, sections))
    print(`written: ${flags.html}`)
  }
  return counts.missed === 0 ? EXIT.ok : EXIT.failed
}

/** A finished run as the result file names it: its data stand in plots and figures. */
const keptUnit = (key: string, unit: StoredUnit | undefined): { key: string; seconds: number; commit: string }[] =>
  unit === undefined ? [] : [{ key, seconds: Math.round(unit.seconds * 10) / 10, commit: unit.commit }]
