import { failed, type Result, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createQuestionDesk, type Question, type QuestionDesk, type Reply } from './engine-question.ts'

const question: Question = { kind: 'predict', model: new Float32Array(1), examples: 'test' }
const reply: Reply = { kind: 'probabilities', probabilities: new Float32Array(1) }

/** A desk whose answers end when the test says so; `stop` ends the one in hand as a worker does that heard to stop. */
function startDesk(): { desk: QuestionDesk; heard: [number, boolean][]; begun(): number; end(): Promise<void>; stop(): Promise<void> } {
  const heard: [number, boolean][] = []
  const open: ((result: Result<Reply>) => void)[] = []
  let begun = 0
  const desk = createQuestionDesk(
    () => {
      begun += 1
      return new Promise((resolve) => open.push(resolve))
    },
    (number, result) => heard.push([number, result.ok]),
  )
  const settled = async (result: Result<Reply>): Promise<void> => {
    open.shift()?.(result)
    await Promise.resolve()
    await Promise.resolve()
  }
  return { desk, heard, begun: () => begun, end: () => settled(succeeded(reply)), stop: () => settled(failed('SHOAL_ERR_PROCEDURE_FAILED', 'stopped')) }
}

test('questions are answered one after the other', async () => {
  const { desk, heard, begun, end } = startDesk()
  for (const number of [1, 2]) desk.take({ number, question })
  expect(begun()).toBe(1)
  await end()
  expect([heard, begun()]).toEqual([[[1, true]], 2])
  await end()
  expect(heard).toEqual([
    [1, true],
    [2, true],
  ])
})

test('the one in hand makes room for a run, and is begun again after it', async () => {
  const { desk, heard, begun, end, stop } = startDesk()
  desk.take({ number: 1, question })
  expect(desk.isStopped()).toBe(false)
  const room = desk.makeRoom()
  expect(desk.isStopped()).toBe(true)
  await stop()
  await room
  desk.take({ number: 2, question })
  expect([heard, begun(), desk.isStopped()]).toEqual([[], 1, false])
  desk.goOn()
  expect(begun()).toBe(2)
  await end()
  await end()
  expect(heard).toEqual([
    [1, true],
    [2, true],
  ])
})

test('an answer that was ready before it heard of the run is told once', async () => {
  const { desk, heard, begun, end } = startDesk()
  desk.take({ number: 1, question })
  const room = desk.makeRoom()
  await end()
  await room
  desk.goOn()
  expect([heard, begun()]).toEqual([[[1, true]], 1])
})

test('one that was dropped stops, and is not told', async () => {
  const { desk, heard, end, stop } = startDesk()
  for (const number of [1, 2, 3]) desk.take({ number, question })
  desk.drop(2)
  desk.drop(1)
  expect(desk.isStopped()).toBe(true)
  await stop()
  await end()
  expect(heard).toEqual([[3, true]])
})
