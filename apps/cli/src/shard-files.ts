import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeIdxPair, type LabelledImages, partitionEqually } from '@shoal/data'
import { createRng, deriveSeed } from '@shoal/numeric'
import type { ImageSets } from './image-sets.ts'

/** One volunteer's own data. */
export type Shard = ImageSets

/** With fewer volunteers nobody gets a larger share: the recipe's 7,500 pictures of MNIST (an eighth). */
const FEWEST_SHARES = 8

/** Disjoint equal shares of both sets, one a volunteer, the same for the same seed. */
export function dealShards(sets: ImageSets, clients: number, seed: string): Shard[] {
  const shares = Math.max(clients, FEWEST_SHARES)
  const deal = (set: LabelledImages, purpose: string): LabelledImages[] => partitionEqually(set, shares, createRng(deriveSeed(seed, 'shards', purpose)))
  const tests = deal(sets.test, 'test')
  return deal(sets.train, 'train')
    .slice(0, clients)
    .map((train, index) => ({ train, test: tests[index] }))
}

/** Writes pictures, and what they show beside them, as the two idx files of a volunteer who has the one without the other; their paths. */
export async function writePictureFiles(pictures: LabelledImages, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const { images, labels } = encodeIdxPair(pictures)
  const paths = [join(folder, 'images-idx3-ubyte'), join(folder, 'labels-idx1-ubyte')]
  await Promise.all([images, labels].map((bytes, index) => writeFile(paths[index], bytes)))
  return paths
}

/** Writes a shard as the four idx files that a volunteer would choose in the page; their paths. */
export async function writeShardFiles(shard: Shard, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const train = encodeIdxPair(shard.train)
  const test = encodeIdxPair(shard.test)
  const files: [string, Uint8Array][] = [
    ['train-images-idx3-ubyte', train.images],
    ['train-labels-idx1-ubyte', train.labels],
    ['t10k-images-idx3-ubyte', test.images],
    ['t10k-labels-idx1-ubyte', test.labels],
  ]
  return Promise.all(
    files.map(async ([name, bytes]) => {
      const path = join(folder, name)
      await writeFile(path, bytes)
      return path
    }),
  )
}
