import { expect, test } from 'vitest'
import { type FederationDraft, type Field, INITIAL_DRAFT, readDraft, withStrategy } from './federation-draft.ts'
import { INITIAL_FORM } from './federation-request.ts'

const draftOf = (strategy: string, changes: Partial<FederationDraft> = {}): FederationDraft => ({
  ...withStrategy({ ...INITIAL_DRAFT, operator: 'Ms Ito' }, strategy),
  ...changes,
})

test('what the form starts with lacks only who asks', () => {
  expect(readDraft(INITIAL_DRAFT)).toEqual({ form: null, problems: { operator: 'Say who asks: volunteers read it before they agree.' } })
  expect(readDraft({ ...INITIAL_DRAFT, operator: ' Ms Ito ' }).form).toEqual({ ...INITIAL_FORM, operator: 'Ms Ito' })
})

test('another strategy brings its own proposals and keeps what was written', () => {
  const written = withStrategy({ ...INITIAL_DRAFT, rounds: '33', name: 'Leaves' }, 'ocfl')
  expect(written).toMatchObject({ name: 'Leaves', strategy: 'ocfl', view: 'rows', rounds: '33', volunteers: '15', targetPercent: '', smallestGroup: '3' })
  expect(withStrategy(written, 'cfl')).toMatchObject({ view: 'sums', rounds: '33', volunteers: '15' })
  expect(withStrategy(withStrategy(INITIAL_DRAFT, 'cfl'), 'fedavg')).toEqual(INITIAL_DRAFT)
})

test.each<[string, Field, string, string]>([
  ['fedavg', 'name', '  ', 'Give it a name.'],
  ['fedavg', 'name', 'x'.repeat(121), 'At most 120 characters; these are 121.'],
  ['fedavg', 'description', 'x'.repeat(2001), 'At most 2000 characters; these are 2001.'],
  ['fedavg', 'rounds', '0', 'A whole number from 1 to 100,000.'],
  ['fedavg', 'rounds', '2.5', 'A whole number from 1 to 100,000.'],
  ['fedavg', 'rounds', '', 'A whole number from 1 to 100,000.'],
  ['fedavg', 'volunteers', '10001', 'A whole number from 1 to 10,000.'],
  ['fedavg', 'targetPercent', '0', 'A number above 0 and up to 100, or nothing at all to go on to the last round.'],
  ['fedavg', 'targetPercent', '101', 'A number above 0 and up to 100, or nothing at all to go on to the last round.'],
  ['cfl', 'smallestGroup', '1', 'A whole number from 2 to 5,000.'],
  ['ocfl', 'smallestGroup', 'three', 'A whole number from 2 to 5,000.'],
  ['cfl', 'volunteers', '5', 'Two groups of at least 3 need 6 volunteers or more.'],
])('%s, %s %j: refused in words', (strategy, field, value, problem) => {
  const { form, problems } = readDraft(draftOf(strategy, { [field]: value }))
  expect(form).toBeNull()
  expect(problems).toEqual({ [field]: problem })
})

test('volunteers must do for two of the smallest groups, and for what the strategy needs to look at all', () => {
  expect(readDraft(draftOf('cfl', { volunteers: '4', smallestGroup: '2' })).form).toMatchObject({ volunteers: 4, smallestGroup: 2 })
  expect(readDraft(draftOf('ocfl', { volunteers: '4', smallestGroup: '2' })).problems.volunteers).toBe('OCFL looks for groups among 6 volunteers or more.')
  expect(readDraft(draftOf('cfl', { smallestGroup: '8' })).problems.volunteers).toBe('Two groups of at least 8 need 16 volunteers or more.')
})

test('a view that the strategy can not work from is not asked for', () => {
  expect(readDraft(draftOf('fedavg', { view: 'rows' })).form?.view).toBe('sums')
  expect(readDraft(draftOf('ocfl', { view: 'sums' })).form?.view).toBe('sums')
  expect(readDraft(draftOf('ocfl', { view: 'everything' })).form?.view).toBe('rows')
})
