import { expect, test } from 'vitest'
import { answerOf, countConfusion, frequentClasses, rowOf, shadeOf, shownClasses } from './result-answers.ts'

/** Rows that are sure of these classes, of three. */
const sureOf = (...answers: number[]): Float32Array => Float32Array.from(answers.flatMap((answer) => [0, 1, 2].map((index) => (index === answer ? 1 : 0))))

test('the answer is the likeliest class, the first of equals', () => {
  expect(answerOf([0.2, 0.4, 0.4])).toBe(1)
  expect([...rowOf(sureOf(0, 2), 1, 3)]).toEqual([0, 0, 1])
})

test('few classes are all shown; of many the likeliest of either model, and the truth', () => {
  const row = Float32Array.of(0.5, 0.1, 0.2, 0.2)
  expect(shownClasses([row], 4, 1)).toEqual([0, 1, 2, 3])
  expect(shownClasses([row], 2, null)).toEqual([0, 2])
  expect(shownClasses([row, Float32Array.of(0, 0.9, 0, 0.1)], 2, null)).toEqual([0, 1])
  expect(shownClasses([row], 2, 3)).toEqual([0, 3])
  expect(shownClasses([], 2, 3)).toEqual([])
})

test('rows are truths, columns answers, and the commonest mistake is named', () => {
  const confusion = countConfusion(sureOf(0, 1, 1, 1, 2, 0), [0, 0, 0, 1, 2, 2], 3)
  expect(confusion).toEqual({
    counts: [
      [1, 2, 0],
      [0, 1, 0],
      [1, 0, 1],
    ],
    total: 6,
    right: 3,
    worst: { truth: 0, answer: 1, count: 2, of: 3 },
  })
  expect(countConfusion(sureOf(1), [1], 3)).toMatchObject({ right: 1, worst: null })
})

test('of many classes the frequent ones are shown, as truth or as answer', () => {
  const confusion = countConfusion(sureOf(2, 2, 2), [1, 1, 0], 3)
  expect(frequentClasses(confusion, 2)).toEqual([1, 2])
  expect(frequentClasses(confusion, 9)).toEqual([0, 1, 2])
})

test('a cell is as dark as its share of its row, and never white where there is something', () => {
  expect([shadeOf(0, 10), shadeOf(1, 100), shadeOf(5, 10), shadeOf(10, 10)]).toEqual([0, 1, 3, 5])
})
