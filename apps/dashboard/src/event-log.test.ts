import { expect, test } from 'vitest'
import { typesOf, withEvents } from './event-log.ts'

const event = (sequence: number, type = 'client-joined') => ({ sequence, at: sequence, type, sentence: `${sequence}` })
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => event(from + index))

test('new events come first, none comes twice, and 500 are kept', () => {
  const first = withEvents([], upTo(5))
  expect(first.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1, 0])
  expect(withEvents(first, upTo(4, 3)).map(({ sequence }) => sequence)).toEqual([6, 5, 4, 3, 2, 1, 0])
  const many = withEvents(withEvents([], upTo(450)), upTo(100, 450))
  expect([many.length, many[0]?.sequence, many.at(-1)?.sequence]).toEqual([500, 549, 50])
})

test('kinds are counted', () => {
  expect(typesOf([event(3, 'b'), event(2, 'a'), event(1, 'b')])).toEqual([
    ['a', 1],
    ['b', 2],
  ])
})
