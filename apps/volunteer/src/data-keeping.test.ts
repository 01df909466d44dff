import { createSyntheticImages, encodeLabelledImages } from '@shoal/data'
import { federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { openDataShelf, readKept } from './data-keeping.ts'

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
