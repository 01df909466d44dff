import type {
  AggregatorKey,
  AskId,
  BlockId,
  ClientEvent,
  Contribution,
  Digest,
  Failure,
  FederationId,
  Finding,
  Policy,
  ProcedureName,
  Result,
  ServerEvent,
  SessionToken,
  SignedPolicy,
} from '@shoal/protocol'
import type { Masker } from './masker.ts'

/** What a session needs from the world. Adapters: a browser tab, Node, and the simulator (in memory, virtual time). No method may throw or reject unless it says so. */

export interface TransportHandlers {
  onConnected(): void
  /** The link is gone, or never came up. A failure that is not retryable (another protocol version) ends the session. */
  onDisconnected(failure: Failure): void
  /** A message of the server that fits its schema; the adapter drops all others. */
  onEvent(event: ServerEvent): void
}

/** Control plane and bulk. The only module that sends bytes. */
export interface Transport {
  /** Opens a link; one at a time. After `onDisconnected` or `close` it can be called again, and the handlers of earlier links stay silent. It never retries by itself. */
  connect(handlers: TransportHandlers): void
  /** Resolves to the server's acknowledgement, its value unparsed; to `SHOAL_ERR_CLIENT_GONE` when the link drops first. */
  send(event: ClientEvent): Promise<Result<unknown>>
  /** The bytes the server has under this name, unchecked: the entries of a model or of a public vector as little-endian float32, nothing else. */
  fetchModel(digest: Digest, signal: AbortSignal): Promise<Result<Uint8Array>>
  /** Always resolves: an upload that stalls becomes a failure. */
  putContribution(upload: Upload): Promise<Result<{ received: 'received' | 'durable' }>>
  close(): void
}

export interface Upload {
  readonly federation: FederationId
  readonly ask: AskId
  readonly session: SessionToken
  readonly body: Uint8Array
  /** SHA-256 of `body`. */
  readonly digest: Digest
}

export interface ProcedureCall {
  readonly procedure: ProcedureName
  /** What is to be given: parts, or rows. A procedure that only finds something out does not read it. */
  readonly kind: 'sum' | 'rows'
  /** As the ask had them: the procedure checks them against its own schema. */
  readonly args: unknown
  /** One model per block in block order, or the one of `block` alone. */
  readonly models: readonly Float32Array[]
  /** Public vectors that the procedure reads besides. */
  readonly vectors: readonly Float32Array[]
  /** Of an admission: a more general model, which comes after the last of `models` in what is found. */
  readonly fallback?: Float32Array
  /** The block to answer in; null where the procedure chooses. */
  readonly block: BlockId | null
  /** Use the result of this procedure, run earlier in the round, instead of running it again. */
  readonly of: ProcedureName | null
  /** The cluster that this client belongs to; null where the procedure is to find it. */
  readonly cluster: number | null
  readonly seed: string
  /** Largest weight that counts. */
  readonly maxWeight: number
}

/** Runs local procedures on the volunteer's data. A session never has two runs at once. */
export interface Procedures {
  /** `onProgress` takes the share that is done, 0..1. A finding answers an admission and nothing else. */
  run(call: ProcedureCall, onProgress: (share: number) => void): Promise<Result<Contribution | Finding>>
  /** Forgets what was kept for `of`. Never called while a run is under way. */
  endRound(): void
  /**
   * After a run that failed with `SHOAL_ERR_BACKEND`: makes what computes anew, with nothing kept. `loss` counts from 1; what was lost twice is better replaced by
   * something else. Left out where nothing can be lost. Never called while a run is under way.
   */
  reopen?(loss: number): Promise<Result<unknown>>
  /** Ends the present run soon: its promise then resolves, to a failure. Does nothing when there is none. */
  cancel(): void
}

/** Small values and models (public vectors among them) that outlive the tab. A rejection counts as "not there": a session goes on without storage. */
export interface DeviceStorage {
  load(key: string): Promise<string | null>
  save(key: string, value: string): Promise<void>
  loadModel(digest: Digest): Promise<Uint8Array | null>
  saveModel(digest: Digest, bytes: Uint8Array): Promise<void>
  /** Deletes every model that is not named. */
  pruneModels(keep: readonly Digest[]): Promise<void>
}

export interface Timers {
  /** Milliseconds; only differences matter. */
  now(): number
  after(delayMs: number, callback: () => void): { cancel(): void }
}

/** Proves who this profile is, checks who the federation is, and closes envelopes. `createSodiumSealer` is the real one. */
export interface Sealer {
  /** Public key of this profile in this federation, URL-safe base64. */
  readonly identity: string
  readonly masker: Masker
  /** Signature over the connection's challenge. */
  prove(nonce: string): string
  /** The policy and the hash of its text as URL-safe base64; `SHOAL_ERR_POLICY_UNVERIFIED` unless `federationKey` signed it. */
  verifyPolicy(policy: SignedPolicy, federationKey: string): Result<{ readonly policy: Policy; readonly hash: string }>
  /** Fails with `SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED` unless `federationKey` signed this key for this federation. */
  verifyAggregatorKey(key: AggregatorKey, federationKey: string): Result<unknown>
  /** The envelope around `frame`; two calls give different bytes. May reject. */
  seal(letter: Letter): Promise<Uint8Array>
  digest(bytes: Uint8Array): Promise<Digest>
  /** Uniform 32-bit words that nobody else can predict. */
  randomWords(count: number): Uint32Array
}

export interface Letter {
  readonly aggregatorKey: AggregatorKey
  /** Must have signed `aggregatorKey`. */
  readonly federationKey: string
  readonly ask: AskId
  readonly policyHash: string
  readonly frame: Uint8Array
}

export interface PowerCondition {
  readonly hidden: boolean
  readonly onBattery: boolean
  readonly lowBattery: boolean
  /** The browser is about to stop this page's scripts. */
  readonly frozen: boolean
  /** Somebody is using the device; false where nobody looks. */
  readonly inUse: boolean
}

export interface Power {
  /** Calls back at once with the present condition, then at every change. Returns how to stop. */
  subscribe(listener: (condition: PowerCondition) => void): () => void
}

export interface SessionPorts {
  readonly transport: Transport
  readonly procedures: Procedures
  readonly storage: DeviceStorage
  readonly timers: Timers
  readonly sealer: Sealer
  /** Left out where there is neither battery nor screen. */
  readonly power?: Power
}
