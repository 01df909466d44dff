import { cosineDistances, temperature, temperatureFromMoments, temperatureOfRows } from '@shoal/clustering'
import { createRng, deriveSeed, shuffled } from '@shoal/numeric'
import { upTo } from './cluster-models.ts'
import { type Asking, type Asks, isWithheld, type RoundContext, type RowsAnswer } from './contract.ts'
import type { OcflState } from './ocfl-state.ts'

/** The temperature by sums needs the square of this many words. It errs by about 1 % with many unlike clients, by a few where there are few directions. */
const MOMENTS_LENGTH = 64
/** Largest number of rows that a temperature is taken of. */
const PANEL = 300
/** Cosines of float32 rows; of moments, where what is left of large numbers is squared. */
const ROWS_PRECISION = 1e-6
const MOMENTS_PRECISION = 1e-3

interface ClusterReading {
  /** Null where it could not be taken. */
  readonly temperature: number | null
  readonly clients: number
}

/** Temperatures of a round. */
export interface Readings {
  ofCluster(cluster: number): ClusterReading
  /** The rows they were taken from; null by sums. */
  readonly rows: RowsAnswer | null
  readonly precision: number
  readonly signals: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/** From everybody's row. */
export function* readRows({ options, sketchSeed }: OcflState, ask: Asks, context: RoundContext): Asking<Readings> {
  const { clusters, start, train } = context
  const rows = yield* ask.rows('sketch', {
    models: upTo(clusters).map(start),
    args: { train, length: options.sketchLength, seed: sketchSeed },
    place: { by: clusters === 1 ? 'everyone' : 'cluster' },
    rowLength: options.sketchLength ?? start(0).length,
    maxRowsPerClient: 1,
  })
  const readings = upTo(clusters).map((cluster): ClusterReading => {
    const vectors = rows.rows.filter(({ block, vector }) => block === cluster && hasDirection(vector)).map(({ vector }) => vector)
    const panel = panelOf(vectors, sketchSeed)
    return { clients: vectors.length, temperature: options.norm === 2 ? temperatureOfRows(panel) : temperature(cosineDistances(panel), options.norm) }
  })
  return told(readings, { rows, precision: ROWS_PRECISION, notes: [] })
}

/**
 * The temperature of many is that of some of them, to within 1/sqrt(PANEL) or so, and takes the square of their number: this program runs on the thread that serves
 * clients. The same ones in every round, as long as the same clients answer: temperatures of different panels do not compare well.
 */
function panelOf(vectors: readonly Float32Array[], seed: string): readonly Float32Array[] {
  return vectors.length <= PANEL ? vectors : shuffled(vectors, createRng(deriveSeed(seed, 'panel'))).slice(0, PANEL)
}

/** From the sums of all clients' unit sketches and their outer products: the same number, of shorter sketches. */
export function* readBySums({ options, sketchSeed }: OcflState, ask: Asks, context: RoundContext): Asking<Readings> {
  const { clusters, start, train } = context
  const { blocks } = yield* ask.sum('moments', {
    models: upTo(clusters).map(start),
    args: { train, length: MOMENTS_LENGTH, seed: sketchSeed },
    place: { by: clusters === 1 ? 'everyone' : 'cluster' },
    vectorLengths: upTo(clusters).map(() => MOMENTS_LENGTH + (MOMENTS_LENGTH * (MOMENTS_LENGTH + 1)) / 2),
  })
  const readings = upTo(clusters).map((cluster): ClusterReading => {
    const sum = blocks.get(cluster)
    if (isWithheld(sum)) return { clients: 0, temperature: null }
    return { clients: sum.count, temperature: temperatureFromMoments(sum.total, sum.count, MOMENTS_LENGTH) }
  })
  const notes = options.norm === 2 ? [] : [`By sums the temperature has norm 2, not ${options.norm}.`]
  return told(readings, { rows: null, precision: MOMENTS_PRECISION, notes })
}

function told(readings: readonly ClusterReading[], rest: Pick<Readings, 'rows' | 'precision' | 'notes'>): Readings {
  const signals: Record<string, number> = {}
  for (const [cluster, { temperature: taken }] of readings.entries())
    if (taken !== null && Number.isFinite(taken)) signals[readings.length === 1 ? 'temperature' : `temperature.${cluster}`] = taken
  return { ofCluster: (cluster) => readings[cluster] ?? { clients: 0, temperature: null }, signals, ...rest }
}

/** Rows with entries that are no numbers are not taken to begin with. */
export const hasDirection = (vector: Float32Array): boolean => vector.some((entry) => entry !== 0)
