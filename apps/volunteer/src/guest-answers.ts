import { answerOf, rowOf } from './result-answers.ts'

/** The likeliest class of each example. */
export const answersOf = (probabilities: Float32Array, classes: number): Uint16Array =>
  Uint16Array.from({ length: Math.floor(probabilities.length / classes) }, (_, index) => answerOf(rowOf(probabilities, index, classes)))

/** Examples that got another answer. */
export const changedAnswers = (before: ArrayLike<number>, after: ArrayLike<number>): number => {
  let changed = 0
  for (let index = 0; index < before.length; index += 1) changed += Number(before[index] !== after[index])
  return changed
}

/** Share of the answers that the key has as well; null without examples. */
export const rightShare = (answers: ArrayLike<number>, key: ArrayLike<number>): number | null =>
  answers.length === 0 ? null : (answers.length - changedAnswers(answers, key)) / answers.length
