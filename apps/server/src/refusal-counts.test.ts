import { federationIdSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createRefusalCounts } from './refusal-counts.ts'

const [one, two] = ['fed-11111111', 'fed-22222222'].map((id) => federationIdSchema.parse(id))

test('refusals are counted by code, for each federation', () => {
  const counts = createRefusalCounts()
  counts.count('SHOAL_ERR_ENVELOPE', one)
  counts.count('SHOAL_ERR_ENVELOPE', one)
  counts.count('SHOAL_ERR_WEIGHT', two)
  counts.count('SHOAL_ERR_MALFORMED', null)
  expect(counts.of(one)).toEqual({ SHOAL_ERR_ENVELOPE: 2 })
  expect(counts.of(two)).toEqual({ SHOAL_ERR_WEIGHT: 1 })
})
