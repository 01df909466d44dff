import { expect, test } from 'vitest'
import { renumbered } from './labels.ts'

test('clusters are numbered in order of first appearance; negative labels become noise', () => {
  expect(renumbered([7, 7, -1, 2, 7, -5, 0])).toEqual([0, 0, -1, 1, 0, -1, 2])
  expect(renumbered([])).toEqual([])
})
