import type { BlobStore } from '@shoal/coordinator'
import { createLayout } from '@shoal/numeric'
import {
  type ClusterInsight,
  type Digest,
  type FederationConfig,
  type FederationId,
  failed,
  float32Of,
  type ModelComparison,
  type Result,
  succeeded,
} from '@shoal/protocol'
import { createComputeThread } from './compute-jobs.ts'
import { type ComputeTable, packedRows } from './compute-messages.ts'

type Similarity = NonNullable<ClusterInsight['similarity']>
type ModelConfig = FederationConfig['model']

const MAX_ROWS = 200
/** Entries of all rows of one picture together: 32 MiB. Of longer rows fewer are taken. */
const MAX_ENTRIES = 8 * 1024 * 1024
const TIMEOUT_MS = 60_000

/** What operators look at and take along, computed in a thread of its own: nothing that they ask for holds up a round. */
export interface InsightComputing {
  /** Clients' rows were put into groups: a picture of them is made and kept, the rows are not. In memory only: rows are single contributions. */
  grouped(federation: FederationId, rows: readonly ArrayLike<number>[], groups: readonly number[]): void
  /** The latest picture of rows; null where there is none since the server started. */
  ofRows(federation: FederationId): Promise<Similarity | null>
  /** The clusters' models beside each other, by where they went from `origin`. Kept until the models change. */
  ofModels(federation: FederationId, question: ModelsQuestion): Promise<Result<Similarity>>
  compare(a: Digest, b: Digest, model: ModelConfig, blobs: BlobStore): Promise<Result<ModelComparison>>
  modelFiles(digest: Digest, model: ModelConfig, blobs: BlobStore): Promise<Result<ComputeTable['write-model-files']['value']>>
  readModelFiles(body: Uint8Array): Promise<Result<ComputeTable['read-model-files']['value']>>
  close(): Promise<void>
}

export interface ModelsQuestion {
  /** In cluster order. */
  readonly models: readonly Digest[]
  readonly origin: Digest
  /** After which round they are what they are. */
  readonly round: number
  readonly model: ModelConfig
  readonly blobs: BlobStore
}

export function createInsightComputing(roundOf: (federation: FederationId) => number): InsightComputing {
  const thread = createComputeThread()
  const ofRows = new Map<FederationId, Promise<Similarity | null>>()
  const ofModels = new Map<FederationId, { readonly key: string; readonly made: Promise<Result<Similarity>> }>()
  let isClosed = false

  async function pictured(
    rows: readonly ArrayLike<number>[],
    groups: readonly number[],
    what: { readonly of: Similarity['of']; readonly round: number; readonly origin: Float32Array | null },
  ): Promise<Result<Similarity>> {
    const chosen = everyNth(rows, groups)
    const packed = await packedRows(chosen.map((index) => rows[index]))
    if (isClosed) return failed('SHOAL_ERR_SHUTTING_DOWN')
    const args: ComputeTable['picture']['args'] = { rows: packed, groups: chosen.map((index) => groups[index]), origin: what.origin }
    const picture = await thread.run('picture', args, TIMEOUT_MS, [packed.entries.buffer])
    return picture.ok ? succeeded({ of: what.of, round: what.round, ...picture.value }) : picture
  }

  async function picturedModels({ models, origin, round, model, blobs }: ModelsQuestion): Promise<Result<Similarity>> {
    const { trainable } = createLayout(model.parameters)
    const taken = everyNth(
      models.map(() => ({ length: trainable })),
      [...models.keys()],
    )
    const read = await Promise.all([origin, ...taken.map((cluster) => models[cluster])].map((digest) => modelFrom(blobs, digest)))
    const vectors: Float32Array[] = []
    for (const vector of read) {
      if (!vector.ok) return vector
      vectors.push(vector.value.subarray(0, trainable))
    }
    const [start, ...rows] = vectors
    return pictured(rows, taken, { of: 'models', round, origin: start.slice() })
  }

  return {
    grouped(federation, rows, groups) {
      const round = roundOf(federation)
      const before = ofRows.get(federation) ?? null
      const made = pictured(rows, groups, { of: 'sketches', round, origin: null })
      ofRows.set(
        federation,
        made.then((picture) => (picture.ok ? picture.value : before)),
      )
    },
    ofRows: async (federation) => (await ofRows.get(federation)) ?? null,
    ofModels(federation, question) {
      const key = [question.origin, ...question.models].join(' ')
      const known = ofModels.get(federation)
      if (known?.key === key) return known.made
      const made = picturedModels(question)
      ofModels.set(federation, { key, made })
      void made.then(({ ok }) => {
        if (!ok && ofModels.get(federation)?.made === made) ofModels.delete(federation)
      })
      return made
    },
    async compare(a, b, { parameters }, blobs) {
      const [left, right] = await Promise.all([modelFrom(blobs, a), modelFrom(blobs, b)])
      if (!left.ok) return left
      return right.ok ? thread.run('compare', { a: left.value, b: right.value, parameters }, TIMEOUT_MS) : right
    },
    async modelFiles(digest, model, blobs) {
      const vector = await modelFrom(blobs, digest)
      return vector.ok ? thread.run('write-model-files', { model, vector: vector.value }, TIMEOUT_MS) : vector
    },
    readModelFiles: (body) => thread.run('read-model-files', { body }, TIMEOUT_MS),
    async close() {
      isClosed = true
      await thread.close()
    },
  }
}

async function modelFrom(blobs: BlobStore, digest: Digest): Promise<Result<Float32Array>> {
  const bytes = await blobs.get(digest)
  return bytes.ok ? float32Of(bytes.value) : bytes
}

/** Indices of at most `MAX_ROWS` rows, every n-th of them by group. */
export function everyNth(rows: readonly { readonly length: number }[], groups: readonly number[]): number[] {
  const most = Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_ENTRIES / Math.max(1, rows[0]?.length ?? 1))))
  const step = Math.ceil(rows.length / most)
  return [...rows.keys()].sort((left, right) => groups[left] - groups[right]).filter((_, place) => place % step === 0)
}
