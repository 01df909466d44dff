import * as z from 'zod/mini'
import { askIdSchema, digestSchema, federationIdSchema } from './ids.ts'
import { LEAST_K_MIN, MAX_CLIENTS_PER_FEDERATION, MAX_ROUNDS, MAX_SUM_COHORT } from './limits.ts'
import { networkSchema } from './network.ts'
import { PROCEDURES } from './procedures.ts'

export const privacyLevelSchema = z.enum(['sealed', 'masked', 'masked+dp'])
export type PrivacyLevel = z.infer<typeof privacyLevelSchema>
export const viewSchema = z.enum(['sums', 'rows'])
export type View = z.infer<typeof viewSchema>
/** How updates travel at level `sealed`: four bytes an entry, or about one and a little loss. Everything else is float32. */
export const encodingSchema = z.enum(['float32', 'int8'])
export type Encoding = z.infer<typeof encodingSchema>

/**
 * What stands for the mean of the updates of a round, against those who give false ones (docs/privacy.md). `clipped`: the mean of updates that are no longer than the middle one; `median` and
 * `trimmed`: coordinate by coordinate, over clients at level `sealed`, over the means of the cohorts at level `masked`.
 */
export const robustSchema = z.enum(['mean', 'clipped', 'median', 'trimmed'])
export type Robust = z.infer<typeof robustSchema>

/** How sums are masked (privacy.md 2.1): what every client of the federation holds the server to. */
export const maskingSchema = z.strictObject({
  /** Clients of one sum; more are dealt out to several. */
  cohortSize: z.int().check(z.minimum(LEAST_K_MIN), z.maximum(MAX_SUM_COHORT)),
  /** No sum over fewer is ever opened. */
  kMin: z.int().check(z.minimum(LEAST_K_MIN), z.maximum(MAX_SUM_COHORT)),
  /** Two sums whose clients differ by fewer are not both opened, where both would tell of the same data. */
  kDiff: z.int().check(z.minimum(1), z.maximum(MAX_SUM_COHORT)),
  /** Bits of a word of the training sum; the small sums have 32. */
  ring: z.union([z.literal(16), z.literal(32)]),
  /** Largest L2 norm of an update; a longer one is shortened on the device. */
  clip: z.number().check(z.gt(0), z.maximum(1000)),
})
export type Masking = z.infer<typeof maskingSchema>

/** How much noise sums carry at level `masked+dp` (privacy.md 2.7). */
export const noiseSchema = z.strictObject({
  /** z: standard deviation of a sum's noise over the largest norm of one client's answer. */
  noiseMultiplier: z.number().check(z.gt(0), z.maximum(1000)),
  delta: z.number().check(z.gt(0), z.lt(1)),
  /** Largest epsilon of one client over all sums that it joins; then it gives nothing any more. */
  budget: z.number().check(z.gt(0), z.maximum(1000)),
  /** Share of a cohort that may drop out without leaving too little noise. */
  assumeDropped: z.number().check(z.minimum(0), z.lt(1)),
  /** Clients of a cohort that may add no noise. */
  assumeColluding: z.int().check(z.minimum(0), z.maximum(MAX_SUM_COHORT)),
})
export type Noise = z.infer<typeof noiseSchema>

/** A policy always says how sums are masked where they are; a configuration may leave it to the defaults. */
const privacySchema = z.strictObject({
  level: privacyLevelSchema,
  view: viewSchema,
  encoding: z.optional(encodingSchema),
  /** Left out: `mean`. */
  robust: z.optional(robustSchema),
  masking: z.optional(maskingSchema),
  dp: z.optional(noiseSchema),
})

const exampleShapeSchema = z.tuple([z.int().check(z.minimum(1)), z.int().check(z.minimum(1)), z.int().check(z.minimum(1))])
const classesSchema = z.array(z.string().check(z.maxLength(80))).check(z.minLength(2), z.maxLength(1000))
const columnNameSchema = z.string().check(z.minLength(1), z.maxLength(80))

/** A column that a table's rows are judged by. A number is scaled from `min..max` to 0..1; a word becomes as many entries as there are words, one of them 1. */
export const tableColumnSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('number'), name: columnNameSchema, min: z.number(), max: z.number() }),
  z.strictObject({
    kind: z.literal('word'),
    name: columnNameSchema,
    words: z.array(z.string().check(z.maxLength(80))).check(z.minLength(2), z.maxLength(100)),
  }),
])
export type TableColumn = z.infer<typeof tableColumnSchema>

/** A column of points without a class, whose numbers enter as (number - center) / unit. */
const pointColumnSchema = z.strictObject({ name: columnNameSchema, center: z.number(), unit: z.number().check(z.gt(0)) })

/**
 * What a volunteer's data must look like. `shape` is height, width, channels of one example as the model takes it. Of a table: 1, entries, 1; of a text, whose
 * windows of `context` characters are to be gone on with: context, length of the alphabet, 1, and the classes are the alphabet's characters. Of points: 1, columns, 1,
 * and there are no classes.
 */
export const dataContractSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image'), shape: exampleShapeSchema, classes: classesSchema }),
  z.strictObject({
    kind: z.literal('table'),
    shape: exampleShapeSchema,
    classes: classesSchema,
    columns: z.array(tableColumnSchema).check(z.minLength(1), z.maxLength(500)),
    /** Name of the column that holds the class. */
    label: columnNameSchema,
  }),
  z.strictObject({
    kind: z.literal('text'),
    shape: exampleShapeSchema,
    classes: classesSchema,
    alphabet: z.string().check(z.minLength(2), z.maxLength(200)),
    context: z.int().check(z.minimum(1), z.maximum(64)),
  }),
  z.strictObject({
    kind: z.literal('points'),
    shape: exampleShapeSchema,
    classes: z.array(z.string()).check(z.maxLength(0)),
    columns: z.array(pointColumnSchema).check(z.minLength(1), z.maxLength(1024)),
  }),
])
export type DataContract = z.infer<typeof dataContractSchema>

const parameterShapeSchema = z.strictObject({
  name: z.string().check(z.maxLength(120)),
  shape: z.array(z.int().check(z.minimum(1))).check(z.maxLength(6)),
  /** Whether training only records it, as batch normalisation does its running statistics. All of these come last. */
  isBuffer: z.optional(z.boolean()),
})

/** Everything that decides how a federation runs. Written once, at creation; the policy a volunteer signs up to is made from it. */
export const federationConfigSchema = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(120)),
  description: z.string().check(z.maxLength(2000)),
  /** Who asks: a person or an institution, in words. */
  operator: z.string().check(z.minLength(1), z.maxLength(200)),
  seed: z.string().check(z.minLength(1), z.maxLength(200)),
  strategy: z.strictObject({
    name: z.string().check(z.maxLength(40)),
    options: z.record(z.string(), z.unknown()),
    /** One expert for all is distilled from the clusters' models after each round (DisUE). */
    expert: z.optional(z.strictObject({ options: z.record(z.string(), z.unknown()) })),
  }),
  privacy: privacySchema,
  model: z.strictObject({
    /** Name of a model in the zoo, or what `network` is called. */
    architecture: z.string().check(z.maxLength(80)),
    /** Left out for a model of the zoo. */
    network: z.optional(networkSchema),
    /** In the order of the flat vector (filled in when the federation is created). */
    parameters: z.array(parameterShapeSchema).check(z.maxLength(10_000)),
    /** `mean`: buffers are averaged with the parameters, by the same weights. Unless it says so a model that has any is refused. */
    buffers: z.optional(z.enum(['none', 'mean'])),
  }),
  data: dataContractSchema,
  train: PROCEDURES.train.args,
  /** Clients of a round: `fraction` of those here, but at least `min` and at most `max`. */
  cohort: z.strictObject({
    fraction: z.number().check(z.gt(0), z.maximum(1)),
    min: z.int().check(z.minimum(1)),
    max: z.int().check(z.minimum(1), z.maximum(MAX_CLIENTS_PER_FEDERATION)),
  }),
  /** A block of a sum is withheld unless this share of its cohort, and at least `min` clients, answered by the deadline. */
  quorum: z.strictObject({ fraction: z.number().check(z.minimum(0), z.maximum(1)), min: z.int().check(z.minimum(1)) }),
  /** Longest time an ask stays open. */
  deadlineMs: z.int().check(z.minimum(100), z.maximum(86_400_000)),
  computeDeadlineMs: z.int().check(z.minimum(100), z.maximum(86_400_000)),
  /** Largest weight (examples) that counts for one client. */
  maxWeight: z.int().check(z.minimum(1), z.maximum(1_000_000)),
  evaluation: z.strictObject({
    /** Ask the cohort to evaluate the new model on its own test splits. */
    onClients: z.boolean(),
    /** Blob of a public test set that the server holds; null for none. */
    testSet: z.nullable(digestSchema),
  }),
  /** The federation finishes after `rounds`, or as soon as the measured accuracy reaches `accuracy`. */
  stop: z.strictObject({ rounds: z.int().check(z.minimum(1), z.maximum(MAX_ROUNDS)), accuracy: z.nullable(z.number().check(z.gt(0), z.maximum(1))) }),
})
export type FederationConfig = z.infer<typeof federationConfigSchema>

export const metricsSchema = z.strictObject({
  /** Share of right answers, 0..1: on the server's test set if it holds one, else the weighted mean over the clients' test splits; null if not measured. */
  accuracy: z.nullable(z.number()),
  /** Mean cross entropy, in nats, measured where `accuracy` was. */
  loss: z.nullable(z.number()),
})
export type Metrics = z.infer<typeof metricsSchema>

const roundOutcomeSchema = z.enum(['updated', 'unchanged', 'aborted'])

/** One finished round, as everybody may see it. */
export const roundSummarySchema = z.strictObject({
  round: z.int(),
  outcome: roundOutcomeSchema,
  /** Why a round was aborted, in the words of the error table; null otherwise. */
  reason: z.nullable(z.string()),
  /** Clients whose contribution entered the training sum. */
  clients: z.int(),
  startedAt: z.number(),
  endedAt: z.number(),
  metrics: metricsSchema,
  /** Per cluster, in cluster order, where a strategy has more than one. */
  clusters: z.array(metricsSchema),
  /** Clients of each cluster after the round, in cluster order; points, where the clusters are of points. */
  clusterSizes: z.array(z.int()),
  /** What the strategy measured to decide, by name: `temperature`, `ratio.0` ... */
  signals: z.record(z.string().check(z.maxLength(80)), z.number()),
  /** What the strategy found, in sentences for people. */
  notes: z.array(z.string().check(z.maxLength(400))),
  models: z.array(digestSchema),
})
export type RoundSummary = z.infer<typeof roundSummarySchema>

export const lifecycleSchema = z.enum(['created', 'running', 'paused', 'finished'])
export type Lifecycle = z.infer<typeof lifecycleSchema>

/** What all watchers of a federation get. `version` grows by one with every event, so a reader can tell old from new. */
export const federationViewSchema = z.strictObject({
  id: federationIdSchema,
  version: z.int(),
  name: z.string(),
  strategy: z.string(),
  privacy: privacyLevelSchema,
  lifecycle: lifecycleSchema,
  /** Why it stands as it stands: "waiting for 3 more volunteers", "stopped: accuracy reached". */
  reason: z.string(),
  round: z.int(),
  clientsHere: z.int(),
  clientsNeeded: z.int(),
  openAsk: z.nullable(
    z.strictObject({
      ask: askIdSchema,
      procedure: z.string(),
      /** Clients: put to, answered, and gone or sitting out. */
      asked: z.int(),
      answered: z.int(),
      gone: z.int(),
      /** Milliseconds since the epoch, by the server's clock. */
      deadlineAt: z.number(),
    }),
  ),
  models: z.array(digestSchema),
  /** The model that was distilled from those of all clusters, and an example of each class as its generator draws them (float32, one after the other); left out where there is none. */
  expert: z.optional(z.strictObject({ model: digestSchema, samples: z.nullable(digestSchema) })),
  /** What the clusters are made of where it is not clients: then every client may have points in several, and which is known to it alone. */
  clustersOf: z.optional(z.literal('points')),
  /** When it finishes by itself; left out by servers that do not tell. */
  stop: z.optional(federationConfigSchema.shape.stop),
  /** The latest rounds, oldest first: up to 100 in a standing and over HTTP, the last few in a `view` event. */
  rounds: z.array(roundSummarySchema),
})
export type FederationView = z.infer<typeof federationViewSchema>

/** What a volunteer agrees to. Signed by the federation's key over the hash of the exact text that was shown. */
export const policySchema = z.strictObject({
  version: z.literal(1),
  federation: federationIdSchema,
  name: z.string(),
  description: z.string(),
  operator: z.string(),
  strategy: z.string(),
  /** Left out where no expert is distilled: then the text is as it was before there were any. */
  expert: z.optional(z.literal(true)),
  privacy: privacySchema,
  model: federationConfigSchema.shape.model,
  data: dataContractSchema,
  train: PROCEDURES.train.args,
  cohort: federationConfigSchema.shape.cohort,
  maxWeight: z.int(),
  evaluatesOnClients: z.boolean(),
})
export type Policy = z.infer<typeof policySchema>

const base64Schema = z.string().check(z.regex(/^[A-Za-z0-9_-]*$/))

/** `text` is JSON; its bytes, not its meaning, are what is signed. Keys and signature are URL-safe base64 without padding. */
export const signedPolicySchema = z.strictObject({ text: z.string().check(z.maxLength(200_000)), federationKey: base64Schema, signature: base64Schema })
export type SignedPolicy = z.infer<typeof signedPolicySchema>

/** The key that contributions of one epoch (one life of the aggregator process) are sealed to, signed by the federation's key. */
export const aggregatorKeySchema = z.strictObject({ epoch: z.int(), publicKey: base64Schema, signature: base64Schema })
export type AggregatorKey = z.infer<typeof aggregatorKeySchema>
