import { ifca, STRATEGIES, withExpert } from '@shoal/strategies'
import { describe, expect, test } from 'vitest'
import { choiceOf, EXPERT, STRATEGY_CHOICES } from '../../apps/dashboard/src/strategy-choice.ts'
import type { StrategyOption } from '../../apps/dashboard/src/strategy-option.ts'
import { optionsOf, readOptions } from '../../apps/dashboard/src/strategy-options.ts'

/** What must stand beside a parameter for it to be taken at all. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'cfl.epsilon1': { epsilon2: Number.MAX_VALUE },
  'cfl.epsilon2': { epsilon1: 0 },
  'ocfl.clusters': { method: 'k-means' },
  'flux.epsilon': { dp: 'paper' },
  'flux.bound': { dp: 'sound' },
  'flux.floorFactor': { capFactor: 1000 },
  'flux.capFactor': { floorFactor: 0 },
  'uifca.clusters': { restarts: 1 },
  'uifca.restarts': { clusters: 1 },
  'uifca.folds': { restarts: 1 },
  'uifca.localClusters': { init: 'k-fed', clusters: 256 },
  'k-fed.localClusters': { clusters: 256 },
}
/** What a strategy takes nothing for granted in, as the form sends it. */
const neededOf = (strategy: string): Readonly<Record<string, unknown>> => readOptions(strategy, {}).options

const parsed = (strategy: string, options: Readonly<Record<string, unknown>>) => {
  // Beside IFCA an expert has every choice that there is.
  const result = strategy === EXPERT ? withExpert(ifca).parseOptions({ expert: options }) : STRATEGIES.get(strategy)?.parseOptions(options)
  if (result === undefined) throw new Error(`there is no strategy ${strategy}`)
  return result
}
const isTaken = (strategy: string, { name }: StrategyOption, value: unknown): boolean =>
  parsed(strategy, { ...neededOf(strategy), ...BESIDE[`${strategy}.${name}`], [name]: value }).ok

const lastChoiceOf = (option: StrategyOption): string => (option.kind === 'choice' ? (option.choices.at(-1)?.[0] ?? '') : '')

describe.each([...STRATEGY_CHOICES.map(({ name }) => name), EXPERT])('what the form says of the parameters of %s', (strategy) => {
  test('is every parameter that there is, and no other', () => {
    const refused = parsed(strategy, { ...neededOf(strategy), 'no such option': 1 })
    const known = refused.ok ? '' : (/there are (.*)$/.exec(refused.failure.detail ?? '')?.[1] ?? '')
    const groups = strategy === EXPERT ? null : choiceOf(strategy).groups
    const offered = [...optionsOf(strategy).map(({ name }) => name), ...(groups === null ? [] : [groups.option])]
    expect(offered.sort()).toEqual(known === '' ? [] : known.split(', ').sort())
  })

  test('has the bounds that are enforced', () => {
    for (const option of optionsOf(strategy)) {
      if (option.kind !== 'number') continue
      const step = option.isWhole ? 1 : 1e-6
      expect([option.name, isTaken(strategy, option, option.from), isTaken(strategy, option, option.from - step)]).toEqual([option.name, true, false])
      if (option.to === Number.MAX_VALUE) continue
      expect([option.name, isTaken(strategy, option, option.to), isTaken(strategy, option, option.to + step)]).toEqual([option.name, true, false])
      expect([option.name, isTaken(strategy, option, option.from + 0.5)]).toEqual([option.name, option.isWhole !== true])
    }
  })

  test('has the choices that there are', () => {
    for (const option of optionsOf(strategy)) {
      if (option.kind !== 'choice') continue
      const refused = parsed(strategy, { ...neededOf(strategy), [option.name]: 'no such choice' })
      expect(refused.ok ? '' : refused.failure.detail).toContain(`one of ${option.choices.flatMap(([value]) => (value === '' ? [] : [value])).join(', ')}`)
    }
  })

  test('calls usual what holds where nothing is said', () => {
    const needed = neededOf(strategy)
    const usual = parsed(strategy, needed)
    expect(usual).toMatchObject({ ok: true })
    for (const option of optionsOf(strategy)) {
      const value = option.kind === 'number' ? option.usual : option.kind === 'choice' ? option.choices[0][0] : option.kind === 'switch' ? option.usual : null
      if (value === null || value === '') continue
      expect([option.name, parsed(strategy, { ...needed, [option.name]: value })]).toEqual([option.name, usual])
    }
  })

  test('reads texts into options that are taken', () => {
    for (const option of optionsOf(strategy)) {
      const text = {
        number: () => String(option.kind === 'number' && option.from),
        choice: () => lastChoiceOf(option),
        switch: () => 'off',
        rounds: () => '5, 10',
      }[option.kind]()
      const beside = Object.fromEntries(Object.entries(BESIDE[`${strategy}.${option.name}`] ?? {}).map(([name, value]) => [name, String(value)]))
      const needed = text === 'k-means' ? { clusters: '2' } : {}
      const { options, problems } = readOptions(strategy, { ...beside, ...needed, [option.name]: text })
      expect(problems).toEqual({})
      expect(options).toHaveProperty(option.name)
      expect(parsed(strategy, options)).toMatchObject({ ok: true })
    }
  })
})

test.each([
  ['cfl', { epsilon1: '1' }],
  ['cfl', { epsilon2: '1' }],
  ['cfl', { epsilon1: '2', epsilon2: '1' }],
  ['cfl', { normRatio: '0.2', epsilon1: '1', epsilon2: '2' }],
  ['cfl', { normRatio: '0.2', splitEvery: '5' }],
  ['cfl', { splitEvery: '0' }],
  ['cfl', { splitEvery: '1, x' }],
  ['ocfl', { method: 'k-means' }],
  ['ocfl', { clusters: '3' }],
  ['ifca', { start: 'pre-train', restarts: '2' }],
  ['flux', { rule: 'elbow', floorFactor: '1.3' }],
  ['flux', { rule: 'elbow', capFactor: '2' }],
  ['flux', { floorFactor: '1.6' }],
  ['flux', { clusters: '3', rule: 'elbow' }],
  ['flux', { clusterAt: '3', threshold: '0.1' }],
  ['flux', { clusterAt: '3', latestShare: '0.5' }],
  ['flux', { epsilon: '1' }],
  ['flux', { bound: '1' }],
  ['flux', { dp: 'paper', bound: '1' }],
  ['flux', { dp: 'sound' }],
  ['flux', { dp: 'sound', bound: '1', rule: 'elbow+floor' }],
  ['k-fed', { clusters: '3', localClusters: '4' }],
  ['uifca', { clusters: '3', localClusters: '3' }],
  ['uifca', { clusters: '3', init: 'k-fed', localClusters: '4' }],
  ['uifca', { clusters: '3', init: 'k-fed', restarts: '2' }],
  ['uifca', { clusters: '3', init: 'k-fed', start: 'models' }],
  ['uifca', { clusters: '3', folds: '2' }],
  ['uifca', { clusters: '256', restarts: '5' }],
] as const)('%s with %j is refused by the form and by the strategy', (strategy, texts) => {
  expect(readOptions(strategy, texts).problems).not.toEqual({})
  const options = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number.isNaN(Number(text)) ? text : Number(text)]))
  expect(parsed(strategy, options)).toMatchObject({ ok: false })
})
