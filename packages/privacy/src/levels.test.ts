import { expect, test } from 'vitest'
import { checkPairing, LEVELS } from './levels.ts'

const impossible = (detail: string) => ({ ok: false, failure: { code: 'SHOAL_ERR_IMPOSSIBLE_PAIRING', detail } })

test('a listed view at level sealed passes', () => {
  expect(checkPairing(['rows', 'sums'], { level: 'sealed', view: 'sums' })).toEqual({ ok: true, value: { level: 'sealed', view: 'sums' } })
})

test.each(['masked', 'masked+dp'] as const)('level %s is refused while it is not available', (level) => {
  expect(checkPairing(['sums'], { level, view: 'sums' })).toEqual(impossible(`level ${level} is not available yet`))
})

test('a view that the strategy does not list is refused', () => {
  expect(checkPairing(['sums'], { level: 'sealed', view: 'rows' })).toEqual(impossible('the strategy works from sums, not from rows'))
})

test('level sealed claims no more than encryption to the operator', () => {
  const { sealed } = LEVELS
  expect(sealed.title).toBe('Encrypted to the operator')
  expect(sealed.operatorSees[0]).toContain('Every update')
  expect(JSON.stringify(sealed)).not.toMatch(/anonym|secure aggregation|nobody|no one|guarantee/i)
})
