import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeLabelledImages, selectExamples } from '@shoal/data'
import { encodeFrame } from '@shoal/protocol'
import { loadImageSets, mnistFolder } from './image-sets.ts'
import { dealShards, type Shard } from './shard-files.ts'

const SHARDS = 12
/** Of MNIST's 60,000 and 10,000 pictures: 2,000 and 400 for each volunteer who tries the samples, 1.9 MB. */
const TRAIN_PICTURES = SHARDS * 2000
const TEST_PICTURES = SHARDS * 400

/** Writes sample data for volunteers without data of their own, unless they are there already. The folder appears whole or not at all. */
export async function ensureSampleShards(folder: string): Promise<void> {
  if (existsSync(folder)) return
  const sets = await loadImageSets(mnistFolder())
  const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
  const shards = dealShards(
    { train: selectExamples(sets.train, first(TRAIN_PICTURES)), test: selectExamples(sets.test, first(TEST_PICTURES)) },
    SHARDS,
    'samples',
  )
  const unfinished = `${folder}.${process.pid}`
  await mkdir(unfinished, { recursive: true })
  await Promise.all(shards.map((shard, index) => writeFile(join(unfinished, `${String(index).padStart(2, '0')}.shard`), encodeSampleShard(shard))))
  await rename(unfinished, folder)
}

/** A shard as `GET /api/samples` hands it out: a frame whose header says how many bytes of the body each encoded set takes, and of what shape the pictures are. */
export function encodeSampleShard({ train, test }: Shard): Uint8Array {
  const [trainBytes, testBytes] = [encodeLabelledImages(train), encodeLabelledImages(test)]
  const body = new Uint8Array(trainBytes.length + testBytes.length)
  body.set(trainBytes)
  body.set(testBytes, trainBytes.length)
  return encodeFrame({ train: trainBytes.length, test: testBytes.length, shape: [...train.shape] }, body)
}
