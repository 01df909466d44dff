import { expect, test } from 'vitest'
import { cellInWords, csvOf, pageOf } from './chart-table.ts'

test('a table becomes a file that spreadsheets read, and none of its cells a formula', () => {
  const rows = [
    [0, 'plain', null],
    [0.25, 'with, "both"', '=1+1'],
  ]
  expect(csvOf({ columns: ['Round', 'Note', 'More'], rows })).toBe('Round,Note,More\r\n0,plain,\r\n0.25,"with, ""both""",\'=1+1\r\n')
})

test('cells are short', () => {
  expect([null, 'so', 12_345, 0.123456, 1e-7].map(cellInWords)).toEqual(['-', 'so', '12,345', '0.1235', '1e-7'])
})

test('a long table is turned page by page', () => {
  expect(pageOf([1, 2, 3, 4, 5], 1, 2)).toEqual({ rows: [3, 4], pages: 3 })
  expect(pageOf([], 0, 2)).toEqual({ rows: [], pages: 1 })
})
