import { STRATEGIES } from '@shoal/strategies'
import { describe, expect, test } from 'vitest'
import { choiceOf, STRATEGY_CHOICES } from '../../apps/dashboard/src/strategy-choice.ts'
import { optionsOf, readOptions, type StrategyOption } from '../../apps/dashboard/src/strategy-options.ts'

/** What must stand beside a parameter for it to be taken at all. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  epsilon1: { epsilon2: Number.MAX_VALUE },
  epsilon2: { epsilon1: 0 },
  clusters: { method: 'k-means' },
  method: {},
}

const parsed = (strategy: string, options: Readonly<Record<string, unknown>>) => {
  const result = STRATEGIES.get(strategy)?.parseOptions(options)
  if (result === undefined) throw new Error(`there is no strategy ${strategy}`)
  return result
}
const isTaken = (strategy: string, { name }: StrategyOption, value: unknown): boolean => parsed(strategy, { ...BESIDE[name], [name]: value }).ok

describe.each(STRATEGY_CHOICES.map(({ name }) => name))('what the form says of the parameters of %s', (strategy) => {
  test('is every parameter that there is, and no other', () => {
    const refused = parsed(strategy, { 'no such option': 1 })
    const known = refused.ok ? '' : (/there are (.*)$/.exec(refused.failure.detail ?? '')?.[1] ?? '')
    const { groups } = choiceOf(strategy)
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
      const refused = parsed(strategy, { [option.name]: 'no such choice' })
      expect(refused.ok ? '' : refused.failure.detail).toContain(`one of ${option.choices.map(([value]) => value).join(', ')}`)
    }
  })

  test('calls usual what holds where nothing is said', () => {
    const usual = parsed(strategy, {})
    for (const option of optionsOf(strategy)) {
      const value = option.kind === 'number' ? option.usual : option.kind === 'choice' ? option.choices[0][0] : null
      if (value === null) continue
      expect([option.name, parsed(strategy, { [option.name]: value })]).toEqual([option.name, usual])
    }
  })

  test('reads texts into options that are taken', () => {
    for (const option of optionsOf(strategy)) {
      const text = option.kind === 'number' ? String(option.from) : option.kind === 'choice' ? option.choices[option.choices.length - 1]?.[0] : '5, 10'
      const beside = Object.fromEntries(Object.entries(BESIDE[option.name] ?? {}).map(([name, value]) => [name, String(value)]))
      const needed = text === 'k-means' ? { clusters: '2' } : {}
      const { options, problems } = readOptions(strategy, { ...beside, ...needed, [option.name]: text ?? '' })
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
] as const)('%s with %j is refused by the form and by the strategy', (strategy, texts) => {
  expect(readOptions(strategy, texts).problems).not.toEqual({})
  const options = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number.isNaN(Number(text)) ? text : Number(text)]))
  expect(parsed(strategy, options)).toMatchObject({ ok: false })
})
