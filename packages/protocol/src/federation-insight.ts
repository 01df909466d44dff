import * as z from 'zod/mini'
import { federationConfigSchema, metricsSchema, privacyLevelSchema, roundSummarySchema, viewSchema } from './federation.ts'
import { askIdSchema, clientIdSchema, digestSchema } from './ids.ts'

/** What an operator may look up about a federation, each by one GET under `/api/federations/<id>/`. Nothing here holds an update or anybody's data. */

/** Where a client is in the open ask: `training`: asked, and has not answered; `late`: the same, after the quorum was met; `idle`: not asked. */
export const clientActivitySchema = z.enum(['idle', 'training', 'uploaded', 'late', 'sitting-out', 'gone'])
export type ClientActivity = z.infer<typeof clientActivitySchema>

/** `clients`: who takes part, for the operator's eyes. */
export const clientListSchema = z.array(
  z.strictObject({
    client: clientIdSchema,
    presence: z.enum(['here', 'away', 'expected']),
    ready: z.boolean(),
    cluster: z.nullable(z.int()),
    activity: clientActivitySchema,
  }),
)
export type ClientList = z.infer<typeof clientListSchema>

/** One cohort of a masked sum, while it runs. */
const cohortStandingSchema = z.strictObject({
  cohort: z.int(),
  /** Which step of the secure sum it is at, in the words of docs/privacy.md. */
  stage: z.string(),
  clients: z.int(),
  /** Clients that have answered this step. */
  answered: z.int(),
})

/** `round`: the open round, step by step. `asks` is empty between rounds. */
export const roundStandingSchema = z.strictObject({
  round: z.int(),
  startedAt: z.nullable(z.number()),
  /** Clients drawn for the round. */
  cohort: z.int(),
  asks: z.array(
    z.strictObject({
      ask: askIdSchema,
      kind: z.enum(['sum', 'rows', 'compute']),
      /** The procedure, or the job. */
      name: z.string(),
      state: z.enum(['closed', 'open', 'closing']),
      asked: z.int(),
      answered: z.int(),
      /** Milliseconds since the epoch; null where nothing waits for it. */
      deadlineAt: z.nullable(z.number()),
      cohorts: z.array(cohortStandingSchema),
    }),
  ),
})
export type RoundStanding = z.infer<typeof roundStandingSchema>

/** `events?after=<sequence>&limit=<n>`: the log, oldest first, from behind `after`; without it the latest. */
export const eventListSchema = z.strictObject({
  events: z.array(
    z.strictObject({
      sequence: z.int(),
      at: z.number(),
      type: z.string(),
      /** One sentence, without anything of a client but its id. */
      sentence: z.string(),
    }),
  ),
  /** Sequence number of the latest event there is. */
  latest: z.int(),
})
export type EventList = z.infer<typeof eventListSchema>

/** `rounds?from=<round>`: every finished round from there on, oldest first, at most 500 at a time. */
export const roundListSchema = z.array(roundSummarySchema)

/** `traffic`: bulk bytes by round. */
export const trafficListSchema = z.array(z.strictObject({ round: z.int(), bytesUp: z.number(), bytesDown: z.number() }))
export type TrafficList = z.infer<typeof trafficListSchema>

/** A node of the tree of models: the root is the one model that all began with. A leaf is a cluster of today. */
const treeNodeSchema = z.strictObject({
  node: z.int(),
  parent: z.nullable(z.int()),
  /** The cluster that this leaf is today; null for a node that was split. */
  cluster: z.nullable(z.int()),
  /** Round in which this node came to be. */
  bornInRound: z.int(),
  /** Round in which it was split; null for a leaf. */
  splitInRound: z.nullable(z.int()),
  /** Why it was split, by the note of that round; empty for a leaf. */
  why: z.string(),
  /** Members today (a leaf), or when it was split. */
  members: z.int(),
  /** The latest that was measured on it. */
  metrics: metricsSchema,
  /** Its present model, or its last; null where the server keeps it no more. */
  model: z.nullable(digestSchema),
})
export type TreeNode = z.infer<typeof treeNodeSchema>

/** `clusters`: how the clients fall into clusters, and why. */
export const clusterInsightSchema = z.strictObject({
  tree: z.array(treeNodeSchema),
  /** Cosines between what was compared, ordered by cluster; null where nothing has been compared since the server started. */
  similarity: z.nullable(
    z.strictObject({
      /** What each row stands for: clients' sketches (view `rows`; no names), or the clusters' models. */
      of: z.enum(['sketches', 'models']),
      round: z.int(),
      /** Cluster of each row, ascending. */
      clusters: z.array(z.int()),
      /** Row-major, -1..1, clusters.length squared. At most 200 rows: every n-th of more. */
      cosines: z.array(z.number()),
      /** Two coordinates for each row: its principal components. */
      points: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
})
export type ClusterInsight = z.infer<typeof clusterInsightSchema>

/** `compare?a=<digest>&b=<digest>`: two models, layer by layer. */
export const modelComparisonSchema = z.strictObject({
  cosine: z.number(),
  /** Norm of the difference over the norm of `a`. */
  relativeDistance: z.number(),
  layers: z.array(z.strictObject({ name: z.string(), entries: z.int(), cosine: z.number(), relativeDistance: z.number() })),
})
export type ModelComparison = z.infer<typeof modelComparisonSchema>

/** `privacy`: what protects the volunteers now, and what it has come to so far. */
export const privacyInsightSchema = z.strictObject({
  level: privacyLevelSchema,
  view: viewSchema,
  /** Sentences of the level's facts, as the volunteers read them. */
  operatorSees: z.array(z.string()),
  operatorDoesNotSee: z.array(z.string()),
  /** Masked sums that were opened, latest last, at most 100. */
  sums: z.array(z.strictObject({ ask: askIdSchema, round: z.int(), procedure: z.string(), clients: z.int() })),
  /** What was refused since the server started, by code. */
  refusals: z.record(z.string(), z.int()),
  /** At `masked+dp`: epsilon after each round for a client that was in every sum, and what its device allows. */
  ledger: z.nullable(z.strictObject({ budget: z.number(), delta: z.number(), rounds: z.array(z.strictObject({ round: z.int(), epsilon: z.number() })) })),
})
export type PrivacyInsight = z.infer<typeof privacyInsightSchema>

/** `config`: how a federation runs, as it was created. */
export const configInsightSchema = z.strictObject({
  /** Without the list of parameters where that is long. */
  config: federationConfigSchema,
  /** Entries of the model. */
  parameters: z.int(),
  /** URL-safe base64 of the hash of the policy's text, which every volunteer agreed to. */
  policyHash: z.string(),
  /** Of the federation's key: 60 digits that two people can compare by voice. */
  fingerprint: z.string(),
})
export type ConfigInsight = z.infer<typeof configInsightSchema>
