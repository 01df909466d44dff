import type { FederationId, Policy, SumPurpose } from '@shoal/protocol'
import type { MaskSuiteId, RowTable, SumClient, SumForm, SumGuard, SumQuestion } from '@shoal/secure-sum'

/** What a client holds the server of a masked sum to. */
export interface SumTerms {
  readonly federation: FederationId
  /** Public key of the federation, URL-safe base64, from the link. */
  readonly federationKey: string
  /** Of the policy that the volunteer agreed to, URL-safe base64. */
  readonly policyHash: string
  readonly model: Policy['model']
  readonly kMin: number
  readonly question: SumQuestion
  /** Where its answer belongs. */
  readonly block: number
  readonly purpose: SumPurpose
  readonly form: SumForm
  readonly last: ReturnType<SumGuard['last']>
  /** Why the sum over these survivors, identity keys in hex, must not be opened; null if nothing speaks against it. */
  objection(survivors: readonly string[]): string | null
}

/** Takes part in masked sums as this profile. `createSodiumSealer` brings the real one. */
export interface Masker {
  /** The mask suites that this page has, the better one first. */
  readonly suites: readonly MaskSuiteId[]
  join(terms: SumTerms): SumClient
  /** A table that is empty but for this row and its checksum. */
  postRow(table: RowTable, row: { readonly place: number; readonly row: Float32Array }): Uint32Array
}
