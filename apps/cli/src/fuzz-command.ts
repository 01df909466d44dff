import { readFile, writeFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { addTallies, coverageLines, coverageOf, EMPTY_TALLY, type FaultTally, findingText, type Schedule } from '@shoal/simulator/faults'
import type { CommandHost } from './demo-command.ts'
import { CommandError, EXIT, type ExitCode } from './exit-code.ts'
import { type HuntReport, type HuntRequest, hunt, runOne } from './fuzz-hunt.ts'
import { parseSchedule } from './fuzz-replay.ts'

export interface FuzzFlags {
  readonly schedules?: number
  readonly hours?: number
  readonly seed: string
  readonly strategy?: string
  readonly level?: string
  readonly workers: number
  /** A file with a schedule, which is run alone. */
  readonly replay?: string
  /** Where a schedule that breaks a rule is written. */
  readonly out: string
}

const SCHEDULES_BY_DEFAULT = 500
const HOUR_MS = 3_600_000
const PROGRESS_EVERY_MS = 5000

/** `shoal fuzz`: throws seeded schedules of faults at the machines of both sides and checks after every step what must always be true. */
export async function runFuzz(flags: FuzzFlags, host: CommandHost): Promise<ExitCode> {
  if (flags.replay !== undefined) return replay(flags.replay, host)
  const { print, interrupted } = host
  const { seed, workers, strategy, level, out } = flags
  const choice = { ...(strategy === undefined ? {} : { strategy }), ...(level === undefined ? {} : { level }) } as HuntRequest['choice']
  const until = flags.hours === undefined ? null : Date.now() + flags.hours * HOUR_MS
  const schedules = flags.schedules ?? (until === null ? SCHEDULES_BY_DEFAULT : null)
  const requests = Array.from({ length: workers }, (_, rest): HuntRequest => ({ seed, of: workers, rest, schedules, until, choice }))
  const reports = new Map<number, HuntReport>()
  const startedAt = Date.now()
  const tallyNow = (): FaultTally => [...reports.values()].reduce((sum, { tally }) => addTallies(sum, tally), EMPTY_TALLY)
  let printedAt = startedAt
  const onReport = (place: number, report: HuntReport): void => {
    reports.set(place, report)
    if (Date.now() < printedAt + PROGRESS_EVERY_MS) return
    printedAt = Date.now()
    const { schedules: done, steps } = tallyNow()
    print(`${done}${schedules === null ? '' : ` of ${schedules}`} schedules, ${steps} steps, ${Math.round((Date.now() - startedAt) / 1000)} s`)
  }
  print(`schedules of seed "${seed}"`)
  const ends = new AbortController()
  interrupted.addEventListener('abort', () => ends.abort(), { once: true })
  await Promise.all(
    requests.map(async (request, place) => {
      const report =
        workers === 1
          ? await hunt(request, (partial) => onReport(place, partial), ends.signal)
          : await inWorker(request, (partial) => onReport(place, partial), ends.signal)
      if (report !== null) reports.set(place, report)
      if (report?.finding) ends.abort() // one is enough
    }),
  )
  for (const line of tallyLines(tallyNow())) print(line)
  const finding = [...reports.values()].find((report) => report.finding !== null)?.finding ?? null
  if (finding !== null) {
    await writeFile(out, `${JSON.stringify(finding.schedule, null, 2)}\n`)
    print(findingText(finding.schedule, finding.run))
    print(`written to ${out}: shoal fuzz --replay ${out} shows it again`)
    return EXIT.failed
  }
  return interrupted.aborted ? EXIT.interrupted : EXIT.ok
}

async function replay(file: string, { print }: CommandHost): Promise<ExitCode> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) throw new CommandError(EXIT.usage, `there is no file ${file}`)
  const schedule: Schedule | null = parseSchedule(text)
  if (schedule === null) throw new CommandError(EXIT.usage, `${file} holds no schedule`)
  const run = await runOne(schedule)
  print(findingText(schedule, run))
  return run.violation === null ? EXIT.ok : EXIT.failed
}

/** A hunt in a thread of its own; null where it was ended before it was over. */
function inWorker(request: HuntRequest, onReport: (report: HuntReport) => void, stop: AbortSignal): Promise<HuntReport | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./fuzz.worker.js', import.meta.url), { workerData: request, execArgv: [] })
    let last: HuntReport | null = null
    stop.addEventListener('abort', () => void worker.terminate(), { once: true })
    worker.on('message', (report: HuntReport) => {
      last = report
      onReport(report)
    })
    worker.on('error', reject)
    worker.on('exit', () => resolve(last))
  })
}

/** What was exercised. */
function tallyLines({ schedules, steps, rounds, faults, crashes, strategies, sumsChecked, transitions }: FaultTally): readonly string[] {
  const list = (counts: Readonly<Record<string, number | undefined>>): string =>
    Object.entries(counts)
      .sort(([left], [right]) => left.localeCompare(right))
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')
  return [
    `${schedules} schedules, ${steps} steps, ${sumsChecked} sums compared with what their clients gave`,
    `rounds: ${list(rounds)}`,
    `faults: ${list(faults)}`,
    `the server died: ${list(crashes)}`,
    `federations: ${list(strategies)}`,
    ...coverageLines(coverageOf(transitions)),
  ]
}
