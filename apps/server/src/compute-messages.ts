import { setImmediate as breathe } from 'node:timers/promises'
import type {
  ClusterInsight,
  DataContract,
  Digest,
  DistilArgs,
  Distilled,
  FederationConfig,
  Metrics,
  ModelComparison,
  Result,
  UploadedModel,
} from '@shoal/protocol'
import type { JobTable } from '@shoal/strategies'

const ROWS_PACKED_AT_ONCE = 256

/** Which network: one of the zoo by its name, or one that is given. */
export type ModelChoice = Pick<FederationConfig['model'], 'architecture' | 'network'>

/** What the compute worker can be asked. Arrays travel by transfer where the sender needs them no longer. */
export interface ComputeTable {
  /**
   * The model that was asked for, its parameters filled in, buffers last, and a fresh one. A model is made for the data where the architecture is `proposed`.
   * SHOAL_ERR_MODEL_UNKNOWN if the zoo has none of this name, SHOAL_ERR_MODEL_NETWORK if it does not fit the data, SHOAL_ERR_CONFIG if the data do not fit themselves,
   * or model and data not the strategy.
   */
  'describe-model': {
    readonly args: { readonly of: ModelChoice; readonly data: DataContract; readonly strategy: string; readonly seed: string }
    readonly value: { readonly model: ModelChoice & Pick<FederationConfig['model'], 'parameters'>; readonly initialModel: Float32Array }
  }
  /** Whether these bytes are a test set that fits; keeps it for `evaluate`. SHOAL_ERR_MALFORMED or SHOAL_ERR_SHAPE with the reason. */
  'load-test-set': {
    readonly args: { readonly digest: Digest; readonly bytes: Uint8Array; readonly shape: readonly number[]; readonly classes: number }
    readonly value: { readonly examples: number }
  }
  /** On a test set that was loaded before. */
  evaluate: {
    readonly args: { readonly of: ModelChoice; readonly model: Float32Array; readonly testSet: Digest }
    readonly value: Metrics
  }
  /** Rows beside each other, by group; by where they went from `origin` if there is one. */
  picture: {
    readonly args: { readonly rows: PackedRows; readonly groups: readonly number[]; readonly origin: Float32Array | null }
    readonly value: Pick<NonNullable<ClusterInsight['similarity']>, 'clusters' | 'cosines' | 'points'>
  }
  /** Two models of one layout. */
  compare: {
    readonly args: { readonly a: Float32Array; readonly b: Float32Array; readonly parameters: FederationConfig['model']['parameters'] }
    readonly value: ModelComparison
  }
  /** A model as TensorFlow.js keeps it; `modelJson` as text. */
  'write-model-files': {
    readonly args: { readonly model: FederationConfig['model']; readonly vector: Float32Array }
    readonly value: { readonly modelJson: string; readonly weights: Uint8Array }
  }
  /** What an operator uploaded: JSON text, `{ modelJson, weights }`. SHOAL_ERR_MALFORMED, or why it holds no model that can be trained. */
  'read-model-files': {
    readonly args: { readonly body: Uint8Array }
    readonly value: Omit<UploadedModel, 'model'> & { readonly vector: Float32Array }
  }
  bipartition: ForThread<JobTable['bipartition']>
  'find-clusters': ForThread<JobTable['find-clusters']>
  'farthest-first': ForThread<JobTable['farthest-first']>
  'descriptor-clusters': ForThread<JobTable['descriptor-clusters']>
  /** For teachers and a student of one network. Tells its progress, and can be cancelled. */
  distil: {
    readonly args: { readonly of: ModelChoice; readonly teachers: PackedRows; readonly args: Omit<DistilArgs, 'teachers'> }
    readonly value: Distilled
  }
}

/** Rows one after the other in one array, whose memory goes to the thread: cloning thousands of arrays would hold up the one that serves clients. */
export interface PackedRows {
  readonly entries: Float32Array<ArrayBuffer>
  /** Entries of a row. */
  readonly length: number
}

type ForThread<Job extends { args: { rows: unknown }; value: unknown }> = {
  readonly args: Omit<Job['args'], 'rows'> & { readonly rows: PackedRows }
  readonly value: Job['value']
}

/** Copied piece by piece, so that others have their turn between. */
export async function packedRows(rows: readonly ArrayLike<number>[]): Promise<PackedRows> {
  const length = rows[0]?.length ?? 0
  const entries = new Float32Array(rows.length * length)
  for (const [index, row] of rows.entries()) {
    if (index % ROWS_PACKED_AT_ONCE === ROWS_PACKED_AT_ONCE - 1) await breathe()
    entries.set(row, index * length)
  }
  return { entries, length }
}

export const unpackedRows = ({ entries, length }: PackedRows): Float32Array[] =>
  length === 0 ? [] : Array.from({ length: entries.length / length }, (_, index) => entries.subarray(index * length, (index + 1) * length))

export type ComputeName = keyof ComputeTable

/** A job to do, or `cancel`: the id of one whose result nobody waits for. */
export type ComputeRequest = ComputeOrder | { readonly cancel: number }

export type ComputeOrder = { [Name in ComputeName]: { readonly id: number; readonly job: Name; readonly args: ComputeTable[Name]['args'] } }[ComputeName]

/** The end of a job, or how much of it is done, 0..1. */
export type ComputeReply = { readonly id: number; readonly result: Result<unknown> } | { readonly id: number; readonly share: number }
