import { expect, test } from 'vitest'
import { configFileName, configFileOf, readConfigFile } from './config-file.ts'
import { INITIAL_FORM, requestOf } from './federation-request.ts'

const request = requestOf({ ...INITIAL_FORM, operator: 'Ms Ito' }, 'a seed')
const changed = (change: (whole: Record<string, Record<string, unknown>>) => void): string => {
  const whole = JSON.parse(configFileOf(request)) as Record<string, Record<string, unknown>>
  change(whole)
  return JSON.stringify(whole)
}

test('what is saved is read again as it was', () => {
  expect(readConfigFile(configFileOf(request), 'another seed')).toEqual({ request })
})

test('so is an expert', () => {
  const withExpert = requestOf({ ...INITIAL_FORM, operator: 'Ms Ito', strategy: 'cfl', expert: { every: 5 } }, 'a seed')
  expect(withExpert.strategy.expert).toEqual({ options: { every: 5 } })
  expect(readConfigFile(configFileOf(withExpert), 'another seed')).toEqual({ request: withExpert })
})

test('the seed may be left out, the parameters may be there, and a start is kept', () => {
  const text = changed((whole) => {
    delete whole.seed
    whole.model = { ...whole.model, parameters: [{ name: 'a', shape: [2] }], start: 'b'.repeat(64) }
  })
  expect(readConfigFile(text, 'another seed')).toEqual({ request: { ...request, seed: 'another seed', model: { ...request.model, start: 'b'.repeat(64) } } })
})

test.each<[string, string, readonly { path: string; problem: string }[]]>([
  ['nothing', ' ', [{ path: '', problem: 'Choose a file, or paste its text.' }]],
  ['a list', '[]', [{ path: '', problem: 'A configuration is one JSON object: { … }.' }]],
  ['a number too small', changed((whole) => Object.assign(whole.train ?? {}, { steps: 0 })), [{ path: 'train.steps', problem: 'Must be at least 1.' }]],
  ['a number too large', changed((whole) => Object.assign(whole.train ?? {}, { momentum: 1 })), [{ path: 'train.momentum', problem: 'Must be below 1.' }]],
  ['half a step', changed((whole) => Object.assign(whole.train ?? {}, { steps: 1.5 })), [{ path: 'train.steps', problem: 'Must be a whole number.' }]],
  ['a field that is missing', changed((whole) => delete whole.cohort?.min), [{ path: 'cohort.min', problem: 'Missing: a number.' }]],
  [
    'a field that there is not',
    changed((whole) => Object.assign(whole.stop ?? {}, { never: 1 })),
    [{ path: 'stop.never', problem: 'There is no such field.' }],
  ],
  [
    'a level that there is not',
    changed((whole) => Object.assign(whole.privacy ?? {}, { level: 'open' })),
    [{ path: 'privacy.level', problem: 'Must be one of sealed, masked, masked+dp.' }],
  ],
  ['one class', changed((whole) => Object.assign(whole.data ?? {}, { classes: ['a'] })), [{ path: 'data.classes', problem: 'Must be a list of at least 2.' }]],
  ['no name', changed((whole) => Object.assign(whole, { name: '' })), [{ path: 'name', problem: 'Must be a text of at least 1 character.' }]],
])('%s is refused where it stands', (_, text, problems) => {
  expect(readConfigFile(text, 'seed')).toEqual({ problems })
})

test('no JSON is told with the place where it ends to be one', () => {
  expect(readConfigFile('{"name": }', 'seed')).toMatchObject({ problems: [{ path: '', problem: expect.stringContaining('This is no JSON') }] })
})

test.each([
  ['Händedruck & Co', 'ha-ndedruck-co-configuration.json'],
  ['数字', 'federation-configuration.json'],
])('the file of %s is called %s', (name, file) => {
  expect(configFileName({ name })).toBe(file)
})
