import type { Digest, FederationConfig, Metrics, Result } from '@shoal/protocol'
import type { JobTable } from '@shoal/strategies'

/** What the compute worker can be asked. Arrays travel by transfer where the sender needs them no longer. */
export interface ComputeTable {
  /** The trainable parameters of an architecture, and a fresh model. SHOAL_ERR_MODEL_UNKNOWN if the zoo has none of this name. */
  'describe-model': {
    readonly args: { readonly architecture: string; readonly seed: string }
    readonly value: { readonly parameters: FederationConfig['model']['parameters']; readonly initialModel: Float32Array }
  }
  /** Whether these bytes are a test set that fits; keeps it for `evaluate`. SHOAL_ERR_MALFORMED or SHOAL_ERR_SHAPE with the reason. */
  'load-test-set': {
    readonly args: { readonly digest: Digest; readonly bytes: Uint8Array; readonly shape: readonly number[]; readonly classes: number }
    readonly value: { readonly examples: number }
  }
  /** On a test set that was loaded before. */
  evaluate: {
    readonly args: { readonly architecture: string; readonly model: Float32Array; readonly testSet: Digest }
    readonly value: Metrics
  }
  bipartition: JobTable['bipartition']
  'find-clusters': JobTable['find-clusters']
}

export type ComputeName = keyof ComputeTable

export type ComputeRequest = { [Name in ComputeName]: { readonly id: number; readonly job: Name; readonly args: ComputeTable[Name]['args'] } }[ComputeName]

export interface ComputeReply {
  readonly id: number
  readonly result: Result<unknown>
}
