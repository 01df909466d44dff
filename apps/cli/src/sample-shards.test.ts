import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeLabelledImages } from '@shoal/data'
import { decodeFrame } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { ensureSampleShards } from './sample-shards.ts'

test('sample shards are written once: a frame of two encoded sets, 2,000 pictures to train on and 400 to test on, no two alike', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'shoal-samples-'))
  try {
    const folder = join(parent, 'samples')
    await ensureSampleShards(folder)
    const names = readdirSync(folder)
    expect(names).toHaveLength(12)
    const frame = decodeFrame(readFileSync(join(folder, names[3])))
    if (!frame.ok) throw new Error(frame.failure.code)
    const { train, test: tests } = frame.value.header as { train: number; test: number }
    expect(decodeLabelledImages(frame.value.body.subarray(0, train))).toMatchObject({ count: 2000, shape: [28, 28, 1] })
    expect(decodeLabelledImages(frame.value.body.subarray(train, train + tests)).count).toBe(400)
    expect(train + tests).toBe(frame.value.body.length)
    expect(new Set(names.map((name) => readFileSync(join(folder, name)).subarray(2000, 6000).toString('hex'))).size).toBe(12)
    const writtenAt = statSync(join(folder, names[0])).mtimeMs
    await ensureSampleShards(folder)
    expect(statSync(join(folder, names[0])).mtimeMs).toBe(writtenAt)
  } finally {
    rmSync(parent, { recursive: true })
  }
})
