import { type DataContract, dataContractSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { typedRow, typedText } from './typed-example.ts'

const table = dataContractSchema.parse({
  kind: 'table',
  shape: [1, 4, 1],
  classes: ['no', 'yes'],
  label: 'ill',
  columns: [
    { kind: 'number', name: 'age', min: 0, max: 100 },
    { kind: 'word', name: 'home', words: ['city', 'land', 'sea'] },
  ],
}) as Extract<DataContract, { kind: 'table' }>
const text = { shape: [3, 2, 1] as [number, number, number], alphabet: 'ab', context: 3 }

test('a row is scaled by its bounds, and a word is one of its entries', () => {
  expect(typedRow([' 50 ', 'land'], table)).toEqual({ ok: true, example: { count: 1, shape: [1, 4, 1], pixels: Float32Array.of(0.5, 0, 1, 0) } })
  expect(typedRow(['12,5', 'sea'], table)).toMatchObject({ ok: true, example: { pixels: Float32Array.of(0.125, 0, 0, 1) } })
})

test('what is wrong with a row is named by its columns', () => {
  expect(typedRow(['', 'moon'], table)).toEqual({ ok: false, wrong: ['age', 'home'] })
  expect(typedRow(['old', 'sea'], table)).toEqual({ ok: false, wrong: ['age'] })
  expect(typedRow([], table)).toEqual({ ok: false, wrong: ['age', 'home'] })
})

test('a text is seen through its last characters, right-aligned, as the trained ones were', () => {
  expect([...typedText('bbAb', text).pixels]).toEqual([0, 1, 1, 0, 0, 1].map((share) => 255 * share))
  expect([...typedText('a', text).pixels]).toEqual([0, 0, 0, 0, 255, 0])
  expect([...typedText('a?b', text).pixels]).toEqual([255, 0, 0, 0, 0, 255])
})
