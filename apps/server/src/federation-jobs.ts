import type { BlobStore, Jobs, JobWatch } from '@shoal/coordinator'
import { type Digest, type FederationConfig, type FederationId, failed, float32Of, type Result } from '@shoal/protocol'
import type { JobTable } from '@shoal/strategies'
import type { ComputeThread } from './compute-jobs.ts'
import { type ComputeTable, packedRows } from './compute-messages.ts'
import type { Distillations } from './distillations.ts'

const CREATION_TIMEOUT_MS = 60_000

/** What the compute thread does for federations: it knows which test sets the thread already holds. */
export interface FederationJobs extends Jobs {
  describeModel(args: ComputeTable['describe-model']['args']): Promise<Result<ComputeTable['describe-model']['value']>>
  /** Whether these bytes are a test set that fits the federation. */
  checkTestSet(digest: Digest, bytes: Uint8Array, config: FederationConfig): Promise<Result<{ readonly examples: number }>>
  hasTestSet(digest: Digest): Promise<boolean>
  /** Null where no such model was uploaded. */
  uploadedModel(digest: Digest): Promise<Float32Array | null>
}

type JobPerformers = {
  readonly [Name in keyof JobTable]: (
    args: JobTable[Name]['args'],
    federation: FederationId,
    timeoutMs: number,
    watch: JobWatch,
  ) => Promise<Result<JobTable[Name]['value']>>
}

export interface FederationJobsOptions {
  readonly thread: ComputeThread
  readonly distillations: Distillations
  readonly testSets: BlobStore
  readonly uploads: BlobStore
  readonly configOf: (federation: FederationId) => FederationConfig | undefined
  /** Hears of rows that were put into groups: -1 for a row without one. */
  readonly onGrouped: (federation: FederationId, rows: readonly ArrayLike<number>[], groups: readonly number[]) => void
}

export function createFederationJobs({ thread, distillations, testSets, uploads, configOf, onGrouped }: FederationJobsOptions): FederationJobs {
  let loadedIn = 0
  const loaded = new Set<Digest>()

  async function load(digest: Digest, bytes: Uint8Array, { data }: FederationConfig, timeoutMs: number): Promise<Result<{ readonly examples: number }>> {
    const result = await thread.run('load-test-set', { digest, bytes, shape: data.shape, classes: data.classes.length }, timeoutMs)
    forgetOldThread()
    if (result.ok) loaded.add(digest)
    return result
  }

  function forgetOldThread(): void {
    if (loadedIn === thread.generation()) return
    loadedIn = thread.generation()
    loaded.clear()
  }

  async function ensureLoaded(digest: Digest, config: FederationConfig, timeoutMs: number): Promise<Result<unknown>> {
    forgetOldThread()
    if (loaded.has(digest)) return { ok: true, value: null }
    const bytes = await testSets.get(digest)
    return bytes.ok ? load(digest, bytes.value, config, timeoutMs) : bytes
  }

  const performers: JobPerformers = {
    async evaluate({ model }, federation, timeoutMs) {
      const config = configOf(federation)
      const testSet = config?.evaluation.testSet ?? null
      if (config === undefined || testSet === null) return failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no test set')
      const ready = await ensureLoaded(testSet, config, timeoutMs)
      return ready.ok ? thread.run('evaluate', { of: config.model, model, testSet }, timeoutMs) : ready
    },
    async bipartition(args, federation, timeoutMs) {
      const rows = await packedRows(args.rows)
      const cut = await thread.run('bipartition', { ...args, rows }, timeoutMs, [rows.entries.buffer])
      if (cut.ok && cut.value !== null) onGrouped(federation, args.rows, cut.value.sides)
      return cut
    },
    async 'find-clusters'(args, federation, timeoutMs) {
      const rows = await packedRows(args.rows)
      const found = await thread.run('find-clusters', { ...args, rows }, timeoutMs, [rows.entries.buffer])
      if (found.ok) onGrouped(federation, args.rows, found.value.labels)
      return found
    },
    async 'descriptor-clusters'(args, federation, timeoutMs) {
      const rows = await packedRows(args.rows)
      const found = await thread.run('descriptor-clusters', { ...args, rows }, timeoutMs, [rows.entries.buffer])
      if (found.ok) onGrouped(federation, args.rows, found.value.labels)
      return found
    },
    async distil(args, federation, timeoutMs, watch) {
      const config = configOf(federation)
      if (config === undefined) return failed('SHOAL_ERR_COMPUTE_FAILED', 'there is no such federation')
      return distillations.run({ of: config.model, args, federation, timeoutMs, watch })
    },
    async 'farthest-first'(args, federation, timeoutMs) {
      const rows = await packedRows(args.rows)
      const found = await thread.run('farthest-first', { ...args, rows }, timeoutMs, [rows.entries.buffer])
      if (found.ok) onGrouped(federation, args.rows, found.value.labels)
      return found
    },
  }

  return {
    run: (job, args, federation, timeoutMs, watch) => performers[job](args, federation, timeoutMs, watch),
    describeModel: (args) => thread.run('describe-model', args, CREATION_TIMEOUT_MS),
    checkTestSet: (digest, bytes, config) => load(digest, bytes, config, CREATION_TIMEOUT_MS),
    hasTestSet: async (digest) => (await testSets.get(digest)).ok,
    async uploadedModel(digest) {
      const bytes = await uploads.get(digest)
      const model = bytes.ok ? float32Of(bytes.value) : bytes
      return model.ok ? model.value : null
    },
  }
}
