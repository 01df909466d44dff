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
  train: { args: trainArgsSchema, answers: 'parts', length: 'parameters' },
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
  answers: 'parts' | 'parts or rows' | 'finding'
  /** 'by the ask': it follows from the arguments, and the strategy says it with the question. */
  length: 'parameters' | 'by the ask' | number
}

export type ProcedureName = keyof typeof PROCEDURES
export const isProcedureName = (text: string): text is ProcedureName => Object.hasOwn(PROCEDURES, text)
export const procedureNameSchema = z.enum(['train', 'evaluate', 'sketch', 'moments', 'project', 'histogram', 'side', 'adopt', 'walk-tree', 'nearest-direction'])

/** The arguments of each procedure, as types: the table a strategy is written against. */
export type ProcedureTable = { [Name in ProcedureName]: z.infer<(typeof PROCEDURES)[Name]['args']> }

/** One vector of a contribution and the block it belongs to. `weight` is a whole number of examples, 1 .. maxWeight. */
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
  readonly cluster: number
  /** Index among the call's models: the one that serves this client best. */
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
