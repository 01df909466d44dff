import { BODY_IDLE_TIMEOUT_MS, JOIN_TIMEOUT_MS, PING_INTERVAL_MS, PING_TIMEOUT_MS } from '@shoal/protocol'

/** What this server grants. Tests shorten the patience; nobody else has a reason to. */
export interface ServerLimits {
  readonly joinTimeoutMs: number
  /** A connection may be silent, or a request's headers may trickle, for this long. */
  readonly headersTimeoutMs: number
  /** A whole request may take this long, however steadily it trickles. */
  readonly requestTimeoutMs: number
  readonly bodyIdleTimeoutMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  /** Connections that may be open at any time, sockets included. */
  readonly connections: number
  /** Those of one address: a whole school behind one router, or the clients of a load test. */
  readonly connectionsPerAddress: number
  /** Sockets a minute that one address may open. */
  readonly socketsPerAddress: number
  /** Unknown invites, sessions and credentials a minute that one address may come with, before it is not listened to any more. */
  readonly guessesPerAddress: number
  /** Joins a minute by one invite of clients without a session. */
  readonly joinsPerInvite: number
  /** Files a minute that operators of one address may bring or take along, of each kind. */
  readonly filesPerAddress: number
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
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  bodyIdleTimeoutMs: BODY_IDLE_TIMEOUT_MS,
  pingIntervalMs: PING_INTERVAL_MS,
  pingTimeoutMs: PING_TIMEOUT_MS,
  connections: 20_000,
  connectionsPerAddress: 8000,
  socketsPerAddress: 12_000,
  guessesPerAddress: 300,
  joinsPerInvite: 6000,
  filesPerAddress: 120,
  requestsPerSession: 600,
  requestsPerAddress: 6000,
  loginsPerAddress: 10,
  loginsPerName: 10,
  passwordCost: 2 ** 15,
  messagesPerSocket: 200,
  bodyBudgetBytes: 32 * 1024 * 1024,
  maxDatabasePages: undefined,
}
