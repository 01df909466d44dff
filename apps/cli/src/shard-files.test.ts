import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createSyntheticImages, encodeIdxPair } from '@shoal/data'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandError, EXIT } from './exit-code.ts'
import { loadImageSets } from './image-sets.ts'
import { dealShards, writeShardFiles } from './shard-files.ts'

const SETS = { train: createSyntheticImages(80, 'train'), test: createSyntheticImages(40, 'test') }
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-shards-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('what is written is what is read, in the file names of MNIST', async () => {
  const files = await writeShardFiles(SETS, join(folder, 'plain'))
  expect(files.map((file) => basename(file)).sort()).toEqual([
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
  ])
  expect(await loadImageSets(join(folder, 'plain'))).toEqual(SETS)
})

test('gzipped files are read too, and names with a dot', async () => {
  const files = await writeShardFiles(SETS, join(folder, 'zipped'))
  for (const file of files) {
    await writeFile(file.replace('-idx', '.idx').concat('.gz'), gzipSync(await readFile(file)))
    await rm(file)
  }
  expect(await loadImageSets(join(folder, 'zipped'))).toEqual(SETS)
})

test('a folder without one of the files, or with another kind of file, is a usage error that names it', async () => {
  const refusal = async (name: string): Promise<CommandError> =>
    loadImageSets(join(folder, name)).then(
      () => expect.unreachable(),
      (error: CommandError) => error,
    )
  expect((await refusal('nowhere')).exitCode).toBe(EXIT.usage)
  const files = await writeShardFiles(SETS, join(folder, 'broken'))
  await writeFile(files[3], 'no idx file')
  expect(await refusal('broken')).toMatchObject({ exitCode: EXIT.usage, message: expect.stringContaining('t10k-labels') })
  await rm(files[3])
  expect(await refusal('broken')).toMatchObject({ exitCode: EXIT.usage, message: expect.stringContaining('t10k-labels') })
})

test('eight shares cover both sets without overlap, and the same seed deals the same [seed shares-1]', () => {
  const shards = dealShards(SETS, 8, 'shares-1')
  const pictures = (images: typeof SETS.train): string[] =>
    Array.from({ length: images.count }, (_, index) => images.pixels.subarray(index * 784, (index + 1) * 784).join())
  expect(shards.map(({ train, test: own }) => [train.count, own.count])).toEqual(Array.from({ length: 8 }, () => [10, 5]))
  expect(shards.flatMap(({ train }) => pictures(train)).sort()).toEqual(pictures(SETS.train).sort())
  expect(shards.flatMap(({ test: own }) => pictures(own)).sort()).toEqual(pictures(SETS.test).sort())
  expect(dealShards(SETS, 8, 'shares-1')).toEqual(shards)
  expect(dealShards(SETS, 8, 'shares-2')).not.toEqual(shards)
})

test('fewer volunteers get no larger shares, more get smaller ones', () => {
  expect(dealShards(SETS, 2, 's').map(({ train }) => train.count)).toEqual([10, 10])
  expect(dealShards(SETS, 10, 's').map(({ train }) => train.count)).toEqual(Array.from({ length: 10 }, () => 8))
  expect(encodeIdxPair(dealShards(SETS, 2, 's')[0].test).labels).toHaveLength(8 + 5)
})
