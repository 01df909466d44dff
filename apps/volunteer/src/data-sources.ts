import type { Policy } from '@shoal/protocol'

/** Where a volunteer's examples came from. */
const DATA_SOURCES = ['samples', 'pictures', 'idx', 'unlabelled', 'drawing', 'table', 'text'] as const
export type DataSource = (typeof DATA_SOURCES)[number]

export const isDataSource = (value: unknown): value is DataSource => DATA_SOURCES.some((source) => source === value)

/** The ways to bring data of one's own. Files of pictures may be photos in folders or MNIST's: the files themselves tell. */
export type OwnDataWay = 'files' | 'unlabelled' | 'drawing' | 'table' | 'text'

/** Whether a federation finds groups by the look of pictures alone (the admission `find-descriptor`), so that pictures without labels are of use in it. */
export const takesUnlabelled = ({ strategy, data }: Pick<Policy, 'strategy' | 'data'>): boolean => strategy === 'flux' && data.kind === 'image'

/** What fits a federation, the usual way first. Photos can be brought to one, three or four channels, and drawings to any number. */
export function ownDataWays(policy: Pick<Policy, 'strategy' | 'data'>): readonly OwnDataWay[] {
  switch (policy.data.kind) {
    case 'image':
      return takesUnlabelled(policy) ? ['files', 'unlabelled', 'drawing'] : ['files', 'drawing']
    case 'table':
    case 'points':
      return ['table']
    case 'text':
      return ['text']
  }
}

/** Classes of which there is no example, by name. */
export function missingClasses(counts: ReadonlyMap<number, number>, classes: readonly string[]): string[] {
  return classes.filter((_name, label) => (counts.get(label) ?? 0) === 0)
}

/** How many examples there are of each class that occurs. */
export function countByClass(labels: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return counts
}
