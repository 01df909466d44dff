import { expect, test } from 'vitest'
import type { Plot } from './plot.ts'
import { meanSeries } from './plot.ts'
import { renderPlot, shownNumber } from './plot-svg.ts'
import { renderReproductionPage } from './report-page.ts'
import { countVerdicts, type ExperimentResult, verdictTable } from './verdict-table.ts'

const plot: Plot = {
  title: 'Gap <by round>',
  xLabel: 'round',
  yLabel: 'gap & more',
  caption: 'Of two seeds.',
  series: [
    {
      name: 'seed 1',
      points: [
        [1, -0.5],
        [2, 0.5],
      ],
    },
    {
      name: 'seed 2',
      points: [
        [1, 0],
        [2, 0.25],
      ],
    },
  ],
  marks: [{ x: 2, label: 'split' }],
}
const result: ExperimentResult = {
  id: 'S9',
  mode: 'full',
  title: 'a < b',
  notes: ['chosen by measurement'],
  figures: [
    { name: 'first', paper: '1', ours: '1.01', tolerance: '0.1', verdict: 'reached' },
    { name: 'second', paper: '2', ours: '0 of 5 runs finished', tolerance: '0.1', verdict: 'not run' },
  ],
}

test('a plot has labels, a legend, marks, a zero line, and escapes what it is told', () => {
  const svg = renderPlot(plot)
  for (const part of ['>round<', 'gap &#38; more', '>seed 2<', '>split<', 'class="zero"', 'aria-label="Gap &#60;by round&#62;"']) expect(svg).toContain(part)
  expect(svg).not.toContain('NaN')
})

test('a logarithmic axis leaves out what it can not show; equal values still have an axis', () => {
  const svg = renderPlot({
    ...plot,
    marks: [],
    scale: { x: 'log', y: 'log' },
    series: [
      {
        name: 'a',
        points: [
          [1, 0],
          [10, 2],
          [100, 2],
        ],
      },
    ],
  })
  expect(svg).not.toMatch(/NaN|Infinity/)
  expect(svg.match(/<circle/g)).toHaveLength(2)
})

test('the page needs nothing from elsewhere: no script, no address, both colour schemes, a table beside the plot', () => {
  const page = renderReproductionPage('Shoal: cfl', [['seeds', '1, 2']], [{ result, plots: [plot] }])
  expect(page).not.toMatch(/<script|https?:|src=|@import/)
  expect(page).toContain('prefers-color-scheme:dark')
  expect(page).toContain('<td class="reached">reached</td>')
  expect(page).toContain('<td class="not-run">not run</td>')
  expect(page).toContain('<th scope="row">2</th><td>0.5</td><td>0.25</td>')
})

test('the terminal table shows every figure, and a quick run says that it is one', () => {
  expect(verdictTable([result])).toMatch(/first +1 +1\.01 +0\.1 +reached\n/)
  expect(verdictTable([{ ...result, mode: 'quick' }])).toContain('reached (quick)')
  expect(countVerdicts([result])).toEqual({ reached: 1, missed: 0, 'not run': 1 })
})

test('means are taken where a curve has a value', () => {
  expect(
    meanSeries('m', [
      [
        [1, 1],
        [2, 3],
      ],
      [[2, 5]],
    ]).points,
  ).toEqual([
    [1, 1],
    [2, 4],
  ])
  expect([0, 0.1234567, 12345.6, 1e-5].map(shownNumber)).toEqual(['0', '0.123', '12300', '1.0e-5'])
})
