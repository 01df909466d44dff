import * as z from 'zod/mini'
import { type BlockId, blockIdSchema } from './ids.ts'

/**
 * Local procedures: what a strategy can ask of a client's data. Each is pure in its arguments, `(models, data, memory, args, rng) -> {parts | rows, memory}`,
 * and is found by name in one registry (package `learning`) that serves tab, Node client and simulator.
 */
const trainArgsSchema = z.strictObject({
  /** Minibatch steps of one call; batches are drawn without replacement and reshuffled when the data run out. */
  steps: z.int().check(z.minimum(1), z.maximum(100_000)),
  batchSize: z.int().check(z.minimum(1), z.maximum(4096)),
  learningRate: z.number().check(z.gt(0), z.maximum(10)),
  momentum: z.number().check(z.minimum(0), z.lt(1)),
  weightDecay: z.number().check(z.minimum(0), z.maximum(1)),
  /** FedProx's mu (Li 2020, eq. 2): the pull back to the received model. 0 is plain FedAvg. */
  proximalMu: z.number().check(z.minimum(0), z.maximum(1000)),
})
export type TrainArgs = z.infer<typeof trainArgsSchema>

const evaluateArgsSchema = z.strictObject({ split: z.enum(['train', 'test']) })

/** How an update is made small: a count sketch of `length` numbers under a public seed (privacy: nothing is hidden by it), or the whole update where `length` is null. */
const sketchFields = {
  length: z.nullable(z.int().check(z.minimum(2), z.maximum(65_536))),
  seed: z.string().check(z.maxLength(200)),
}

const sketchArgsSchema = z.strictObject({ train: trainArgsSchema, ...sketchFields })
export type SketchArgs = z.infer<typeof sketchArgsSchema>

/** Blocks that are being cut, in the order of their `[mean, direction]` pairs among the ask's vectors. */
const groupsSchema = z.array(blockIdSchema).check(z.minLength(1), z.maxLength(256))

/** Examples that a choice looks at, null for all. */
const samplesSchema = z.nullable(z.int().check(z.minimum(1), z.maximum(1_000_000)))

/** A local model or centroid of fewer points could be one of them. */
const minPointsSchema = z.int().check(z.minimum(1), z.maximum(1_000_000))

/** Models of points: `restarts` runs side by side of `folds` sets of `clusters` models. One fold: every model is fitted to all points of its cluster. */
const mixtureFields = {
  clusters: z.int().check(z.minimum(1), z.maximum(256)),
  restarts: z.int().check(z.minimum(1), z.maximum(1000)),
  folds: z.int().check(z.minimum(1), z.maximum(20)),
}

const localClustersSchema = z.strictObject({
  localClusters: z.nullable(z.int().check(z.minimum(1), z.maximum(256))),
  most: z.int().check(z.minimum(1), z.maximum(256)),
  minPoints: minPointsSchema,
})

/**
 * What a descriptor is made of (FLUX): L = `length` numbers z = f_e(x) W of each example x, f_e being the network up to its latents and W the orthonormal columns that
 * `seed` says; for all examples and for each of C = `classes`. A descriptor is [mu | sigma | mu_1 .. mu_C | sigma_1 .. sigma_C], 2 L (C + 1) numbers in 2 (C + 1)
 * blocks of L; -1 fills the two blocks of a class with fewer than `leastExamples`, which no deviation can be.
 */
const descriptorFields = {
  length: z.int().check(z.minimum(1), z.maximum(64)),
  seed: z.string().check(z.maxLength(200)),
  classes: z.int().check(z.minimum(1), z.maximum(1000)),
  leastExamples: z.int().check(z.minimum(2), z.maximum(1000)),
}
const descriptorSchema = z.strictObject(descriptorFields)
export type DescriptorArgs = z.infer<typeof descriptorSchema>

/** Noise on a descriptor, drawn by the client from randomness of its own. `sound`: epsilon-DP for the replacement of one example, latents being cut at `bound`. `paper`: the authors' heuristic, which promises nothing. */
const descriptorNoiseSchema = z.nullable(
  z.strictObject({ kind: z.enum(['sound', 'paper']), epsilon: z.number().check(z.gt(0), z.maximum(1000)), bound: z.number().check(z.gt(0), z.maximum(1000)) }),
)

/** What a class without examples counts as: the -1 that stands for it, scaled like any number, or half a span below the least number of its block. */
const missingSchema = z.enum(['raw', 'scaled'])

/** Blocks of a descriptor: of all examples first, then of the classes; means before deviations, as they lie in it. */
export const descriptorBlocks = ({ classes }: Pick<DescriptorArgs, 'classes'>): number => 2 * (classes + 1)
/** Entries of a descriptor. */
export const descriptorLength = ({ length, classes }: Pick<DescriptorArgs, 'length' | 'classes'>): number => length * descriptorBlocks({ classes })
/** Entries of a row of `describe`. */
export const describedLength = (args: Pick<DescriptorArgs, 'length' | 'classes'>, hasHalves: boolean): number =>
  descriptorLength(args) + (hasHalves ? descriptorBlocks(args) : 0) + 1

const branchSchema = z.strictObject({
  /** An inner node's number, or -1 - cluster for a leaf. */
  children: z.tuple([z.int(), z.int()]),
})

/** Quarter octaves from 2^-10 to 2^6: the bin of a norm is off by 9 % at most, and whatever is smaller or larger falls into the outer bins. */
export const NORM_BINS = 64
export const normBinOf = (norm: number): number => Math.min(NORM_BINS - 1, Math.max(0, Math.floor(4 * (Math.log2(norm) + 10))))
/** The geometric middle of a bin. */
export const normOfBin = (bin: number): number => 2 ** ((bin + 0.5) / 4 - 10)

/** Name -> arguments, and what an answer's vectors look like. `length` is the number of entries of each part, or 'parameters' for the model's own. */
export const PROCEDURES = {
  /** Trains from its block's model; the part is the update (trained - received), weighed by the number of examples. */
  train: { args: trainArgsSchema, answers: 'parts', length: 'parameters', isUpdate: true },
  /** [accuracy, mean loss] of its block's model on the client's own split, weighed by the number of examples. */
  evaluate: { args: evaluateArgsSchema, answers: 'parts', length: 2 },
  /**
   * The direction of the update, which is kept as the result of `train`. A row is the unit sketch s of the update u. A part, of weight 1, is
   * [s | w R u | w | one-hot of the bin of |u|] with R the sketch and w = min(examples, maxWeight) / maxWeight: 2 * length + 1 + NORM_BINS entries. An update
   * without direction has s = 0.
   */
  sketch: { args: sketchArgsSchema, answers: 'parts or rows', length: 'by the ask' },
  /** [s | upper triangle of s s^T, row by row with the diagonal], weight 1, s being the unit sketch: the temperature of OCFL by sums. The update is kept as that of `train`. */
  moments: {
    args: z.strictObject({ train: trainArgsSchema, length: z.int().check(z.minimum(2), z.maximum(512)), seed: sketchFields.seed }),
    answers: 'parts',
    length: 'by the ask',
  },
  /** c (s - mean) with c = <direction, s - mean>, weight 1: one step of the power iteration. Works of `sketch`; `vectors` holds mean and direction of each group in turn. */
  project: { args: z.strictObject({ groups: groupsSchema }), answers: 'parts', length: 'by the ask' },
  /** One-hot of c over `bins` equal bins from -range to +range of the client's group, weight 1. Works of `sketch`; `vectors` as for `project`. */
  histogram: {
    args: z.strictObject({
      groups: groupsSchema,
      bins: z.int().check(z.minimum(2), z.maximum(1024)),
      ranges: z.array(z.number().check(z.minimum(0))).check(z.maxLength(256)),
    }),
    answers: 'parts',
    length: 'by the ask',
  },
  /**
   * The client's unit sketch, weight 1, in the block of its side, works of `sketch`. A cut takes whoever stands in one of the two blocks of `into`, having chosen
   * it in this round or else by its cluster; nobody else has a block. By c > threshold (`vectors` as for `project`) into the second, or, where the threshold is
   * null, by the nearer of the two side means that stand in their place.
   */
  side: {
    args: z.strictObject({
      cuts: z
        .array(z.strictObject({ into: z.tuple([blockIdSchema, blockIdSchema]), threshold: z.nullable(z.number()) }))
        .check(z.minLength(1), z.maxLength(256)),
    }),
    answers: 'parts',
    length: 'by the ask',
  },
  /**
   * Which model fits this client (Ghosh 2020, Algorithm 1, line 7): the least mean loss over `samples` of its training examples, the same ones in every round, or
   * over all where that is null; of equals the first. A client that has a cluster leaves it only for a loss that is less by this share (`inertia`). Models: those of
   * all K clusters. The part, in block 0 and of weight 1, has 2 K (K + 1) entries: [one-hot of the choice | losses of all models in the row of the choice, zeros in
   * the others | second least loss minus the least, at the choice | 1 in the row of its present cluster and the column of the choice, where these differ].
   */
  choose: {
    args: z.strictObject({ samples: samplesSchema, inertia: z.number().check(z.minimum(0), z.lt(1)) }),
    answers: 'parts',
    length: 'by the ask',
  },
  /**
   * Trains from the model of its block, or, works of `choose` where no block is assigned, from that of its choice. The choice is the least loss outside of `closed`;
   * a client whose choice would move it as one of `kept` ([from, to]) stays where it is; with `repair`, half of those who chose `halved`, by lot, train `dropped`
   * in its place. The part is the update, weighed by the examples, or alike for all clients.
   */
  'train-chosen': {
    args: z.strictObject({
      train: trainArgsSchema,
      weigh: z.enum(['examples', 'equally']),
      closed: z.array(blockIdSchema).check(z.maxLength(256)),
      kept: z.array(z.tuple([blockIdSchema, blockIdSchema])).check(z.maxLength(65_536)),
      repair: z.nullable(z.strictObject({ dropped: blockIdSchema, halved: blockIdSchema })),
    }),
    answers: 'parts',
    length: 'parameters',
    isUpdate: true,
  },
  /** For `admit` of IFCA: the least loss by `choose`'s measure. A client that has a cluster keeps it. Served by that model, or (`by: 'test'`) by the least loss on its test split. */
  'least-loss': {
    args: z.strictObject({ samples: samplesSchema, by: z.enum(['train', 'test']) }),
    answers: 'finding',
    length: 0,
  },
  /**
   * Each of the client's points to the model that gives it the least negative log-likelihood (Chung 2022, Algorithm 2): of equals its present one, then the first.
   * Models: restart by restart, in it fold by fold, in it one for each of `clusters`; points of a fold are judged by the models of that fold, which were not fitted
   * to them. `start`: labels by lot (`random`, from no models), by the models, or those that `label-points` left, for every restart. `best`: the restart that is
   * shown to the volunteer. `reseed`: in this restart this cluster is empty and takes the client's points of largest loss, its share of 1 / (2 clusters).
   * Labels are kept by the client across rounds. The part, in block 0 and weighed by the points, has restarts x (3 clusters + 2) entries, for each restart
   * [share of the points in each cluster | share of points that changed, 1 at a start | mean least loss | what each cluster's points give to it | what each cluster's
   * points give to the mean of (second least loss - least), 0 for one cluster], losses being in nats per number of a point, at most 64, and 0 where no model judged.
   */
  'assign-points': {
    args: z.strictObject({
      ...mixtureFields,
      start: z.nullable(z.enum(['random', 'models', 'labels'])),
      best: z.int().check(z.minimum(0)),
      reseed: z.array(z.tuple([z.int().check(z.minimum(0)), blockIdSchema])).check(z.maxLength(4096)),
    }),
    answers: 'parts',
    length: 'by the ask',
  },
  /**
   * One round of fitting each model to the points that are labelled with its cluster and stand outside of its fold (Chung 2022, Algorithm 3), models as in
   * `assign-points`. A part for each model that has `minPoints` points: the update, weighed by them.
   */
  'train-points': {
    args: z.strictObject({ ...mixtureFields, train: trainArgsSchema, minPoints: minPointsSchema }),
    answers: 'parts',
    length: 'parameters',
    isUpdate: true,
  },
  /**
   * The centroids of the client's own clusters (Dennis 2021, Algorithm 1: local SVD, k-means++, margin filter, Lloyd), one row each, those of fewer than `minPoints`
   * points left out. `localClusters` null: as many as separate best, at most `most`. Kept for the round.
   */
  centroids: { args: localClustersSchema, answers: 'rows', length: 'by the ask' },
  /**
   * Labels the client's points by its local centroids and these by the nearest of the global ones, which stand in `vectors`; the labels are kept by the client across
   * rounds, for every one of `restarts`. The part, in block 0 and weighed by the points, has K + 1 entries: [share of the points in each cluster | mean squared
   * distance of the points from their centroid].
   */
  'label-points': {
    args: z.extend(localClustersSchema, { restarts: z.int().check(z.minimum(1), z.maximum(1000)) }),
    answers: 'parts',
    length: 'by the ask',
  },
  /** One step of Lloyd over all clients' points: a part for each centroid of `vectors` that at least `minPoints` points are nearest to: their mean, weighed by their number. */
  lloyd: { args: z.strictObject({ minPoints: minPointsSchema }), answers: 'parts', length: 'by the ask' },
  /** For `admit` of UIFCA: labels the client's points by the K models. Cluster 0: clusters are of points. Served by the model that has most of them. */
  'find-points': { args: z.strictObject({}), answers: 'finding', length: 0 },
  /** For `admit` of k-FED: as `label-points`, with the K models for centroids. */
  'find-centroids': { args: localClustersSchema, answers: 'finding', length: 0 },
  /**
   * The client's descriptor under the ask's one model, over its training examples (FLUX, spec section 4.1), kept for the round. A row is [descriptor | where `halves`
   * says so, for each block the squared distance between the descriptors of two random halves of the examples, which share no example, 0 where one of them has none |
   * 1 where the client has examples enough to have a say in how near is near, else 0]. A part, in block 0 and of weight 1, is for each block [1 where it is there,
   * else 0 | mean of its L numbers | mean of their squares], 6 (C + 1) entries, zeros where it is not there.
   */
  describe: {
    args: z.extend(descriptorSchema, { halves: z.boolean(), leastToVote: z.int().check(z.minimum(1), z.maximum(1_000_000)), noise: descriptorNoiseSchema }),
    answers: 'parts or rows',
    length: 'by the ask',
  },
  /** One step of Lloyd over descriptors, works of `describe`: the scaled descriptor, of weight 1, in the block of the nearest centroid. `vectors`: the scaler ([offset, span] of each block, one after the other), then the centroids. */
  'lloyd-descriptors': { args: z.extend(descriptorSchema, { missing: missingSchema }), answers: 'parts', length: 'by the ask' },
  /** [squared distance], of weight 1, in the block of the nearest centroid, works of `describe`; vectors as for `lloyd-descriptors`. The client declares its block. */
  'nearest-descriptor': { args: z.extend(descriptorSchema, { missing: missingSchema }), answers: 'parts', length: 1 },
  /**
   * [1 where the client's data have moved, else 0], weight 1: whether the label-free part of its descriptor, under the ask's one model and scaled by the one vector, lies further from
   * that of its last clustering than 1.5 of what two halves of its own examples lie apart. A client that keeps none yet keeps this one.
   */
  'check-drift': { args: descriptorSchema, answers: 'parts', length: 1 },
  /**
   * For `admit` of FLUX. Models: the one that descriptors are taken under, then those of the clusters; vectors: scaler, then centroids. The nearest centroid wins, by the whole
   * descriptor, or by its first 2 L numbers where the client's examples have no labels; a client that has a cluster keeps it. Cluster null: it lies further than `reach`
   * from the nearest. Only clusters that say so in `serves` serve; of equals the largest by `sizes`. Served by its cluster's model, else the first.
   */
  'find-descriptor': {
    args: z.extend(descriptorSchema, {
      missing: missingSchema,
      /** For each cluster. */
      reach: z.array(z.number().check(z.minimum(0))).check(z.maxLength(256)),
      sizes: z.array(z.int().check(z.minimum(0))).check(z.maxLength(256)),
      serves: z.array(z.boolean()).check(z.maxLength(256)),
    }),
    answers: 'finding',
    length: 0,
  },
  /** Share of the client's training examples in each class, weighed by the examples: summed over a cluster, its label counts (DisUE). */
  'count-labels': { args: z.strictObject({ classes: z.int().check(z.minimum(1), z.maximum(1000)) }), answers: 'parts', length: 'by the ask', isLasting: true },
  /** For `admit`: cluster 0, and the first model. */
  adopt: { args: z.strictObject({}), answers: 'finding', length: 0 },
  /**
   * For `admit` (Sattler 2019, Algorithm 4). Models: those of the inner nodes, the root first, then those of the clusters. Vectors: the mean unit sketches of the two
   * branches of each node in turn. At each node the client trains from its model and goes where its own sketch is nearer; where that is a toss-up
   * (`margin`), by the smaller loss of the two children's models. A client that has a cluster keeps it. It is served by the model on its path
   * that does best on its own test split.
   */
  'walk-tree': {
    args: z.strictObject({
      train: trainArgsSchema,
      ...sketchFields,
      margin: z.number().check(z.minimum(0), z.maximum(2)),
      branches: z.array(branchSchema).check(z.minLength(1), z.maxLength(255)),
    }),
    answers: 'finding',
    length: 0,
  },
  /**
   * For `admit` of OCFL. Models: the one that the directions were taken from, then those of the clusters. Vectors: the clusters' mean unit sketches. One update
   * from the first model; the direction of largest cosine wins, the clusters' losses where the two best are closer than `margin`. A client that has a cluster
   * keeps it. It is served by the first model where that does better on its own test split than its cluster's.
   */
  'nearest-direction': {
    args: z.strictObject({ train: trainArgsSchema, ...sketchFields, margin: z.number().check(z.minimum(0), z.maximum(2)) }),
    answers: 'finding',
    length: 0,
  },
} as const satisfies Record<string, ProcedureEntry>

interface ProcedureEntry {
  args: z.ZodMiniType
  answers: 'parts' | 'rows' | 'parts or rows' | 'finding'
  /** 'by the ask': it follows from the arguments, and the strategy says it with the question. */
  length: 'parameters' | 'by the ask' | number
  /** Its parts are changes of models: they are clipped, encoded and guarded as such. */
  isUpdate?: true
  /** Its parts are the same in every round: sums of different rounds are compared as if they were of one (privacy.md 3.6). */
  isLasting?: true
}

export type ProcedureName = keyof typeof PROCEDURES
export const isProcedureName = (text: string): text is ProcedureName => Object.hasOwn(PROCEDURES, text)
export const procedureNameSchema = z.enum(Object.keys(PROCEDURES) as [ProcedureName, ...ProcedureName[]])
/** Whether what it gives are changes of models. */
export const isUpdateProcedure = (procedure: ProcedureName): boolean => 'isUpdate' in PROCEDURES[procedure]
/** Whether what it gives is the same in every round. */
export const isLastingProcedure = (procedure: ProcedureName): boolean => 'isLasting' in PROCEDURES[procedure]

/** The arguments of each procedure, as types: the table a strategy is written against. */
export type ProcedureTable = { [Name in ProcedureName]: z.infer<(typeof PROCEDURES)[Name]['args']> }

/** One vector of a contribution and the block it belongs to. `weight` is a whole number of examples (or points), 1 .. maxWeight. */
export interface Part {
  readonly block: BlockId
  readonly vector: Float32Array
  readonly weight: number
}

/** What a client gives to an ask. */
export type Contribution = { readonly kind: 'parts'; readonly parts: readonly Part[] } | { readonly kind: 'rows'; readonly rows: readonly Float32Array[] }

/** What a procedure of `admit` finds out on the client's own device. Nothing of it leaves but the cluster. */
export interface Finding {
  readonly kind: 'finding'
  /** Null: none of the clusters is for it (FLUX), and it waits until clusters are looked for again. */
  readonly cluster: number | null
  /** Several clusters look alike from here, and one of them was taken. */
  readonly isTied?: true
  /** Index among the call's models, with the more general one after the last: the one that serves this client best. */
  readonly serves: number
  /** Models that were tried on the client's own test split, the general ones first. */
  readonly tried: readonly { readonly model: number; readonly accuracy: number; readonly loss: number }[]
}

/**
 * Header of a contribution's frame; the body is the vectors' entries one after the other, float32. Parts are [block, entries, weight]; rows are their entries. Parts in int8 are rotated, each by the
 * rotation that has the ask's id as its seed: the body is the scales of all parts, float32, and then the steps of all parts.
 */
export const contributionHeaderSchema = z.union([
  z.strictObject({ parts: z.array(z.tuple([z.int(), z.int(), z.number()])), encoding: z.optional(z.literal('int8')) }),
  z.strictObject({ rows: z.array(z.int()) }),
])
