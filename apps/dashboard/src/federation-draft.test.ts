import { expect, test } from 'vitest'
import { type FederationDraft, type Field, INITIAL_DRAFT, readDraft, withDataKind, withStrategy } from './federation-draft.ts'
import { INITIAL_FORM, requestOf } from './federation-request.ts'

const draftOf = (strategy: string, changes: Partial<FederationDraft> = {}): FederationDraft => ({
  ...withStrategy({ ...INITIAL_DRAFT, operator: 'Ms Ito' }, strategy),
  ...changes,
})

test('what the form starts with lacks only who asks', () => {
  expect(readDraft(INITIAL_DRAFT)).toMatchObject({ form: null, problems: { operator: 'Say who asks: volunteers read it before they agree.' } })
  expect(readDraft({ ...INITIAL_DRAFT, operator: ' Ms Ito ' }).form).toEqual({ ...INITIAL_FORM, operator: 'Ms Ito' })
})

test('another strategy brings its own proposals and keeps what was written', () => {
  const written = withStrategy({ ...INITIAL_DRAFT, rounds: '33', name: 'Leaves' }, 'ocfl')
  expect(written).toMatchObject({ name: 'Leaves', strategy: 'ocfl', rounds: '33', volunteers: '15', targetPercent: '' })
  expect(readDraft({ ...written, operator: 'Ms Ito' }).form).toMatchObject({ privacy: { level: 'masked', view: 'rows' }, smallestGroup: 3 })
  expect(withStrategy(written, 'cfl')).toMatchObject({ rounds: '33', volunteers: '15' })
  expect(readDraft(withStrategy({ ...written, view: 'rows', level: 'sealed', kMin: '4', smallestGroup: '4' }, 'cfl'))).toMatchObject({
    privacy: { privacy: { level: 'sealed', view: 'sums' } },
  })
  expect(withStrategy({ ...written, kMin: '4', smallestGroup: '5' }, 'cfl')).toMatchObject({ kMin: '4', smallestGroup: '5' })
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
  ['fedavg', 'volunteers', '2', 'Sums are over 3 volunteers or more. For fewer there is “Encrypted to the operator”.'],
  ['fedavg', 'kMin', '2', 'A whole number from 3 to 255.'],
  ['fedavg', 'cohortSize', '256', 'A whole number from 3 to 255.'],
  ['fedavg', 'clip', '0', 'A number above 0 and up to 1000.'],
  ['cfl', 'kMin', '4.5', 'A whole number from 3 to 255.'],
])('%s, %s %j: refused in words', (strategy, field, value, problem) => {
  const { form, problems } = readDraft(draftOf(strategy, { [field]: value }))
  expect(form).toBeNull()
  expect(problems).toEqual({ [field]: problem })
})

test('volunteers must do for two of the smallest groups, and for what the strategy needs to look at all', () => {
  const few = { volunteers: '4', smallestGroup: '2', level: 'sealed' }
  expect(readDraft(draftOf('cfl', few)).form).toMatchObject({ volunteers: 4, smallestGroup: 2 })
  expect(readDraft(draftOf('ocfl', few)).problems.volunteers).toBe('OCFL looks for groups among 6 volunteers or more.')
  expect(readDraft(draftOf('cfl', { smallestGroup: '8' })).problems.volunteers).toBe('Two groups of at least 8 need 16 volunteers or more.')
})

test('groups are never smaller than the sums that are opened', () => {
  expect(readDraft(draftOf('cfl', { volunteers: '30' })).form).toMatchObject({ smallestGroup: 8, privacy: { masking: { kMin: 8 } } })
  expect(readDraft(draftOf('cfl', { volunteers: '30', level: 'sealed' })).form).toMatchObject({ smallestGroup: 3 })
  expect(readDraft(draftOf('cfl', { volunteers: '30', smallestGroup: '7' })).problems).toEqual({
    smallestGroup: 'No sum over fewer than 8 is opened, so a smaller group would never be trained.',
  })
})

test('parameters, training and cohort rules are as usual where nothing is written, and as written where something is', () => {
  const { form } = readDraft(
    draftOf('ocfl', {
      options: { 'ocfl.patience': '2', 'ocfl.method': 'mean-shift', 'cfl.normRatio': '0.2' },
      proximalMu: '0.1',
      cohortPercent: '50',
      deadlineSeconds: '30',
    }),
  )
  expect(form).toMatchObject({ options: { patience: 2, method: 'mean-shift' }, train: { proximalMu: 0.1 }, cohort: { cohortPercent: 50, deadlineSeconds: 30 } })
  const request = requestOf(form ?? INITIAL_FORM, 'seed')
  expect(request.strategy.options).toEqual({ patience: 2, method: 'mean-shift', minClusterSize: 3 })
  expect(request).toMatchObject({ train: { steps: 32, proximalMu: 0.1 }, cohort: { fraction: 0.5, max: 10_000 }, deadlineMs: 30_000 })
})

test.each<[string, Partial<FederationDraft>, Readonly<Record<string, string>>]>([
  ['a parameter', { options: { 'cfl.normRatio': '2' } }, { 'option.normRatio': 'A number from 0 to 1.' }],
  ['a learning rate of nothing', { learningRate: '0' }, { learningRate: 'A number above 0 and up to 10.' }],
  ['a cohort below what is needed', { cohortMost: '14' }, { cohortMost: 'A round needs 15 volunteers: not fewer.' }],
  ['no files of a model', { architecture: 'uploaded' }, { architecture: 'Choose the model’s files, or another model.' }],
  ['no classes', { classes: '' }, { classes: 'From 2 to 1000 classes, one a line; there are 0.' }],
])('%s that is wrong is told where it stands', (_, changes, problems) => {
  expect(readDraft(draftOf('cfl', changes))).toMatchObject({ form: null, problems })
})

test('other data than digits get a model that the server makes', () => {
  expect(readDraft(draftOf('fedavg', { channels: '3' })).form?.model).toEqual({ architecture: 'proposed' })
})

test('points without classes and the strategies that sort them come together, and go together', () => {
  expect(withStrategy(INITIAL_DRAFT, 'k-fed')).toMatchObject({ strategy: 'k-fed', dataKind: 'points', rounds: '1', volunteers: '4', targetPercent: '' })
  expect(withStrategy(withStrategy(INITIAL_DRAFT, 'k-fed'), 'uifca')).toMatchObject({ strategy: 'uifca', dataKind: 'points', rounds: '60' })
  expect(withStrategy(withStrategy(INITIAL_DRAFT, 'uifca'), 'ifca')).toMatchObject({ strategy: 'ifca', dataKind: 'image', rounds: '15', volunteers: '16' })
  expect(withDataKind(INITIAL_DRAFT, 'points')).toMatchObject({ strategy: 'uifca', dataKind: 'points' })
  expect(withDataKind(withStrategy(INITIAL_DRAFT, 'k-fed'), 'points')).toMatchObject({ strategy: 'k-fed', dataKind: 'points' })
  expect(withDataKind(withStrategy(INITIAL_DRAFT, 'k-fed'), 'text')).toMatchObject({ strategy: 'fedavg', dataKind: 'text' })
  expect(withDataKind(withStrategy(INITIAL_DRAFT, 'cfl'), 'text')).toMatchObject({ strategy: 'cfl', dataKind: 'text' })
})

test('of points no answer is judged, and no accuracy ends it', () => {
  const { form } = readDraft(draftOf('uifca', { pointColumns: 'a,b', targetPercent: '90' }))
  if (form === null) throw new Error('a form that is right')
  expect(requestOf(form, 'seed')).toMatchObject({
    strategy: { name: 'uifca', options: { clusters: 4 } },
    model: { architecture: 'affine-flow' },
    evaluation: { onClients: false },
    stop: { rounds: 60, accuracy: null },
    train: { steps: 15, batchSize: 64, learningRate: 0.01 },
  })
})

test('no expert is made unless somebody asks for one', () => {
  const { form } = readDraft(draftOf('cfl', { options: { 'disue.every': '5' } }))
  expect(form?.expert).toBeNull()
  expect(requestOf(form ?? INITIAL_FORM, 'seed').strategy).not.toHaveProperty('expert')
})

test.each(['cfl', 'ocfl', 'ifca', 'flux'])('%s with an expert: what was changed of it stands beside the strategy’s own options', (strategy) => {
  const options = { 'disue.every': '5', 'disue.isGated': 'off', [`${strategy}.clusters`]: '' }
  const { form, problems } = readDraft(draftOf(strategy, { expert: 'disue', options }))
  expect(problems).toEqual({})
  expect(requestOf(form ?? INITIAL_FORM, 'seed').strategy).toMatchObject({ name: strategy, expert: { options: { every: 5, isGated: false } } })
})

test.each(['fedavg', 'uifca', 'k-fed'])(
  '%s has no groups of volunteers: an expert that was asked for before is left out, and its mistakes with it',
  (strategy) => {
    const { form, problems } = readDraft(draftOf(strategy, { expert: 'disue', options: { 'disue.every': '0' }, pointColumns: 'x, y' }))
    expect(problems).toEqual({})
    expect(form?.expert).toBeNull()
  },
)

test.each([
  ['cfl', { 'disue.every': '0' }, 'every', 'A whole number from 1 to 1000.'],
  ['flux', { 'disue.start': 'candidate' }, 'start', 'Only IFCA’s devices choose among models.'],
  ['ifca', { 'ifca.heads': '1' }, 'start', 'Not where groups share their first layers: choose another, or set those of each group to 0.'],
])('an expert of %s with %j is refused at its field', (strategy, options, field, problem) => {
  expect(readDraft(draftOf(strategy, { expert: 'disue', options })).problems).toEqual({ [`expert.${field}`]: problem })
  expect(readDraft(draftOf(strategy, { expert: '', options })).problems).toEqual({})
})

test('FLUX must be told how many groups there are where totals only are looked at, and finds out by itself where single fingerprints are', () => {
  const problem = 'Where totals only are looked at, the number of groups is not found but given.'
  expect(readDraft(draftOf('flux')).problems).toEqual({})
  expect(readDraft(draftOf('flux', { view: 'sums' })).problems).toEqual({ 'option.clusters': problem })
  expect(readDraft(draftOf('flux', { view: 'sums', options: { 'flux.clusters': '3' } })).form).toMatchObject({ options: { clusters: 3 } })
})
