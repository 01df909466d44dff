import { expect, test } from 'vitest'
import { type Gauge, gaugeOf, normCurvesOf, signalCurvesOf, signalTable, whyTogether } from './signal-history.ts'
import { roundOf } from './testing-view.ts'

const RATIO = gaugeOf('cfl', {}) as Gauge
const TEMPERATURE = gaugeOf('ocfl', {}) as Gauge

const TORN = [
  roundOf(0, { signals: { 'mean-norm.0': 2, 'max-norm.0': 4, 'ratio.0': 0.5 } }),
  roundOf(1, { signals: { 'ratio.0': 0.2, 'contrast.0': 0.7 } }),
  roundOf(2, { signals: { 'ratio.1': 0.6, 'ratio.0': 0.4 } }),
]

test('each group has a curve of its own, with gaps where it was not read', () => {
  expect(signalCurvesOf(TORN, 'ratio').map(({ cluster, title, values }) => [cluster, title, values])).toEqual([
    [0, 'Group 1', [0.5, 0.2, 0.4]],
    [1, 'Group 2', [null, null, 0.6]],
  ])
})

test('the temperature of the only group has no number, and nothing measured is no curve', () => {
  const rounds = [0.2, 0.15].map((temperature, round) => roundOf(round, { signals: { temperature, silhouette: 0.5 } }))
  expect(signalCurvesOf(rounds, 'temperature').map(({ values }) => values)).toEqual([[0.2, 0.15]])
  expect(signalCurvesOf([roundOf(0)], 'temperature')).toEqual([])
})

test('the mean update stands beside the largest and its share that is the limit', () => {
  expect(normCurvesOf(TORN, 0, 0.3).map(({ values }) => values)).toEqual([
    [2, null, null],
    [4, null, null],
    [1.2, null, null],
  ])
  expect(normCurvesOf(TORN, 7, 0.3).map(({ values }) => values)).toEqual([[], [], []])
})

test('the table has a row for each round and group, newest first, with what was measured there', () => {
  expect(signalTable(TORN)).toEqual({
    columns: ['Round', 'Group', 'Mean update', 'Largest update', 'Mean / largest', 'Contrast'],
    rows: [
      [2, 1, null, null, 0.4, null],
      [2, 2, null, null, 0.6, null],
      [1, 1, null, null, 0.2, 0.7],
      [0, 1, 2, 4, 0.5, null],
    ],
  })
})

test('one group is explained by what was measured last', () => {
  expect(whyTogether([], RATIO)).toBe('No round has ended yet.')
  expect(whyTogether([roundOf(0)], RATIO)).toBe('Nothing was measured yet that could tell groups apart.')
  expect(whyTogether(TORN.slice(0, 1), RATIO)).toBe('In round 0 the mean update was 0.50 of the largest: the volunteers still pull the same way.')
  expect(whyTogether(TORN.slice(0, 2), RATIO)).toBe('In round 1 the mean update was 0.20 of the largest: they pull apart.')
  expect(whyTogether([roundOf(3, { signals: { temperature: 0.2 } })], TEMPERATURE)).toBe(
    'The shared direction is not used up: the temperature was 0.20 in round 3 and had not risen.',
  )
})

test('strategies without groups have no gauge', () => {
  expect(gaugeOf('fedavg', {})).toBeNull()
})

test('the limit of CFL is the one that the federation was set up with, and none is drawn before it is known', () => {
  const limitOf = (options: Readonly<Record<string, unknown>> | null) => gaugeOf('cfl', options)?.limit
  expect([limitOf({}), limitOf({ normRatio: 0.8 }), limitOf(null)]).toEqual([0.3, 0.8, null])
  expect(gaugeOf('cfl', { normRatio: 0.8 })?.sentence).toContain('Below the dashed line (0.80)')
  expect(normCurvesOf(TORN, 0, null)).toHaveLength(2)
})

test("where CFL goes by the paper's lengths or by rounds, those are told in place of the limit", () => {
  expect(gaugeOf('cfl', { epsilon1: 0.2, epsilon2: 0.5 })).toMatchObject({
    limit: null,
    lengths: [
      { y: 0.2, words: 'mean below 0.2' },
      { y: 0.5, words: 'largest above 0.5' },
    ],
  })
  const everyFive = gaugeOf('cfl', { splitEvery: 5 })
  expect(everyFive).toMatchObject({ limit: null, sentence: expect.stringContaining('every 5 rounds') })
  expect(gaugeOf('cfl', { splitEvery: [3, 9] })?.sentence).toContain('in round 3, 9')
  expect(whyTogether(TORN.slice(0, 1), everyFive as Gauge)).toBe('In round 0 the mean update was 0.50 of the largest.')
})
