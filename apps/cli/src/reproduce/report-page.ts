import type { Plot } from './plot.ts'
import { escaped, renderPlot, shownNumber } from './plot-svg.ts'
import { type ExperimentResult, shownVerdict } from './verdict-table.ts'

/** Rows of the table beside a plot; longer curves are thinned to about as many. */
const MOST_ROWS = 40

const STYLE = `:root{color-scheme:light dark;--ink:#1b2733;--page:#fff;--faint:#d5dde5;--quiet:#52606d;--ok:#1a7f4b;--bad:#b3261e;
--c0:#0b62a8;--c1:#b0480a;--c2:#1a7f4b;--c3:#8a3ffc;--c4:#a11a5b;--c5:#5c6b00;--c6:#007d79;--c7:#6f4e37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--page:#11181f;--faint:#33404d;--quiet:#9fb0c0;--ok:#5fd39a;--bad:#ff8f87;
--c0:#6cb6ff;--c1:#ffa657;--c2:#5fd39a;--c3:#c9a5ff;--c4:#ff8cc6;--c5:#d2dc5a;--c6:#4fd8d2;--c7:#d8b39a}}
body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--page)}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--faint);font-variant-numeric:tabular-nums}
.reached{color:var(--ok);font-weight:600}.missed{color:var(--bad);font-weight:600}
figure{margin:1.5rem 0;display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:1rem;align-items:start}figcaption{grid-column:1/-1}
figure div{max-height:24rem;overflow:auto}figure th,figure td{text-align:right;padding:.1rem .5rem;font-size:.8rem}
@media (max-width:50rem){figure{grid-template-columns:minmax(0,1fr)}}
svg{width:100%;height:auto}svg rect{fill:none;stroke:var(--faint)}svg text{font-size:12px;fill:var(--quiet)}line.grid{stroke:var(--faint)}line.zero{stroke:var(--ink)}line.mark{stroke:var(--quiet);stroke-dasharray:3 3}
polyline{fill:none;stroke-width:2}${Array.from({ length: 8 }, (_, index) => `polyline.c${index},line.c${index}{stroke:var(--c${index});stroke-width:2}circle.c${index}{fill:var(--c${index})}`).join('')}`

/** The plot's numbers: a row per x, a column per curve. */
function tableOf({ xLabel, series }: Plot): string {
  const columns = series.map(({ points }) => new Map(points))
  const all = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((left, right) => left - right)
  const step = Math.ceil(all.length / MOST_ROWS)
  const shown = all.filter((_, index) => index % step === 0 || index === all.length - 1)
  const rows = shown.map((x) => {
    const cells = columns.map((column) => {
      const y = column.get(x)
      return `<td>${y === undefined ? '' : shownNumber(y)}</td>`
    })
    return `<tr><th scope="row">${shownNumber(x)}</th>${cells.join('')}</tr>`
  })
  return `<div tabindex="0"><table><thead><tr><th scope="col">${escaped(xLabel)}</th>${series.map(({ name }) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

const plotOf = (plot: Plot): string =>
  `<figure><figcaption><strong>${escaped(plot.title)}.</strong> ${escaped(plot.caption)}</figcaption>${renderPlot(plot)}${tableOf(plot)}</figure>`

function sectionOf({ id, mode, title, notes, figures }: ExperimentResult, plots: readonly Plot[]): string {
  const rows = figures.map(
    ({ name, paper, ours, tolerance, verdict }) =>
      `<tr><th scope="row">${escaped(name)}</th><td>${escaped(paper)}</td><td>${escaped(ours)}</td><td>${escaped(tolerance)}</td><td class="${verdict.replace(' ', '-')}">${shownVerdict(verdict, mode)}</td></tr>`,
  )
  return `<section><h2>${escaped(id)}: ${escaped(title)}</h2>
<table><thead><tr><th>figure</th><th>paper</th><th>ours</th><th>tolerance</th><th>verdict</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>
${notes.map((note) => `<p>${escaped(note)}</p>`).join('')}
${plots.map(plotOf).join('\n')}</section>`
}

/** The reproduction as one HTML file that needs nothing else and runs no script. `facts` say what it takes to run it again. */
export function renderReproductionPage(
  title: string,
  facts: readonly (readonly [string, string])[],
  sections: readonly { readonly result: ExperimentResult; readonly plots: readonly Plot[] }[],
): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
<table>${facts.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('')}</table>
${sections.map(({ result, plots }) => sectionOf(result, plots)).join('\n')}
</body></html>
`
}
