import * as z from 'zod/mini'
import { digestSchema } from './ids.ts'
import { networkSchema } from './network.ts'

/** Answer to `POST /api/models`, whose body is `{ modelJson, weights }`: the content of a TensorFlow.js LayersModel's model.json, and its weight files' bytes in base64. */
export const uploadedModelSchema = z.strictObject({
  network: networkSchema,
  /** Entries of the model, and how many of them training moves. */
  parameters: z.int(),
  trainable: z.int(),
  /** Names of parameters that training only records: a federation has to say what becomes of them. */
  buffers: z.array(z.string()),
  summary: z.array(z.strictObject({ layer: z.string(), output: z.string(), parameters: z.int() })),
  /** Names the weights: a federation that is asked for with `model: { architecture, network, start: <model> }` begins from them. */
  model: digestSchema,
})
export type UploadedModel = z.infer<typeof uploadedModelSchema>
