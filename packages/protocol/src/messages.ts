import * as z from 'zod/mini'
import { aggregatorKeySchema, encodingSchema, federationViewSchema, metricsSchema, roundSummarySchema, signedPolicySchema } from './federation.ts'
import { askIdSchema, blockIdSchema, clientIdSchema, digestSchema, federationIdSchema, inviteTokenSchema, sessionTokenSchema } from './ids.ts'
import { MAX_SUM_MODELS } from './limits.ts'
import { procedureNameSchema } from './procedures.ts'

/**
 * The control plane: socket.io events in both directions. Each name maps to the schema of its one argument; both ends parse with it.
 * Every event of a client is acknowledged with `{ok: true, value}` or `{ok: false, failure}`.
 */

const base64Schema = z.string().check(z.regex(/^[A-Za-z0-9_-]*$/), z.maxLength(200))

/** Bytes as socket.io delivers them: a Buffer in Node, an ArrayBuffer in tabs. */
const binarySchema = z.pipe(
  z.custom<Uint8Array | ArrayBuffer>((value) => value instanceof Uint8Array || value instanceof ArrayBuffer),
  z.transform((value): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array(value))),
)
const sumFrameSchema = z.strictObject({ ask: askIdSchema, frame: binarySchema })

/** An open ask as a client of its cohort hears of it. */
export const askMessageSchema = z.strictObject({
  ask: askIdSchema,
  federation: federationIdSchema,
  round: z.int(),
  /** What is to be given: parts, or rows. */
  kind: z.enum(['sum', 'rows']),
  procedure: procedureNameSchema,
  args: z.unknown(),
  /** The models the procedure runs on, in block order, or that of `block` alone; fetched by hash and only where not already held. */
  models: z.array(digestSchema),
  /** Where all models begin with the same entries: these, which stand before each of `models`. Updates are given in two parts then: the rest in the block, these entries in the one after the last. */
  trunk: z.optional(digestSchema),
  /** Where many models come as one: how many there are, equally long and one after the other, in the one that `models` names. */
  joined: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_SUM_MODELS))),
  /** The answer has a part for each block in which the client has anything, and no block is declared. */
  every: z.optional(z.literal(true)),
  /** Public vectors that the procedure reads besides, fetched as models are. */
  vectors: z.array(digestSchema),
  /** The result of this earlier procedure of the same round is used again; null to run afresh. */
  of: z.nullable(procedureNameSchema),
  /** The block this client answers in; null where the client declares it. */
  block: z.nullable(blockIdSchema),
  /** Where rows have no owners: the block of each row of this client's cohort, by place, -1 for none. The client knows which place is its own. */
  labels: z.nullable(z.strictObject({ ask: askIdSchema, ofPlaces: z.array(z.int()) })),
  /** The cluster that this client belongs to. */
  cluster: z.int(),
  /** Entries that a part of each block must have, by block; of a row, its one entry is the row's length. */
  vectorLengths: z.array(z.int()),
  /** Rows that a client may give at most; 0 where parts are asked for. */
  maxRows: z.int(),
  /** How the parts travel; rows are float32 always. */
  encoding: encodingSchema,
  /** Largest weight that counts. */
  maxWeight: z.int(),
  /** Seed of this client's randomness for this ask. */
  seed: z.string(),
  /** Time left when the message was sent. */
  deadlineInMs: z.number(),
})
export type AskMessage = z.infer<typeof askMessageSchema>

/** How a client finds its cluster, and the model that serves it best, on its own device. */
export const admissionSchema = z.strictObject({
  federation: federationIdSchema,
  /** Counts the changes of the clusters: a finding for an older partition is refused. */
  partition: z.int(),
  /** The cluster this client belongs to; null where it has to find it. */
  cluster: z.nullable(z.int()),
  procedure: procedureNameSchema,
  args: z.unknown(),
  models: z.array(digestSchema),
  vectors: z.array(digestSchema),
  /** A more general model, which serves whomever it serves better. */
  fallback: z.optional(digestSchema),
  seed: z.string(),
})
export type AdmissionMessage = z.infer<typeof admissionSchema>

/** Where a client stands; the answer to `join` and `where`, and enough to go on after any interruption. */
export const standingSchema = z.strictObject({
  client: clientIdSchema,
  view: federationViewSchema,
  aggregatorKey: aggregatorKeySchema,
  /** The ask that waits for this client, if one does. */
  ask: z.nullable(askMessageSchema),
  /** What the server holds of this client's contribution to that ask. */
  received: z.enum(['nothing', 'received', 'durable']),
  /** Models now served to this client: its cluster's first. */
  models: z.array(digestSchema),
  /** The client's cluster; null while it has to find one. */
  cluster: z.nullable(z.int()),
  /** How to find it; null while there is but one cluster. */
  admission: z.nullable(admissionSchema),
})
export type Standing = z.infer<typeof standingSchema>

export const joinSchema = z.strictObject({
  protocol: z.int(),
  federation: federationIdSchema,
  /** An invite for a first visit; a session's token afterwards. */
  invite: z.nullable(inviteTokenSchema),
  session: z.nullable(sessionTokenSchema),
  /** Ed25519 public key of this profile, and its signature over the connection's challenge. */
  identity: base64Schema,
  proof: base64Schema,
  /** Hash of the policy text this volunteer agreed to. */
  policyHash: base64Schema,
})
export type Join = z.infer<typeof joinSchema>

export const joinedSchema = z.strictObject({ session: sessionTokenSchema, standing: standingSchema })
export type Joined = z.infer<typeof joinedSchema>

/** Client to server. */
export const CLIENT_EVENTS = {
  join: joinSchema,
  /** "Where are we?" Asked after every reconnect. */
  where: z.strictObject({}),
  /** Whether this client can take part now: false while it is paused or has no data. */
  ready: z.strictObject({ ready: z.boolean() }),
  /** This client will not answer the ask: it lost the result, its procedure failed, or the volunteer paused. */
  'sit-out': z.strictObject({ ask: askIdSchema, code: z.string().check(z.maxLength(64)) }),
  /** This client has found its cluster by the admission of this partition; null where none is for it, and it waits until clusters are looked for again. */
  placed: z.strictObject({ partition: z.int(), cluster: z.nullable(z.int().check(z.minimum(0))) }),
  /** This client's answer is ready to be masked. `block`: where it answers, if that was its own to find out; `suites`: the mask suites that it has. */
  'enter-sum': z.strictObject({
    ask: askIdSchema,
    block: z.nullable(blockIdSchema),
    suites: z.array(z.union([z.literal(1), z.literal(2)])).check(z.minLength(1), z.maxLength(2)),
  }),
  /** A frame of the masked sum that this client is in (privacy.md 3.1: #1, #3, #9); its masked words go by HTTP. */
  'sum-frame': sumFrameSchema,
  leave: z.strictObject({}),
} as const

/** Server to client. */
export const SERVER_EVENTS = {
  /** Sent on connection: the bytes `join` must sign. */
  challenge: z.strictObject({ nonce: base64Schema }),
  ask: askMessageSchema,
  /** The clusters have changed, this client has none, or the federation is finished: find out what serves this client. */
  admission: admissionSchema,
  'ask-closed': z.strictObject({ ask: askIdSchema, code: z.nullable(z.string()) }),
  /** The client's contribution to this ask is on disk; it may forget it. */
  durable: z.strictObject({ ask: askIdSchema }),
  /** A frame of the masked sum that this client is in (#0, #2, #4, #6, and #10 of a sum that is too large to be taken again). */
  'sum-frame': sumFrameSchema,
  /** #10 of a small sum, which holds all inputs and is fetched as models are. */
  'sum-result': z.strictObject({ ask: askIdSchema, cohort: z.int().check(z.minimum(0)), result: digestSchema }),
  /** The federation changed: rounds, models, lifecycle. */
  view: federationViewSchema,
  /** The same profile has connected elsewhere; do not reconnect. */
  superseded: z.strictObject({}),
} as const

export type ClientEvent = { [Name in keyof typeof CLIENT_EVENTS]: { name: Name; body: z.infer<(typeof CLIENT_EVENTS)[Name]> } }[keyof typeof CLIENT_EVENTS]
export type ServerEvent = { [Name in keyof typeof SERVER_EVENTS]: { name: Name; body: z.infer<(typeof SERVER_EVENTS)[Name]> } }[keyof typeof SERVER_EVENTS]

/** GET /api/invites/<token>: what the volunteer's page shows before consent. */
export const inviteViewSchema = z.strictObject({ federation: federationIdSchema, policy: signedPolicySchema, hasSamples: z.boolean() })
export type InviteView = z.infer<typeof inviteViewSchema>

/** Operator's commands, POST /api/federations/<id>/commands. */
export const operatorCommandSchema = z.strictObject({
  command: z.enum(['start-federation', 'pause-federation', 'resume-federation', 'finish-federation', 'abort-round']),
})
export type OperatorCommand = z.infer<typeof operatorCommandSchema>

/** One finished round with its traffic, as reports list it. */
export const roundReportSchema = z.strictObject({
  round: z.int(),
  accuracy: metricsSchema.shape.accuracy,
  loss: metricsSchema.shape.loss,
  clients: z.int(),
  /** Per cluster, in cluster order, where there is more than one. */
  clusters: z.array(metricsSchema),
  clusterSizes: z.array(z.int()),
  signals: roundSummarySchema.shape.signals,
  notes: roundSummarySchema.shape.notes,
  bytesUp: z.number(),
  bytesDown: z.number(),
  seconds: z.number(),
})
export type RoundReport = z.infer<typeof roundReportSchema>

/** The file behind `--json`, for `demo` and `simulate`. Null where a field does not apply. */
export const runReportSchema = z.strictObject({
  strategy: z.string(),
  privacy: z.string(),
  view: z.string(),
  tabs: z.int(),
  backend: z.string(),
  rounds: z.array(roundReportSchema),
  accuracy: z.nullable(z.number()),
  baselineAccuracy: z.nullable(z.number()),
  /** Of the expert, where there is one, as `accuracy` is measured. */
  expertAccuracy: z.optional(z.number()),
  ari: z.nullable(z.number()),
  purity: z.nullable(z.number()),
  clusters: z.nullable(z.int()),
  /** What the clusters are made of where it is not clients. */
  clustersOf: z.optional(z.literal('points')),
  /** The clusters that were found, where groups were planted. `accuracy`: of the cluster's model on its members' own test pictures; the baseline's on the same. */
  groups: z.array(
    z.strictObject({
      cluster: z.int(),
      /** Its members; where clusters are of points, those who hold any of its points. */
      clients: z.int(),
      points: z.optional(z.int()),
      /** How many of the members, or of the points, belong to each planted group. */
      planted: z.array(z.int()),
      accuracy: metricsSchema.shape.accuracy,
      baselineAccuracy: metricsSchema.shape.accuracy,
    }),
  ),
  /**
   * Who came when all was over, with pictures and no labels, and was placed by its own device: the planted group that it is like, the cluster that it found (null: none), and how
   * many answers were right with the general model and with that cluster's, by labels that nothing else looked at.
   */
  newcomer: z.optional(
    z.strictObject({ planted: z.int(), cluster: z.nullable(z.int()), before: metricsSchema.shape.accuracy, after: metricsSchema.shape.accuracy }),
  ),
  bytesUp: z.number(),
  bytesDown: z.number(),
  seconds: z.number(),
  baselineSeconds: z.nullable(z.number()),
})
export type RunReport = z.infer<typeof runReportSchema>
