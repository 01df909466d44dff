import { setImmediate as pause } from 'node:timers/promises'
import { adjustedRandIndex, farthestFirst, lloyd, purity } from '@shoal/clustering'
import { type LabelledImages, pixelsPerImage } from '@shoal/data'
import { createProcedures, type Procedures } from '@shoal/learning'
import { deriveSeed } from '@shoal/numeric'
import { type ProcedureName, ShoalError } from '@shoal/protocol'
import { mean, rounded } from '../setting.ts'

export interface Score {
  /** Share of points that belong to the commonest true cluster of theirs. */
  readonly purity: number
  readonly ari: number
}

export interface OneRound extends Score {
  /** The same with the start of the authors' code: all local centroids of the first client, in place of one row and the farthest from it. */
  readonly authors: Score
}

/** Local clusters of fewer points are not given away. */
const MIN_POINTS = 5

const isNoLearner = (): never => {
  throw new Error('there is nothing to train')
}

function proceduresOf(set: LabelledImages): Procedures {
  const entries = pixelsPerImage(set.shape)
  const isBytes = set.pixels instanceof Uint8Array
  const values = Float32Array.from(set.pixels, (value) => (isBytes ? value / 255 : value))
  return createProcedures({
    parameters: entries,
    trainable: entries,
    examples: { train: set.count, test: 0 },
    train: isNoLearner,
    evaluate: isNoLearner,
    losses: isNoLearner,
    points: () => ({ count: set.count, entries, values }),
    density: null,
    encoder: null,
  })
}

/** Asks one client. */
async function ask(
  client: Procedures,
  procedure: ProcedureName,
  args: object,
  change: { of: ProcedureName | null; vectors: readonly Float32Array[]; seed: string },
) {
  const kind = procedure === 'centroids' ? 'rows' : 'sum'
  const call = { procedure, kind, args, models: [], block: 0, cluster: 0, maxWeight: 1_000_000, ...change } as const
  const result = await client.run(call)
  if (!result.ok && result.failure.code !== 'SHOAL_ERR_NO_BLOCK') throw new ShoalError(result.failure)
  return result.ok && result.value.kind === 'rows' ? result.value.rows : []
}

/** One message of every client, and everybody's points labelled: by the procedures and the job that a federation runs. Labels of the sets are the true clusters. */
export async function kFedOnce(sets: readonly LabelledImages[], clusters: number, seed: string, signal: AbortSignal): Promise<OneRound> {
  const local = { localClusters: clusters, most: clusters, minPoints: MIN_POINTS }
  const clients: Procedures[] = []
  const given: (readonly Float32Array[])[] = []
  for (const [index, set] of sets.entries()) {
    const client = proceduresOf(set)
    given.push(await ask(client, 'centroids', local, { of: null, vectors: [], seed: deriveSeed(seed, 'client', index) }))
    clients.push(client)
    await pause()
    signal.throwIfAborted()
  }
  const truth = sets.flatMap(({ labels }) => [...labels])
  const scored = async (centroids: readonly Float32Array[]): Promise<Score> => {
    const found: number[] = []
    for (const client of clients) {
      await ask(client, 'label-points', { ...local, restarts: 1 }, { of: 'centroids', vectors: centroids, seed })
      found.push(...(client.pointLabels() ?? []))
    }
    return { purity: rounded(purity(found, truth)), ari: rounded(adjustedRandIndex(found, truth)) }
  }
  const rows = given.flat()
  const authors = await scored(lloyd(rows, given[0]).centres.map((centre) => Float32Array.from(centre)))
  return { ...(await scored(farthestFirst({ rows, clusters, seed: deriveSeed(seed, 'server') }).centroids)), authors }
}

export const HETEROGENEITIES = [0, 0.25, 0.5, 0.75, 1]

/** A run of one p. */
export interface AtP {
  readonly parameters: { readonly p: number }
  readonly data: OneRound
}

/** Means over the runs of each p that has some, as per cent. */
export function byP(runs: readonly AtP[], value: (data: OneRound) => number): (readonly [p: number, percent: number])[] {
  return HETEROGENEITIES.flatMap((p) => {
    const values = runs.filter(({ parameters }) => parameters.p === p).map(({ data }) => value(data))
    return values.length > 0 ? [[p, 100 * mean(values)] as const] : []
  })
}

export const shown = (values: readonly (readonly [number, number])[]): string => values.map(([, percent]) => percent.toFixed(1)).join(' ')
