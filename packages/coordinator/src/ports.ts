import type { Sodium } from '@shoal/privacy'
import type { AdmissionMessage, AskId, AskMessage, ClientId, Digest, ErrorCode, Failure, FederationId, FederationView, Result } from '@shoal/protocol'
import type { MaskSuite, MaskSuiteId, SigningKeyPair, SumServer } from '@shoal/secure-sum'
import type { JobTable } from '@shoal/strategies'
import type { FederationEvent } from './federation-event.ts'

/** What the coordinator needs from the world. Adapters: `apps/server` (SQLite, files, socket.io, worker threads) and `simulator` (in memory, virtual clock). */

/** The event log. `append` is atomic: all of the events are on disk when it resolves, or none is. Sequence numbers run from 0 without gaps, per federation. */
export interface EventStore {
  federations(): Promise<readonly FederationId[]>
  append(federation: FederationId, firstSequence: number, events: readonly FederationEvent[]): Promise<Result<void>>
  load(federation: FederationId): Promise<readonly FederationEvent[]>
  /** At most `count` events from sequence number `first` on. */
  read(federation: FederationId, first: number, count: number): Promise<readonly FederationEvent[]>
}

/** Content-addressed bytes. `put` resolves when they would survive a crash. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<Result<Digest>>
  get(digest: Digest): Promise<Result<Uint8Array>>
  delete(digest: Digest): Promise<void>
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once, at or soon after `at`. */
  at(at: number, callback: () => void): { cancel(): void }
}

/** Whom the coordinator talks to. Delivery is not guaranteed: a client that missed something asks where it stands. */
export interface Audience {
  ask(client: ClientId, message: AskMessage): void
  admission(client: ClientId, message: AdmissionMessage): void
  askClosed(clients: readonly ClientId[], ask: AskId, code: ErrorCode | null): void
  durable(clients: readonly ClientId[], ask: AskId): void
  /** A frame of the masked sum that this client is in. */
  sumFrame(client: ClientId, ask: AskId, frame: Uint8Array): void
  /** Where the survivors of a masked sum find what it came to. */
  sumResult(clients: readonly ClientId[], ask: AskId, cohort: number, result: Digest): void
  view(view: FederationView): void
}

/** Heavy work on public objects, away from the thread that serves clients. A job that is not done after `timeoutMs` is stopped and fails. */
export interface Jobs {
  run<Name extends keyof JobTable & string>(
    job: Name,
    args: JobTable[Name]['args'],
    federation: FederationId,
    timeoutMs: number,
    watch: JobWatch,
  ): Promise<Result<JobTable[Name]['value']>>
}

export interface JobWatch {
  /** Calls back where nobody waits for the job any more: it may stop, and what it comes to is not looked at. */
  readonly onGivenUp: (callback: () => void) => void
  /** Hears now and then how much is done, 0..1. */
  readonly onProgress: (share: number) => void
}

/** Opens what a client sealed: bytes off the wire in, the contribution's frame out. At no other place does a contribution exist in the clear. */
export type OpenContribution = (sealed: Uint8Array, federation: FederationId, ask: AskId) => Result<Uint8Array>

/** What the coordinator signs and opens masked sums with. */
export interface SumService {
  readonly sodium: Sodium
  /** Signs manifests: the federation's key, which every invite link names. */
  readonly signing: Pick<SigningKeyPair, 'privateKey'>
  /** Of the policy that every client agreed to. */
  readonly policyHash: Uint8Array
  /** Number of this life of the server: sums of an earlier one are over. */
  readonly epoch: number
  suite(id: MaskSuiteId): MaskSuite
  /** Stands around the server of every sum, to see what it does. */
  watched?(server: SumServer): SumServer
}

/** Closes what must not lie on disk in the clear: rows, which are single contributions. */
export type { Vault } from '@shoal/privacy'

/** Where the coordinator says what went wrong inside it. Never with data of a client. */
export type Report = (federation: FederationId, what: string, failure: Failure) => void
