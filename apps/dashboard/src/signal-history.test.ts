import { expect, test } from 'vitest'
import { type Gauge, gaugeOf, seriesOf, signalTableOf, whyTogether } from './signal-history.ts'
import { roundOf } from './testing-view.ts'

const RATIO = gaugeOf('cfl') as Gauge
const TEMPERATURE = gaugeOf('ocfl') as Gauge

const TORN = [
  roundOf(0, { signals: { 'mean-norm.0': 2, 'max-norm.0': 4, 'ratio.0': 0.5 } }),
  roundOf(1, { signals: { 'ratio.0': 0.2, 'contrast.0': 0.7 } }),
  roundOf(2, { signals: { 'ratio.1': 0.6, 'ratio.0': 0.4 } }),
]

test('each group has a curve of its ratio, under an edge that the limit fits below', () => {
  expect(seriesOf(TORN, RATIO)).toEqual({
    series: [
      {
        cluster: 0,
        points: [
          { x: 0, y: 0.5 },
          { x: 1, y: 0.2 },
          { x: 2, y: 0.4 },
        ],
      },
      { cluster: 1, points: [{ x: 2, y: 0.6 }] },
    ],
    top: 1,
  })
  expect(seriesOf([roundOf(0, { signals: { 'ratio.0': 0.01 } })], RATIO).top).toBe(0.5)
})

test('the temperature of the only group has no number', () => {
  const rounds = [0.2, 0.15, 0.42].map((temperature, round) => roundOf(round, { signals: { temperature, silhouette: 0.5 } }))
  expect(seriesOf(rounds, TEMPERATURE)).toEqual({
    series: [
      {
        cluster: 0,
        points: [
          { x: 0, y: 0.2 },
          { x: 1, y: 0.15 },
          { x: 2, y: 0.42 },
        ],
      },
    ],
    top: 0.5,
  })
})

test('nothing measured is no curve', () => {
  expect(seriesOf([roundOf(0)], TEMPERATURE)).toEqual({ series: [], top: 1 })
})

test('the table has a row for each round and group, newest first, with what was measured there', () => {
  const { rows, measures } = signalTableOf(TORN)
  expect(measures).toEqual(['mean-norm', 'max-norm', 'ratio', 'contrast'])
  expect(rows).toEqual([
    { round: 2, cluster: 0, values: { ratio: 0.4 } },
    { round: 2, cluster: 1, values: { ratio: 0.6 } },
    { round: 1, cluster: 0, values: { ratio: 0.2, contrast: 0.7 } },
    { round: 0, cluster: 0, values: { 'mean-norm': 2, 'max-norm': 4, ratio: 0.5 } },
  ])
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
  expect(gaugeOf('fedavg')).toBeNull()
})
