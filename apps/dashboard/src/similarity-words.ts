import type { ClusterInsight } from '@shoal/protocol'
import type { ChartTable, ScatterPoint } from '@shoal/ui'
import { groupTitle } from './learning-history.ts'

type Similarity = NonNullable<ClusterInsight['similarity']>

/** What a row stands for: a model of a group, or a sketch that has no name. */
export const rowName = ({ of, clusters }: Similarity, row: number): string => {
  const group = groupTitle(clusters[row] ?? 0)
  return of === 'models' ? `${group}’s model` : `Sketch ${row + 1} (${group.toLowerCase()})`
}

/** Mean cosine inside the clusters and between them; null where there is no such pair. */
export function meanCosines({ clusters, cosines }: Similarity): { readonly inside: number | null; readonly between: number | null } {
  const sums = { inside: 0, between: 0 }
  const counts = { inside: 0, between: 0 }
  for (const [row, cluster] of clusters.entries()) {
    for (let column = row + 1; column < clusters.length; column += 1) {
      const where = clusters[column] === cluster ? 'inside' : 'between'
      sums[where] += cosines[row * clusters.length + column] ?? 0
      counts[where] += 1
    }
  }
  const mean = (where: 'inside' | 'between'): number | null => (counts[where] === 0 ? null : sums[where] / counts[where])
  return { inside: mean('inside'), between: mean('between') }
}

/** The heat-map in a sentence. */
export function similarityInWords(similarity: Similarity): string {
  const { inside, between } = meanCosines(similarity)
  const parts = [
    ...(inside === null ? [] : [`inside a group the mean is ${inside.toFixed(2)}`]),
    ...(between === null ? [] : [`between groups ${inside === null ? 'the mean' : 'it'} is ${between.toFixed(2)}`]),
  ]
  const count = similarity.clusters.length
  const what = similarity.of === 'models' ? `the models of ${count} groups` : `${count} sketches of updates`
  return `Cosines between ${what}, round ${similarity.round}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`
}

/** Every pair once. */
export function pairTable(similarity: Similarity): ChartTable {
  const { clusters, cosines } = similarity
  return {
    columns: ['One', 'Other', 'Cosine'],
    rows: clusters.flatMap((_, row) =>
      clusters
        .slice(row + 1)
        .map((_, offset) => [rowName(similarity, row), rowName(similarity, row + 1 + offset), cosines[row * clusters.length + row + 1 + offset] ?? 0]),
    ),
  }
}

export const scatterPoints = (similarity: Similarity): readonly ScatterPoint[] =>
  similarity.points.map(([x, y], row) => ({ x, y, cluster: similarity.clusters[row] ?? 0, name: rowName(similarity, row) }))

export const pointTable = (similarity: Similarity): ChartTable => ({
  columns: ['What', 'Group', 'First component', 'Second component'],
  rows: similarity.points.map(([x, y], row) => [rowName(similarity, row), (similarity.clusters[row] ?? 0) + 1, x, y]),
})
