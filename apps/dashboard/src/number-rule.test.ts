import { expect, test } from 'vitest'
import { boundsInWords, isWithin, type NumberRule, readNumber } from './number-rule.ts'

const rule = (changes: Partial<NumberRule>): NumberRule => ({ label: 'Some', hint: '', from: 0, to: 10, ...changes })

test.each<[Partial<NumberRule>, readonly number[], readonly number[], string]>([
  [{}, [0, 5.5, 10], [-0.1, 10.1, Number.NaN, Number.POSITIVE_INFINITY], 'A number from 0 to 10.'],
  [{ isWhole: true, to: 20_000 }, [0, 20_000], [0.5, 20_001], 'A whole number from 0 to 20,000.'],
  [{ isAbove: true }, [0.001, 10], [0], 'A number above 0 and up to 10.'],
  [{ isBelow: true }, [0, 9.99], [10], 'A number from 0 and below 10.'],
  [{ to: Number.MAX_VALUE }, [0, 1e300], [-1], 'A number, 0 or more.'],
])('%j holds where it should, and says so', (changes, right, wrong, words) => {
  for (const value of right) expect([value, isWithin(value, rule(changes))]).toEqual([value, true])
  for (const value of wrong) expect([value, isWithin(value, rule(changes))]).toEqual([value, false])
  expect(boundsInWords(rule(changes))).toBe(words)
})

test('an empty text is as usual; a wrong one says what would be right', () => {
  expect(readNumber('  ', rule({}))).toEqual({ value: null, problem: null })
  expect(readNumber('7', rule({}))).toEqual({ value: 7, problem: null })
  expect(readNumber('seven', rule({}))).toEqual({ value: null, problem: 'A number from 0 to 10.' })
})
