import type { BlobStore } from '@shoal/coordinator'
import { bytesOf, MAX_MODEL_UPLOAD_BYTES, type UploadedModel, uploadedModelSchema } from '@shoal/protocol'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { refuse } from './http-replies.ts'
import type { InsightComputing } from './insight-computing.ts'
import { documented } from './route-documentation.ts'

/** What model.json holds, and the bytes of the weight files in base64. */
const modelUploadBody = z.strictObject({ modelJson: z.unknown(), weights: z.string() })

export interface ModelUploadOptions {
  readonly insight: InsightComputing
  /** Where the weights go, until a federation begins from them. */
  readonly uploads: BlobStore
}

/** `POST /api/models`: a TensorFlow.js LayersModel. The bytes go to the compute thread as they come; what it makes of them is answered, and the weights are kept in `uploads`. */
export function registerModelUpload(scope: FastifyInstance, { insight, uploads }: ModelUploadOptions): void {
  void scope.register((bodies, _options, done) => {
    bodies.removeAllContentTypeParsers()
    bodies.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: MAX_MODEL_UPLOAD_BYTES }, (_request, body, parsed) => parsed(null, body))
    const upload = documented({
      role: 'operator',
      deed: 'upload-model',
      summary: 'Upload a TensorFlow.js LayersModel to begin federations from.',
      body: modelUploadBody,
      response: uploadedModelSchema,
      status: 201,
    })
    bodies.post('/api/models', { ...upload, bodyLimit: MAX_MODEL_UPLOAD_BYTES }, async ({ body }, reply) => {
      if (!Buffer.isBuffer(body)) return refuse(reply, { code: 'SHOAL_ERR_MALFORMED', detail: 'modelJson, and weights in base64' })
      const read = await insight.readModelFiles(body)
      if (!read.ok) return refuse(reply, read.failure)
      const { vector, ...facts } = read.value
      const stored = await uploads.put(bytesOf(vector))
      if (!stored.ok) return refuse(reply, stored.failure)
      const answer: UploadedModel = { ...facts, model: stored.value }
      return reply.code(201).send(answer)
    })
    done()
  })
}
