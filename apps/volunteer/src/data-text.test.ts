import { readText } from '@shoal/data'
import { expect, test } from 'vitest'
import { splitText, type TextContract } from './data-text.ts'

const contract: TextContract = { kind: 'text', shape: [3, 4, 1], classes: ['a', 'b', 'c', ' '], alphabet: 'abc ', context: 3 }

test('the last fifth is tested on, and no passage of it overlaps with one that is trained on', () => {
  const { examples } = readText('abc cab bca '.repeat(10), contract)
  const result = splitText(examples, contract)
  if (!result.ok) throw new Error(result.problem.kind)
  const { train, test: heldOut } = result.data
  expect([examples.count, train.count, heldOut.count]).toEqual([117, 91, 23])
  expect([...heldOut.labels]).toEqual([...examples.labels.slice(-23)])
})

test('a text of a few characters is too few', () => {
  const { examples } = readText('abcabc', contract)
  expect(splitText(examples, contract)).toMatchObject({ ok: false, problem: { kind: 'too-few' } })
})
