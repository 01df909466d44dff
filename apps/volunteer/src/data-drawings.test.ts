import type { DataContract } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { type DrawnExample, drawingsIn, drawnSet } from './data-drawings.ts'
import { splitData } from './data-files.ts'

const contract: DataContract = { kind: 'image', shape: [1, 2, 1], classes: ['cat', 'dog'] }
const drawings: DrawnExample[] = [0, 1, 0, 1, 1].map((label, index) => ({ label, pixels: Uint8Array.of(index, 255 - index) }))

test('drawings become one set, in their order', () => {
  const set = drawnSet(drawings, contract)
  expect(set).toMatchObject({ count: 5, shape: [1, 2, 1] })
  expect([...set.labels]).toEqual([0, 1, 0, 1, 1])
  expect([...set.pixels]).toEqual([0, 255, 1, 254, 2, 253, 3, 252, 4, 251])
})

test('whoever comes back goes on with all drawings, however they were parted', () => {
  const result = splitData(drawnSet(drawings, contract), contract, 'seed')
  if (!result.ok) throw new Error(result.problem.kind)
  const again = drawingsIn(result.data).toSorted((one, other) => one.pixels[0]! - other.pixels[0]!)
  expect(again).toEqual(drawings)
})
