import { parentPort } from 'node:worker_threads'
import { bipartition, compareModels, descriptorClusters, farthestFirst, findClusters, similarityPicture } from '@shoal/clustering'
import type { LabelledImages } from '@shoal/learning'
import { describeModel } from '@shoal/learning/model-description'
import { modelFilesOf, networkOfModelFiles } from '@shoal/learning/model-files'
import { architectureOfModel } from '@shoal/learning/network'
import { networkSummary } from '@shoal/learning/network-summary'
import { parametersOf } from '@shoal/learning/zoo'
import { createLayout, subtract } from '@shoal/numeric'
import { type Digest, type Distilled, failed, type Result, succeeded } from '@shoal/protocol'
import { type ComputeOrder, type ComputeReply, type ComputeRequest, type ComputeTable, unpackedRows } from './compute-messages.ts'

type Answer<Name extends keyof ComputeTable> = Result<ComputeTable[Name]['value']>

const testSets = new Map<Digest, LabelledImages>()

async function loadTestSet({ digest, bytes, shape, classes }: ComputeTable['load-test-set']['args']): Promise<Answer<'load-test-set'>> {
  const { decodeLabelledImages, LabelledImagesError } = await import('@shoal/learning')
  let value: LabelledImages
  try {
    value = decodeLabelledImages(bytes)
  } catch (error) {
    if (error instanceof LabelledImagesError) return failed('SHOAL_ERR_MALFORMED', error.message)
    throw error
  }
  if (value.count === 0) return failed('SHOAL_ERR_MALFORMED', 'the test set is empty')
  if (value.shape.join('x') !== shape.join('x'))
    return failed('SHOAL_ERR_SHAPE', `the examples are ${value.shape.join('x')}, the federation takes ${shape.join('x')}`)
  const stranger = value.labels.find((label) => label >= classes)
  if (stranger !== undefined) return failed('SHOAL_ERR_SHAPE', `label ${stranger}, and the federation has ${classes} classes`)
  testSets.set(digest, value)
  return succeeded({ examples: value.count })
}

/** TensorFlow.js is loaded with the first test set, not by the worker: a server that only creates federations never pays for it. */
async function evaluate({ of, model, testSet }: ComputeTable['evaluate']['args']): Promise<Answer<'evaluate'>> {
  const set = testSets.get(testSet)
  if (set === undefined) return failed('SHOAL_ERR_COMPUTE_FAILED', 'the test set is not loaded')
  const architecture = architectureOfModel(of)
  if (!architecture.ok) return architecture
  const [{ evaluateModel }, loaded] = await Promise.all([import('@shoal/learning'), loadBackend()])
  return loaded.ok ? evaluateModel({ architecture: architecture.value, model, testSet: set }) : loaded
}

async function loadBackend(): Promise<Result<string>> {
  const { loadNodeBackend } = await import('@shoal/learning/node')
  const fast = await loadNodeBackend('wasm')
  return fast.ok ? fast : loadNodeBackend('cpu')
}

async function distilOne({ of, teachers, args }: ComputeTable['distil']['args'], id: number, signal: AbortSignal): Promise<Answer<'distil'>> {
  const architecture = architectureOfModel(of)
  if (!architecture.ok) return architecture
  const [{ distil }, loaded] = await Promise.all([import('@shoal/learning/distillation'), loadBackend()])
  if (!loaded.ok) return loaded
  const context = {
    architecture: architecture.value,
    // A message that cancels comes in between.
    yieldToHost: () => new Promise<void>((resume) => setImmediate(resume)),
    now: () => performance.now(),
    onProgress: (done: number, total: number) => parentPort?.postMessage({ id, share: done / total } satisfies ComputeReply),
    signal,
  }
  return succeeded(await distil({ ...args, teachers: unpackedRows(teachers) }, context))
}

function picture({ rows: packed, groups, origin }: ComputeTable['picture']['args']): Answer<'picture'> {
  const rows = unpackedRows(packed)
  const made = similarityPicture(origin === null ? rows : rows.map((row) => subtract(row, origin)), groups)
  return succeeded({ clusters: [...made.groups], cosines: [...made.cosines], points: made.points.map(([x, y]): [number, number] => [x, y]) })
}

function compare({ a, b, parameters }: ComputeTable['compare']['args']): Answer<'compare'> {
  const { layers, ...whole } = compareModels(a, b, createLayout(parameters))
  return succeeded({ ...whole, layers: [...layers] })
}

function writeModelFiles({ model, vector }: ComputeTable['write-model-files']['args']): Answer<'write-model-files'> {
  const architecture = architectureOfModel(model)
  if (!architecture.ok) return architecture
  const { modelJson, weights } = modelFilesOf(architecture.value, vector)
  return succeeded({ modelJson: JSON.stringify(modelJson), weights })
}

function readModelFiles({ body }: ComputeTable['read-model-files']['args']): Answer<'read-model-files'> {
  const upload = uploadIn(body)
  if (upload === null) return failed('SHOAL_ERR_MALFORMED', 'modelJson, and weights in base64')
  const read = networkOfModelFiles(upload.modelJson, Uint8Array.from(Buffer.from(upload.weights, 'base64')))
  if (!read.ok) return read
  const { network, model } = read.value
  const parameters = parametersOf(network)
  const layout = createLayout(parameters)
  const buffers = parameters.flatMap(({ name, isBuffer }) => (isBuffer === true ? [name] : []))
  return succeeded({ network, parameters: layout.length, trainable: layout.trainable, buffers, summary: networkSummary(network), vector: model })
}

function uploadIn(body: Uint8Array): { readonly modelJson: unknown; readonly weights: string } | null {
  try {
    const upload: unknown = JSON.parse(new TextDecoder().decode(body))
    const isUpload = typeof upload === 'object' && upload !== null && 'modelJson' in upload && 'weights' in upload && typeof upload.weights === 'string'
    return isUpload ? { modelJson: upload.modelJson, weights: upload.weights as string } : null
  } catch {
    return null
  }
}

async function answer(request: ComputeOrder, signal: AbortSignal): Promise<Result<unknown>> {
  try {
    switch (request.job) {
      case 'describe-model':
        return await describeModel(request.args)
      case 'load-test-set':
        return await loadTestSet(request.args)
      case 'evaluate':
        return await evaluate(request.args)
      case 'picture':
        return picture(request.args)
      case 'compare':
        return compare(request.args)
      case 'write-model-files':
        return writeModelFiles(request.args)
      case 'read-model-files':
        return readModelFiles(request.args)
      case 'bipartition':
        return succeeded(bipartition(unpackedRows(request.args.rows), request.args.linkage))
      case 'farthest-first':
        return succeeded(farthestFirst({ ...request.args, rows: unpackedRows(request.args.rows) }))
      case 'descriptor-clusters':
        return succeeded(descriptorClusters({ ...request.args, rows: unpackedRows(request.args.rows) }))
      case 'distil':
        return await distilOne(request.args, request.id, signal)
      case 'find-clusters':
        return succeeded(findClusters({ ...request.args, rows: unpackedRows(request.args.rows) }))
    }
  } catch (error) {
    return failed('SHOAL_ERR_COMPUTE_FAILED', error instanceof Error ? error.message : String(error))
  }
}

let last: Promise<void> = Promise.resolve()
const waiting = new Map<number, AbortController>()

parentPort?.on('message', (request: ComputeRequest) => {
  if ('cancel' in request) {
    waiting.get(request.cancel)?.abort()
    return
  }
  const { id } = request
  const own = new AbortController()
  waiting.set(id, own)
  last = last.then(async () => {
    const result = own.signal.aborted ? failed('SHOAL_ERR_COMPUTE_FAILED', 'it was given up') : await answer(request, own.signal)
    waiting.delete(id)
    const reply: ComputeReply = { id, result }
    parentPort?.postMessage(reply, isDistilled(request, result) ? transferOf(result.value) : [])
  })
})

const isDistilled = (request: ComputeOrder, result: Result<unknown>): result is { readonly ok: true; readonly value: Distilled } =>
  request.job === 'distil' && result.ok

/** What travels by transfer, none of it twice. */
const transferOf = ({ universal, generator, samples }: Distilled): ArrayBuffer[] => [
  ...new Set([universal, generator, samples].flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []))),
]
