import { ERRORS, privacyInsightSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { ledgerInWords, ledgerTable, refusalsOf, sumSizesOf, sumTable } from './privacy-history.ts'

const insight = privacyInsightSchema.parse({
  level: 'masked+dp',
  view: 'sums',
  operatorSees: [],
  operatorDoesNotSee: [],
  sums: [
    { ask: '0.0', round: 0, procedure: 'train', clients: 9 },
    { ask: '1.0', round: 1, procedure: 'train', clients: 8 },
    { ask: '1.1', round: 1, procedure: 'evaluate', clients: 11 },
  ],
  refusals: { SHOAL_ERR_SHAPE: 2, SHOAL_ERR_ASK_CLOSED: 7, SHOAL_ERR_OF_TOMORROW: 2 },
  ledger: {
    budget: 8,
    delta: 1e-5,
    rounds: [
      { round: 0, epsilon: 0.5 },
      { round: 1, epsilon: 0.75 },
    ],
  },
})

test('refusals come in words, the most frequent first', () => {
  expect(refusalsOf(insight)).toEqual([
    { code: 'SHOAL_ERR_ASK_CLOSED', count: 7, words: ERRORS.SHOAL_ERR_ASK_CLOSED.message },
    { code: 'SHOAL_ERR_OF_TOMORROW', count: 2, words: 'Unknown to this page.' },
    { code: 'SHOAL_ERR_SHAPE', count: 2, words: ERRORS.SHOAL_ERR_SHAPE.message },
  ])
})

test('sums by round', () => {
  expect(sumSizesOf(insight)).toEqual({ xs: [0, 1], smallest: [9, 8], largest: [9, 11] })
  expect(sumTable(insight).rows[0]).toEqual(['1.1', 1, 'evaluate', 11])
})

test('the account', () => {
  const ledger = insight.ledger!
  expect(ledgerInWords(ledger)).toContain('has spent epsilon 0.75 of 8 (delta 0.00001); 7.25 is left')
  expect(ledgerInWords({ ...ledger, rounds: [{ round: 3, epsilon: 9 }] })).toContain('0.00 is left')
  expect(ledgerTable(ledger).rows).toEqual([
    [1, 0.75, 8],
    [0, 0.5, 8],
  ])
})
