import { createSyntheticImages, encodeLabelledImages } from '@shoal/data'
import { federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { openDataShelf, readKept, readMemory } from './data-keeping.ts'
import { unlabelledData } from './data-unlabelled.ts'

const [train, heldOut] = [createSyntheticImages(8, 'kept/train'), createSyntheticImages(2, 'kept/test')]
const stored = { source: 'pictures', since: 1000, train: encodeLabelledImages(train), test: encodeLabelledImages(heldOut) }

test('a browser without a database keeps no data, and the page knows', async () => {
  expect(await openDataShelf(federationIdSchema.parse('fed-01234567'), undefined)).toBeNull()
})

test('what was kept is read as it was written, with its size in bytes', () => {
  const bytes = stored.train.length + stored.test.length
  expect(readKept(stored)).toEqual({ data: { train, test: heldOut }, source: 'pictures', since: 1000, bytes })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['another form', { train: 'pictures' }],
  ['one part only', { ...stored, test: undefined }],
  ['an unknown source', { ...stored, source: 'camera' }],
  ['no date', { ...stored, since: null }],
  ['damaged bytes', { ...stored, train: stored.train.subarray(0, 100) }],
])('%s is as good as nothing kept', (_what, value) => {
  expect(readKept(value)).toBeNull()
})

test('pictures without labels come back as such, with their key where there is one, whatever else is written beside them', () => {
  const unlabelled = readKept({ ...stored, source: 'unlabelled', unlabelled: { hasKey: true } })?.data
  expect(unlabelled).toEqual(unlabelledData(heldOut, true))
  expect(unlabelled?.train.labels.every((label) => label === 0)).toBe(true)
  expect(readKept({ ...stored, source: 'unlabelled', unlabelled: {} })?.data.unlabelled).toEqual({ key: null })
})

test('points come back with the rows that they were', () => {
  const rows = Uint32Array.of(1, 3, 4)
  expect(readKept({ ...stored, rows })).toMatchObject({ data: { rows }, bytes: stored.train.length + stored.test.length + 12 })
})

test('what the device remembers is read as it was written, and anything else is nothing', () => {
  const memory = { kept: Uint8Array.of(1), pointLabels: Uint8Array.of(0, 1) }
  expect(readMemory(memory)).toEqual(memory)
  expect(readMemory({ kept: memory.kept, pointLabels: null })).toEqual({ kept: memory.kept, pointLabels: null })
  expect([readMemory(undefined), readMemory(stored), readMemory({ pointLabels: memory.pointLabels })]).toEqual([null, null, null])
})
