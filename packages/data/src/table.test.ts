import { expect, test } from 'vitest'
import { createSyntheticTable } from './synthetic-table.ts'
import { MOST_PROBLEMS, proposeMapping, readTable, type TableForm, tableEntries } from './table.ts'

const FORM: TableForm = {
  columns: [
    { kind: 'number', name: 'age', min: 20, max: 60 },
    { kind: 'word', name: 'colour', words: ['red', 'green', 'Green'] },
    { kind: 'number', name: 'fixed', min: 5, max: 5 },
  ],
  label: 'answer',
  classes: ['no', 'yes'],
}
const MAPPING = { age: 'Age', colour: 'Colour', fixed: 'F', answer: 'Said' }
const row = (change: Record<string, string> = {}) => ({ Age: '30', Colour: 'red', F: '5', Said: 'yes', ...change })

test('a row becomes scaled numbers and one-hot words, in the order of the columns', () => {
  const { examples, problems } = readTable([row(), row({ Age: ' 60.0 ', Colour: 'Green', Said: 'NO' }), row({ Age: '+2e1', Colour: 'green' })], FORM, MAPPING)
  expect(tableEntries(FORM.columns)).toBe(5)
  expect(problems).toEqual([])
  expect(examples).toEqual({
    count: 3,
    shape: [1, 5, 1],
    pixels: Float32Array.of(0.25, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0),
    labels: Uint8Array.of(1, 0, 1),
  })
})

test('each cell at fault is told, and its row is left out without a trace', () => {
  const rows = [
    row({ Age: '61', Colour: 'blue' }),
    row({ Age: 'old', Said: 'perhaps' }),
    row({ Age: '', Said: ' ' }),
    row({ Colour: 'GREEN' }),
    row({ Age: '40', Colour: 'green' }),
    row({ Age: '1,5' }),
    row({ Age: '0x1e' }),
  ]
  const { examples, problems } = readTable(rows, FORM, MAPPING)
  expect(problems).toEqual([
    { row: 1, column: 'age', kind: 'out-of-range', value: '61' },
    { row: 1, column: 'colour', kind: 'unknown-word', value: 'blue' },
    { row: 2, column: 'age', kind: 'not-a-number', value: 'old' },
    { row: 2, column: 'answer', kind: 'unknown-class', value: 'perhaps' },
    { row: 3, column: 'age', kind: 'missing', value: '' },
    { row: 3, column: 'answer', kind: 'missing', value: '' },
    // Two words differ by case alone: which is meant?
    { row: 4, column: 'colour', kind: 'unknown-word', value: 'GREEN' },
    { row: 6, column: 'age', kind: 'not-a-number', value: '1,5' },
    { row: 7, column: 'age', kind: 'not-a-number', value: '0x1e' },
  ])
  expect([...examples.pixels]).toEqual([0.5, 0, 1, 0, 0])
  expect([...examples.labels]).toEqual([1])
})

test('a column that the mapping or the file lacks is missing in every row, whatever its name', () => {
  const { examples, problems } = readTable([row(), row()], { ...FORM, label: 'constructor' }, { ...MAPPING, age: 'toString' })
  expect(examples.count).toBe(0)
  expect(problems.map(({ column, kind }) => `${column} ${kind}`)).toEqual(['age missing', 'constructor missing', 'age missing', 'constructor missing'])
  expect(readTable(Array.from({ length: 3000 }, row), FORM, {}).problems).toHaveLength(MOST_PROBLEMS)
})

test('no more than 256 classes are bytes, more are wider', () => {
  const classes = Array.from({ length: 300 }, (_, index) => `c${index}`)
  expect(readTable([row({ Said: 'c299' })], { ...FORM, classes }, MAPPING).examples.labels).toEqual(Uint16Array.of(299))
})

test('a mapping is proposed by names that are the same but for case, spaces and underscores', () => {
  expect(proposeMapping(['Leaf_Width', 'HEIGHT', 'height', 'x'], ['leaf width', 'height', 'species'])).toEqual({ 'leaf width': 'Leaf_Width', height: 'height' })
})

test('the synthetic table is whole, balanced and decided by its seed', () => {
  const { rows, form } = createSyntheticTable(300, 'plants')
  const { examples, problems } = readTable(rows, form, proposeMapping(Object.keys(rows[0]!), [...form.columns.map(({ name }) => name), form.label]))
  expect(problems).toEqual([])
  expect(examples.count).toBe(300)
  expect([0, 1, 2].map((label) => examples.labels.filter((other) => other === label).length)).toEqual([100, 100, 100])
  expect(createSyntheticTable(300, 'plants').rows).toEqual(rows)
  expect(createSyntheticTable(300, 'others').rows).not.toEqual(rows)
})
