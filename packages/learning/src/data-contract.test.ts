import type { DataContract } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { checkDataContract } from './data-contract.ts'

const TABLE: Extract<DataContract, { kind: 'table' }> = {
  kind: 'table',
  shape: [1, 4, 1],
  classes: ['yes', 'no'],
  columns: [
    { kind: 'number', name: 'age', min: 0, max: 100 },
    { kind: 'word', name: 'colour', words: ['red', 'green', 'blue'] },
  ],
  label: 'answer',
}
const TEXT: DataContract = { kind: 'text', shape: [4, 3, 1], classes: ['a', 'b', '🐟'], alphabet: 'ab🐟', context: 4 }
const IMAGE: DataContract = { kind: 'image', shape: [8, 8, 3], classes: ['cat', 'dog'] }

test.each([TABLE, TEXT, IMAGE])('$kind: parts that fit each other are accepted', (data) => {
  expect(checkDataContract(data)).toEqual({ ok: true, value: data })
})

test.each<readonly [string, DataContract]>([
  ['the class “cat” comes twice', { ...IMAGE, classes: ['cat', 'dog', 'cat'] }],
  ['the column “age” comes twice', { ...TABLE, label: 'age' }],
  ['the column “age” has no numbers', { ...TABLE, columns: [{ kind: 'number', name: 'age', min: 3, max: 3 }], shape: [1, 1, 1] }],
  ['the column “colour” names the word “red” twice', { ...TABLE, columns: [{ kind: 'word', name: 'colour', words: ['red', 'red'] }], shape: [1, 2, 1] }],
  ['the shape is 1 x 3 x 1, and these data are 1 x 4 x 1', { ...TABLE, shape: [1, 3, 1] }],
  ['the alphabet names a character twice', { ...TEXT, alphabet: 'ab🐟a' }],
  ['the classes of a text are the characters', { ...TEXT, classes: ['b', 'a', '🐟'] }],
  ['the shape is 3 x 3 x 1, and these data are 4 x 3 x 1', { ...TEXT, shape: [3, 3, 1] }],
])('%s: refused', (words, data) => {
  expect(checkDataContract(data)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_CONFIG', detail: expect.stringContaining(words) } })
})
