import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DataContract, encodeFrame } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { openSampleShards } from './sample-shards.ts'

const pictures = (side: number): DataContract => ({ kind: 'image', shape: [side, side, 1], classes: ['a', 'b'] })
const text: DataContract = { kind: 'text', shape: [4, 2, 1], classes: ['a', 'b'], alphabet: 'ab', context: 4 }

test.each<[string, Uint8Array, readonly boolean[]]>([
  ['of a shape suit pictures of that shape', encodeFrame({ train: 0, test: 0, shape: [28, 28, 1] }, new Uint8Array(0)), [true, false, false]],
  ['that name no shape suit every picture', encodeFrame({ train: 0, test: 0 }, new Uint8Array(0)), [true, true, false]],
])('samples %s', (_what, shard, suited) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-samples-'))
  writeFileSync(join(folder, 'a.shard'), shard)
  const samples = openSampleShards(folder)
  expect([pictures(28), pictures(14), text].map(samples.suit)).toEqual(suited)
  rmSync(folder, { recursive: true })
})

test('without a folder there are none', () => {
  const samples = openSampleShards(null)
  expect(samples.suit(pictures(28))).toBe(false)
  expect(samples.next(null)).toBe(null)
})
