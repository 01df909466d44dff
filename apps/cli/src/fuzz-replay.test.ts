import { drawSchedule } from '@shoal/simulator/faults'
import { expect, test } from 'vitest'
import { parseSchedule } from './fuzz-replay.ts'

test('every schedule that is drawn can be written and read again (seed "replay")', () => {
  for (let number = 0; number < 300; number += 1) {
    const schedule = drawSchedule('replay', number)
    expect(parseSchedule(JSON.stringify(schedule))).toEqual(schedule)
  }
})

test.each(['', '{}', '[]', 'null', '{"seed":"a","number":0,"federation":{},"faults":[]}'])('%j is no schedule', (text) => {
  expect(parseSchedule(text)).toBeNull()
})
