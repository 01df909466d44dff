import { expect, test } from 'vitest'
import { byteRangeOf } from './byte-range.ts'

test.each([
  [undefined, { kind: 'all' }],
  ['bytes=0-9', { kind: 'part', start: 0, end: 9 }],
  ['bytes=90-', { kind: 'part', start: 90, end: 99 }],
  ['bytes=90-500', { kind: 'part', start: 90, end: 99 }],
  ['bytes=-10', { kind: 'part', start: 90, end: 99 }],
  ['bytes=-500', { kind: 'part', start: 0, end: 99 }],
  ['bytes=99-99', { kind: 'part', start: 99, end: 99 }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=5-2', { kind: 'all' }],
  ['bytes=-', { kind: 'all' }],
  ['bytes=0-1,3-4', { kind: 'all' }],
  ['items=0-1', { kind: 'all' }],
  ['nonsense', { kind: 'all' }],
])('%s of 100 bytes', (header, expected) => {
  expect(byteRangeOf(header, 100)).toEqual(expected)
})
