import { expect, test } from 'vitest'
import { askOf } from '../tests/samples.ts'
import { createSumBook, MAX_SUM_FINDINGS } from './sum-findings.ts'

test('[CL52] findings grow with each check, and nothing is added to a sum that is over', () => {
  const book = createSumBook()
  const before = book.list()
  const notes = book.begin(askOf(4, 1))
  notes.passed('manifest', { purpose: 'update' })
  notes.spent({ spent: 1, budget: 8 })
  notes.passed('roster', { members: 8 })
  expect(before).toEqual([])
  expect(book.list()).toMatchObject([
    {
      number: 1,
      round: 4,
      ask: '4.1',
      purpose: 'update',
      members: 8,
      survivors: null,
      checks: ['manifest', 'roster'],
      state: 'running',
      epsilon: { spent: 1, budget: 8 },
    },
  ])
  notes.ended('refused', { code: 'SHOAL_ERR_SUM_SURVIVORS' })
  const ended = book.list()
  notes.passed('proposal', { survivors: 7 })
  notes.ended('ended')
  expect(book.list()).toEqual(ended)
  expect(ended).toMatchObject([{ survivors: null, state: 'refused', failure: { code: 'SHOAL_ERR_SUM_SURVIVORS' } }])
})

test('[CL52] the last 50 are kept, each by its own notes', () => {
  const book = createSumBook()
  const first = book.begin(askOf(0, 0))
  const second = book.begin(askOf(0, 0))
  for (let round = 1; round < MAX_SUM_FINDINGS; round += 1) book.begin(askOf(round, 0))
  first.ended('checked')
  second.ended('checked')
  expect(book.list()).toHaveLength(MAX_SUM_FINDINGS)
  expect(
    book
      .list()
      .filter(({ state }) => state === 'checked')
      .map(({ number }) => number),
  ).toEqual([2])
})
