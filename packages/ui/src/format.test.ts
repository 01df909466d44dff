import { expect, test } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatPercent } from './format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [407_380, '407 KB'],
  [99_940, '99.9 KB'],
  [99_960, '100 KB'],
  [999_600, '1.0 MB'],
  [47_040_016, '47.0 MB'],
  [5e15, '5000 TB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('a share reads as percent, and what was not measured as a dash', () => {
  expect(formatPercent(0.9512)).toBe('95.1 %')
  expect(formatPercent(1)).toBe('100.0 %')
  expect(formatPercent(null)).toBe('-')
})

test.each([
  [0, '0.0 s'],
  [850, '0.8 s'],
  [9_949, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [125_000, '2 min 5 s'],
  [7_380_000, '2 h 3 min'],
])('%d ms read %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text)
})

test('a count takes the plural unless it is one', () => {
  expect(formatCount(1, 'volunteer')).toBe('1 volunteer')
  expect(formatCount(0, 'volunteer')).toBe('0 volunteers')
  expect(formatCount(1200, 'picture')).toBe('1,200 pictures')
})

test('in German a comma parts the decimals', () => {
  expect([formatBytes(1234, 'de'), formatBytes(999, 'de'), formatPercent(0.9512, 'de'), formatPercent(null, 'de'), formatDuration(850, 'de')]).toEqual([
    '1,2 KB',
    '999 B',
    '95,1 %',
    '-',
    '0,8 s',
  ])
})
