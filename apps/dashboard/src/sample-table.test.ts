import { expect, test } from 'vitest'
import { readSampleTable } from './sample-table.ts'

test('names, bounds, words and the answer come from the first lines', () => {
  expect(readSampleTable('age,city,income,buys\n31,Rome,10.5,yes\n64,"Oslo, N",-3,no\r\n18,Rome,7,yes\n')).toEqual({
    columns: [
      { name: 'age', kind: 'number', min: '18', max: '64', words: '' },
      { name: 'city', kind: 'word', min: '', max: '', words: 'Oslo, N\nRome' },
      { name: 'income', kind: 'number', min: '-3', max: '10.5', words: '' },
    ],
    label: 'buys',
    labelClasses: 'no\nyes',
  })
})

test('semicolons and tabs part columns too, a doubled quote is one, and an empty cell says nothing', () => {
  expect(readSampleTable('\uFEFFa;b\n1;x\n;"say ""y"""\n3;x')).toMatchObject({ columns: [{ name: 'a', min: '1', max: '3' }], labelClasses: 'say "y"\nx' })
  expect(readSampleTable('a\tb\n1\t2\n2\t4')).toMatchObject({ columns: [{ name: 'a' }], label: 'b', labelClasses: '2\n4' })
})

test('more words than a column may have are left to the person', () => {
  const rows = Array.from({ length: 101 }, (_, index) => `w${index},${index % 2 === 0 ? 'even' : 'odd'}`)
  expect(readSampleTable(['word,kind', ...rows].join('\n'))).toMatchObject({ columns: [{ name: 'word', kind: 'word', words: '' }], label: 'kind' })
})

test.each(['', 'only a header,here', 'one column\n1\n2'])('%j is no table', (text) => {
  expect(readSampleTable(text)).toBeNull()
})
