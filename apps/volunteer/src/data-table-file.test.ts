import { readTable } from '@shoal/data'
import { expect, test } from 'vitest'
import { parseTable, textOf } from './data-table-file.ts'

test.each([
  [',', 'age,species\n3,cat\n5,dog\n'],
  [';', 'age;species\r\n3;cat\r\n5;dog'],
  ['\t', '\uFEFF age \tspecies\n3\tcat\n\n5\tdog\n\n'],
])('a table parted by %j is read; empty rows and a byte order mark do not count', async (delimiter, text) => {
  expect(await parseTable(text)).toEqual({
    delimiter,
    columns: ['age', 'species'],
    rows: [
      { age: '3', species: 'cat' },
      { age: '5', species: 'dog' },
    ],
    overfull: 0,
  })
})

test('cells in quotes, missing cells and cells too many', async () => {
  const { rows, overfull } = await parseTable('name,note\n"Kim, the cat","says ""hi"""\nlone\na,b,c\n')
  expect(rows).toEqual([
    { name: 'Kim, the cat', note: 'says "hi"' },
    { name: 'lone', note: '' },
    { name: 'a', note: 'b' },
  ])
  expect(overfull).toBe(1)
})

test('nothing, or a headline alone, is a table without rows', async () => {
  expect((await parseTable('')).rows).toEqual([])
  expect(await parseTable('age,species\n')).toMatchObject({ columns: ['age', 'species'], rows: [] })
})

test('what is no UTF-8 is read as older office programs write it', () => {
  expect(textOf(new TextEncoder().encode('Größe'))).toBe('Größe')
  expect(textOf(Uint8Array.of(0x47, 0x72, 0xf6, 0xdf, 0x65))).toBe('Größe')
})

test('rows of a file go through the contract as they are', async () => {
  const { rows } = await parseTable('Age;kind\n2;cat\nold;dog\n4;cow\n')
  const form = { columns: [{ kind: 'number' as const, name: 'age', min: 0, max: 4 }], label: 'species', classes: ['cat', 'dog'] }
  const { examples, problems } = readTable(rows, form, { age: 'Age', species: 'kind' })
  expect([examples.count, examples.pixels[0], examples.labels[0]]).toEqual([1, 0.5, 0])
  expect(problems.map(({ row, column, kind }) => `${row} ${column} ${kind}`)).toEqual(['2 age not-a-number', '3 species unknown-class'])
})
