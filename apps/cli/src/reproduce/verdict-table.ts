import type { Experiment, FigureResult, Mode, Verdict } from './experiment.ts'

export interface ExperimentResult {
  readonly id: string
  /** A quick run's verdicts say that they are. */
  readonly mode: Mode
  readonly title: string
  readonly notes: readonly string[]
  readonly figures: readonly FigureResult[]
}

const WRAP = 44

/** The words of `text` in lines of at most `width` characters; longer words stand alone. */
function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.length - 1
    if (lines[last] === '') lines[last] = word
    else if (lines[last].length + 1 + word.length <= width) lines[last] += ` ${word}`
    else lines.push(word)
  }
  return lines
}

export const shownVerdict = (verdict: Verdict, mode: Mode): string => (mode === 'quick' && verdict !== 'not run' ? `${verdict} (quick)` : verdict)

const HEAD = ['figure', 'paper', 'ours', 'tolerance', 'verdict']

/** A table for the terminal, experiment after experiment. */
export function verdictTable(results: readonly ExperimentResult[]): string {
  const rowsOf = ({ figures, mode }: ExperimentResult): string[][][] =>
    figures.map(({ name, paper, ours, tolerance, verdict }) => [name, paper, ours, tolerance, shownVerdict(verdict, mode)].map((text) => wrapped(text, WRAP)))
  const everything = [[HEAD.map((text) => [text])], ...results.map(rowsOf)].flat()
  const widths = HEAD.map((_, column) => Math.max(...everything.flatMap((row) => row[column].map((line) => line.length))))
  const lines = (row: string[][]): string[] =>
    Array.from({ length: Math.max(...row.map((cell) => cell.length)) }, (_, line) =>
      row
        .map((cell, column) => (cell[line] ?? '').padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
  return [
    ...lines(HEAD.map((text) => [text])),
    ...results.flatMap((result) => ['', `${result.id}  ${result.title}`, ...rowsOf(result).flatMap((row) => lines(row))]),
  ].join('\n')
}

export function countVerdicts(results: readonly ExperimentResult[]): Readonly<Record<Verdict, number>> {
  const counts = { reached: 0, missed: 0, 'not run': 0 }
  for (const { verdict } of results.flatMap(({ figures }) => figures)) counts[verdict] += 1
  return counts
}

/** Everything but the data of an experiment and its figures. */
export const resultOf = ({ id, title, notes }: Experiment, mode: Mode, figures: readonly FigureResult[]): ExperimentResult => ({
  id,
  mode,
  title,
  notes,
  figures,
})
