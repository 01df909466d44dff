import { BODY_IDLE_TIMEOUT_MS, JOIN_TIMEOUT_MS, PING_INTERVAL_MS, PING_TIMEOUT_MS } from '@shoal/protocol'

/** What this server grants. Tests shorten the patience; nobody else has a reason to. */
export interface ServerLimits {
  readonly joinTimeoutMs: number
  readonly bodyIdleTimeoutMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  /** HTTP requests a minute of one session. */
  readonly requestsPerSession: number
  /** HTTP requests a minute of one address without a session: a class behind one router loads pages and models from one address. */
  readonly requestsPerAddress: number
  /** Tries to log in a minute from one address. */
  readonly loginsPerAddress: number
  /** Tries to log in a minute under one name. */
  readonly loginsPerName: number
  /** What a guess at a password costs: scrypt's N, a power of two. Memory and time grow with it. */
  readonly passwordCost: number
  /** Socket messages in ten seconds of one connection. */
  readonly messagesPerSocket: number
  /** Contribution bodies that are being read at any time, together. */
  readonly bodyBudgetBytes: number
  /** Pages of 4096 bytes that the database may take; undefined for as many as the disk holds. */
  readonly maxDatabasePages: number | undefined
}

export const DEFAULT_LIMITS: ServerLimits = {
  joinTimeoutMs: JOIN_TIMEOUT_MS,
  bodyIdleTimeoutMs: BODY_IDLE_TIMEOUT_MS,
  pingIntervalMs: PING_INTERVAL_MS,
  pingTimeoutMs: PING_TIMEOUT_MS,
  requestsPerSession: 600,
  requestsPerAddress: 6000,
  loginsPerAddress: 10,
  loginsPerName: 10,
  passwordCost: 2 ** 15,
  messagesPerSocket: 200,
  bodyBudgetBytes: 32 * 1024 * 1024,
  maxDatabasePages: undefined,
}
