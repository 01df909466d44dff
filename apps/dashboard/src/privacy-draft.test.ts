import { expect, test } from 'vitest'
import { levelOf, viewInWords } from './privacy-choice.ts'
import { isSmall, PRIVACY_FIELDS, type PrivacyDraft, readPrivacy } from './privacy-draft.ts'
import { choiceOf } from './strategy-choice.ts'

const EMPTY = Object.fromEntries(PRIVACY_FIELDS.map((field) => [field, ''])) as PrivacyDraft
const readingOf = (changes: Partial<PrivacyDraft>, volunteers = 40, strategy = 'fedavg') =>
  readPrivacy({ ...EMPTY, ...changes }, choiceOf(strategy), volunteers)

test('masked by sums unless somebody says otherwise; what the page does not know is that too', () => {
  expect(readingOf({}).privacy).toEqual({ level: 'masked', view: 'sums', masking: { kMin: 8, cohortSize: 32, kDiff: 3, ring: 16, clip: 10 } })
  expect(levelOf('open')).toBe('masked')
})

test('with fewer than 16 volunteers sums are small', () => {
  expect(readingOf({}, 15).privacy.masking).toMatchObject({ kMin: 3 })
  expect(readingOf({}, 16).privacy.masking).toMatchObject({ kMin: 8 })
  expect([3, 7, 8].map((kMin) => isSmall({ kMin, cohortSize: 32, kDiff: 3, ring: 16, clip: 10 }))).toEqual([true, true, false])
})

test('sealed has neither masks nor noise, whatever is left in their fields', () => {
  expect(readingOf({ level: 'sealed', kMin: 'x', clip: '-1', budget: '0' }, 1)).toMatchObject({ privacy: { level: 'sealed', view: 'sums' }, problems: {} })
  expect(readingOf({ level: 'sealed' }).privacy).not.toHaveProperty('masking')
})

test('updates may travel in one byte a number where they are not masked', () => {
  expect(readingOf({ level: 'sealed', encoding: 'int8' }).privacy).toEqual({ level: 'sealed', view: 'sums', encoding: 'int8' })
  expect(readingOf({ level: 'masked', encoding: 'int8' }).privacy).not.toHaveProperty('encoding')
})

test('updates may be compared where they carry no noise, and shortened where the server sees them', () => {
  expect(readingOf({ level: 'sealed', robust: 'clipped' }).privacy).toEqual({ level: 'sealed', view: 'sums', robust: 'clipped' })
  expect(readingOf({ level: 'masked', robust: 'median' }).privacy).toMatchObject({ level: 'masked', robust: 'median' })
  expect(readingOf({ level: 'masked', robust: 'clipped' }).privacy).not.toHaveProperty('robust')
  expect(readingOf({ level: 'masked+dp', robust: 'median' }).privacy).not.toHaveProperty('robust')
  expect(readingOf({ level: 'sealed', robust: 'loudest' }).privacy).not.toHaveProperty('robust')
})

test('what a person wrote is what is asked for', () => {
  expect(readingOf({ kMin: '5', cohortSize: '20', ring: '32', clip: '2.5' }).privacy.masking).toEqual({
    kMin: 5,
    cohortSize: 20,
    kDiff: 3,
    ring: 32,
    clip: 2.5,
  })
})

test('noise needs sums, the large ring, and sums as large as they come', () => {
  expect(readingOf({ level: 'masked+dp', view: 'rows', ring: '16' }, 200, 'ocfl').privacy).toEqual({
    level: 'masked+dp',
    view: 'sums',
    masking: { kMin: 8, cohortSize: 200, kDiff: 3, ring: 32, clip: 1 },
    dp: { noiseMultiplier: 4, delta: 1e-5, budget: 8, assumeDropped: 0.3, assumeColluding: 20 },
  })
  expect(readingOf({ level: 'masked+dp' }, 1000).privacy.masking?.cohortSize).toBe(255)
  expect(readingOf({ level: 'masked+dp' }, 5).privacy).toMatchObject({ masking: { cohortSize: 32 }, dp: { assumeColluding: 0 } })
  expect(readingOf({ level: 'masked', view: '' }, 200, 'ocfl').privacy.view).toBe('rows')
})

test.each<[string, Partial<PrivacyDraft>, number, object]>([
  [
    'a sum that may come out below kMin',
    { kMin: '8', cohortSize: '10' },
    40,
    { cohortSize: 'Some sums come out a quarter smaller: for 8 in each this must be 11 or more.' },
  ],
  ['fewer volunteers than kMin', { kMin: '8' }, 5, { volunteers: expect.stringContaining('No sum over fewer than 8 is opened') }],
  ['noise of 0', { level: 'masked+dp', noiseMultiplier: '0' }, 40, { noiseMultiplier: 'A number above 0 and up to 1000.' }],
  ['a budget that is none', { level: 'masked+dp', budget: 'much' }, 40, { budget: 'A number above 0 and up to 1000.' }],
  ['delta 1', { level: 'masked+dp', delta: '1' }, 40, { delta: expect.stringContaining('below 1') }],
  ['all leave', { level: 'masked+dp', droppedPercent: '100' }, 40, { droppedPercent: 'A number from 0 to 90.' }],
  ['nobody is left to add noise', { level: 'masked+dp', colluding: '28' }, 40, { colluding: 'Only 28 are sure to stay: of them somebody must add noise.' }],
])('%s is refused in words', (_, changes, volunteers, problems) => {
  expect(readingOf(changes, volunteers).problems).toEqual(problems)
})

test('a wrong number of volunteers is told once, where it stands', () => {
  expect(readingOf({}, Number.NaN).problems).toEqual({})
})

test('at level sealed nothing is said of who is hidden from this server, at the others it is', () => {
  expect(viewInWords('sums', 'sealed')).not.toContain('server')
  expect(viewInWords('sums', 'masked')).toContain('no sketch of a single update')
  expect(viewInWords('rows', 'masked')).toContain('does not say whose it is')
})
