import { uploadedModelSchema } from '@shoal/protocol'
import type { UploadedModel } from './model-choice.ts'
import { objectOf } from './operator-call.ts'

/** What `POST /api/models` takes: `model.json` as it stands, and all weights in one row as base64. */
export interface ModelFiles {
  readonly modelJson: unknown
  readonly weights: string
}

/** What the server made of uploaded files; null where its answer is none that this page knows. */
export function readUploadedModel(name: string, answer: unknown): UploadedModel | null {
  const read = uploadedModelSchema.safeParse(answer)
  if (!read.success) return null
  const { network, trainable, buffers, summary, model } = read.data
  return { name, network, trainable, buffers: buffers.length, layers: summary, model }
}

/** Which of the chosen files is the description, and which hold weights, in the order that the description names them. */
export function sortModelFiles<Chosen extends { readonly name: string }>(
  files: readonly Chosen[],
  modelJson: unknown,
): { readonly weights: readonly Chosen[] } | { readonly missing: string } {
  const { weightsManifest } = objectOf(modelJson)
  const groups = Array.isArray(weightsManifest) ? weightsManifest.map(objectOf) : []
  const paths = groups.flatMap(({ paths: names }) => (Array.isArray(names) ? names.filter((path) => typeof path === 'string') : []))
  const found = paths.map((path) => files.find((file) => file.name === path.split('/').pop()))
  const missing = paths.find((_, index) => found[index] === undefined)
  if (missing !== undefined) return { missing }
  return { weights: found.filter((file) => file !== undefined) }
}

/** Bytes as base64, in pieces that fit a call. */
export function base64Of(bytes: Uint8Array): string {
  const PIECE = 0x8000
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE))
  return btoa(text)
}

/** A name that the protocol takes for a model: of the folder or file that it came from. */
export const modelNameOf = (fileName: string): string => (fileName.replace(/\.json$/i, '').replace(/[^\w-]+/g, '-') || 'uploaded').slice(0, 80)
