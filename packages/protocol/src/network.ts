import * as z from 'zod/mini'

const nameSchema = z.string().check(z.regex(/^[\w-]{1,60}$/))
const unitsSchema = z.int().check(z.minimum(1), z.maximum(65_536))
const sideSchema = z.int().check(z.minimum(1), z.maximum(64))

/** One layer of a network as data. Kernels are `[inputs, units]` (dense) and `[height, width, inputs, filters]` (conv), as TensorFlow keeps them; strides and pools are square. */
const layerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('conv'),
    name: nameSchema,
    filters: unitsSchema,
    kernel: sideSchema,
    stride: z.union([z.literal(1), z.literal(2)]),
    padding: z.enum(['same', 'valid']),
  }),
  z.strictObject({ kind: z.literal('average-pool'), size: sideSchema }),
  z.strictObject({ kind: z.literal('max-pool'), size: sideSchema }),
  z.strictObject({ kind: z.literal('flatten') }),
  z.strictObject({ kind: z.literal('relu') }),
  z.strictObject({ kind: z.literal('batch-norm'), name: nameSchema }),
  z.strictObject({ kind: z.literal('dense'), name: nameSchema, units: unitsSchema }),
])

/** A network that is not in the zoo, whole: what an operator uploaded, or what was made for a table or a text. Every volunteer can read it in the policy. */
export const networkSchema = z.strictObject({
  /** Height, width, channels of one example. */
  inputShape: z.tuple([unitsSchema, unitsSchema, unitsSchema]),
  classes: z.int().check(z.minimum(2), z.maximum(1000)),
  /** The last layer's outputs are the logits of the classes. */
  layers: z.array(layerSchema).check(z.minLength(1), z.maxLength(100)),
})
export type Network = z.infer<typeof networkSchema>
