import type { RoundReport, RunReport } from '@shoal/protocol'

const BAR_CELLS = 24
const FULL_CELL = '█'
const EMPTY_CELL = '░'

/** Share of wrong answers of a model that knows nothing of ten classes: where the bar begins. */
const CHANCE_ERROR = 0.9

/** How far the error has come down from chance to that of `target`, as a bar of one width. On a logarithmic scale: every halving of the error counts the same. */
export function progressBar(accuracy: number | null, target: number): string {
  const error = Math.min(CHANCE_ERROR, Math.max(1 - (accuracy ?? 0), 1 - target))
  const full = Math.floor((BAR_CELLS * Math.log(CHANCE_ERROR / error)) / Math.log(CHANCE_ERROR / (1 - target)))
  return FULL_CELL.repeat(full) + EMPTY_CELL.repeat(BAR_CELLS - full)
}

const shown = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits))
const bytesShown = (bytes: number): string => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`)

/** One line of a finished round. Without a target nothing is said of accuracy, and of the loss only where it was measured. Bytes are those of all clients together. */
export function roundLine(report: RoundReport, target: number | null): string {
  const { round, accuracy, loss, clients, signals, seconds, bytesUp, bytesDown } = report
  const { changed } = signals
  const measured =
    target === null
      ? [...(loss === null ? [] : [`loss ${shown(loss, 3)}`]), ...(changed === undefined ? [] : [`${(100 * changed).toFixed(1)} % of the points changed`])]
      : [progressBar(accuracy, target), `accuracy ${shown(accuracy, 4)} of ${target}`, `loss ${shown(loss, 3)}`]
  return [
    `round ${String(round).padStart(3)}`,
    ...measured,
    // Who gives points or centroids, and no update, is not counted.
    ...(target === null && clients === 0 ? [] : [`${clients} ${clients === 1 ? 'client' : 'clients'}`]),
    `${seconds.toFixed(1)} s`,
    `up ${bytesShown(bytesUp)}`,
    `down ${bytesShown(bytesDown)}`,
  ].join('  ')
}

/** The line of a round; where there are clusters, below it the accuracy of each, and that of their expert, or, without a goal, its points where they were assigned; and whatever the strategy found. */
export function roundLines(report: RoundReport, goal: number | null): string {
  const { loss, clusters, clusterSizes, notes, signals } = report
  const { expertAccuracy, averageAccuracy } = signals
  const accuracies = clusters.map(({ accuracy }, cluster) => `${cluster}: ${shown(accuracy, 3)} (${clusterSizes[cluster] ?? 0})`)
  const points = loss === null ? [] : clusterSizes.map((size, cluster) => `${cluster}: ${size}`)
  const shownClusters = goal === null ? points : accuracies
  return [
    roundLine(report, goal),
    ...(shownClusters.length > 1 ? [`           ${goal === null ? 'points of each cluster' : 'clusters'}  ${shownClusters.join('   ')}`] : []),
    ...(expertAccuracy === undefined
      ? []
      : [
          `           expert  ${shown(expertAccuracy, 3)} for everybody${averageAccuracy === undefined ? '' : `, the clusters' average ${shown(averageAccuracy, 3)}`}`,
        ]),
    ...notes.map((note) => `           > ${note}`),
  ].join('\n')
}

/** The groups of a report as a table: its headline, then one row each. Of points: how many, and of what kind they were; of clients: also what the models reach. */
export function groupCells({ groups, clustersOf }: Pick<RunReport, 'groups' | 'clustersOf'>): readonly (readonly string[])[] {
  const ofGroups = groups[0]?.planted.map((_, group) => `of group ${group + 1}`) ?? []
  if (clustersOf === 'points')
    return [
      ['cluster', 'clients', 'points', ...ofGroups],
      ...groups.map(({ cluster, clients, points, planted }) => [cluster, clients, points ?? 0, ...planted].map(String)),
    ]
  return [
    ['cluster', 'clients', ...ofGroups, 'accuracy', 'FedAvg'],
    ...groups.map(({ cluster, clients, planted, accuracy, baselineAccuracy }) => [
      ...[cluster, clients, ...planted].map(String),
      shown(accuracy, 4),
      shown(baselineAccuracy, 4),
    ]),
  ]
}

/** Each cluster that was found: who or what is in it, and, where it is of clients, what its own model and the one for everybody reach on its members' own test pictures. */
export function groupTable(report: Pick<RunReport, 'groups' | 'clustersOf'>): string {
  const [header, ...rows] = groupCells(report)
  return [header, ...rows].map((cells) => `  ${cells.map((cell, column) => cell.padStart(header[column].length)).join('  ')}`).join('\n')
}

/** Who came without labels, and what that brought it. */
export function newcomerLines({ newcomer, groups }: Pick<RunReport, 'newcomer' | 'groups'>): string {
  if (newcomer === undefined) return ''
  const { planted, cluster, before, after } = newcomer
  const home = groups.find((group) => group.planted[planted] === Math.max(...group.planted) && (group.planted[planted] ?? 0) > 0)?.cluster ?? null
  const place = cluster === null ? 'found no group like its pictures' : `found cluster ${cluster}`
  const judgement = cluster !== null && cluster === home ? 'the right one' : `not the one of group ${planted + 1}`
  return [
    `  a newcomer with pictures like those of group ${planted + 1}, and no labels, came when all was over; its own device ${place}: ${judgement}`,
    `  right answers, by labels that only this command looked at: ${shown(before, 4)} with the general model, ${shown(after, 4)} with the one that it got`,
  ].join('\n')
}

/** Rows of two columns, the first as wide as its widest cell. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

export interface ClosingOptions {
  /** Whether the run got where it should. */
  readonly verdict: string
  /** What took part: real tabs are compared with the simulator, simulated clients are the simulator. */
  readonly who: 'tabs' | 'clients'
  /** Backend and renderer, as the tabs told them. */
  readonly computed: string
  /** Why the federation ended. */
  readonly ended: string
}

/** The closing table. */
export function closingTable(report: RunReport, options: ClosingOptions): string {
  const { accuracy, ari, baselineAccuracy, expertAccuracy, baselineSeconds, clusters, clustersOf, rounds, seconds, bytesUp, bytesDown, tabs } = report
  const isPlanted = ari !== null
  const areOfPoints = clustersOf === 'points'
  const perTab = (bytes: number): string => `${bytesShown(bytes / tabs)} each (${bytesShown(bytes)} in all)`
  return table([
    ...(isPlanted
      ? [
          ['groups', `${options.verdict}: ${clusters} clusters, adjusted Rand index ${shown(ari, 3)}, purity ${shown(report.purity, 3)}`] as const,
          areOfPoints
            ? (['who knows', `each volunteer those of its own points, and nobody else; this command has looked into ${options.who} of its own`] as const)
            : (['accuracy', `${shown(accuracy, 4)} on the volunteers' own test pictures, each with its cluster's model`] as const),
        ]
      : [['accuracy', `${shown(accuracy, 4)} on the official test set (${options.verdict})`] as const]),
    ...(expertAccuracy === undefined ? [] : [['expert', `${shown(expertAccuracy, 4)} on the same pictures, one model for everybody`] as const]),
    ...(areOfPoints || (options.who === 'clients' && !isPlanted)
      ? []
      : [['FedAvg in the simulator', `${shown(baselineAccuracy, 4)} (same seed, rounds and data; ${shown(baselineSeconds, 1)} s, not counted)`] as const]),
    ['strategy', `${report.strategy}, privacy ${report.privacy}, view ${report.view}`],
    ['rounds', String(rounds.length)],
    [options.who, `${tabs}, computing with ${options.computed}`],
    ['uploaded', perTab(bytesUp)],
    ['downloaded', perTab(bytesDown)],
    ['seconds', seconds.toFixed(1)],
    ['ended', options.ended],
  ])
}
