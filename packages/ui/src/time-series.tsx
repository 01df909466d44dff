import type { VNode } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import { keptPoints } from './decimation.ts'
import { colourNumber, dashOf } from './series-style.ts'
import { drawnChart, type TimeSeriesDrawing } from './time-series-drawing.ts'
import type { Series, TimeSeriesProps } from './time-series-props.ts'
import { useIsDark } from './use-theme.ts'

/** More curves than this are there to be switched on. */
const SHOWN_AT_FIRST = 8

/** Curves over the rounds: point at them, or walk along them with the arrow keys; switch each off and on. Thousands of rounds are thinned to what pixels can show. */
export function TimeSeries(props: TimeSeriesProps): VNode {
  const { label, xs, series, band, format, size = 'wide', empty } = props
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState<number | null>(null)
  const isDark = useIsDark()
  const isShown = ({ title }: Series, index: number): boolean => index < SHOWN_AT_FIRST !== toggled.has(title)
  const shown = series.map(isShown)
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<TimeSeriesDrawing | null>(null)
  const isEmpty = series.every(({ values }) => values.every((value) => value === null))
  const thin = useMemo(() => thinned(xs, series, band), [xs, series, band])
  const now = useRef({ props, data: thin.data, shown })
  now.current = { props, data: thin.data, shown }
  // What a chart is built of; its readings may change without its being built anew.
  const build = JSON.stringify([series.map(({ title, style }) => [title, style]), band !== undefined, size, isEmpty])

  useLayoutEffect(() => {
    const element = place.current
    if (element === null || isEmpty) return
    const observer = new ResizeObserver(() => chart.current?.resize())
    const callOff = whenItsTurn(element, () => {
      const { props: latest, data, shown: visible } = now.current
      chart.current = drawnChart(element, latest, data, visible, setAt)
      observer.observe(element)
    })
    return () => {
      callOff()
      observer.disconnect()
      chart.current?.end()
      chart.current = null
    }
  }, [build])
  useLayoutEffect(() => chart.current?.show(props, thin.data), [thin, props.marks, props.thresholds, props.range])
  useLayoutEffect(() => chart.current?.redraw(shown), [toggled, isDark])

  if (isEmpty) return <p class={`time-series ${size} quiet`}>{empty}</p>
  const walk = (step: number): void => {
    const last = thin.data[0].length - 1
    const next = Math.min(last, Math.max(0, (at ?? (step > 0 ? -1 : last + 1)) + step))
    setAt(next)
    chart.current?.pointAt(next)
  }
  return (
    <>
      {series.length > 1 && (
        <ul class="chart-legend" aria-label="Curves">
          {series.map((curve, index) => (
            <li key={curve.title}>
              <button type="button" aria-pressed={shown[index] === true} onClick={() => setToggled(withChange(toggled, curve.title))}>
                <Swatch style={curve.style ?? index} />
                {curve.title}
              </button>
            </li>
          ))}
          {band !== undefined && <li class="quiet">Filled: {band.title}</li>}
        </ul>
      )}
      <div
        ref={place}
        class={`time-series ${size}`}
        role="img"
        aria-label={`${label} Arrow keys read it point by point.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read it point by point
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
          event.preventDefault()
          walk((event.key === 'ArrowLeft' ? -1 : 1) * (event.shiftKey ? 10 : 1))
        }}
      />
      <p class="chart-readout" role="status">
        {at === null ? '' : readingsInWords(thin, series, shown, at, format)}
      </p>
    </>
  )
}

/** Each chart is drawn in a task of its own: the first of the page at once, the others when that one has been on the screen. What it gives back calls it off. */
function whenItsTurn(element: HTMLElement, draw: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame = 0
  const soon = (): void => {
    timer = setTimeout(draw)
  }
  if (document.querySelector('.time-series') === element) soon()
  else {
    frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(soon)
    })
  }
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}

interface Thinned {
  readonly data: uPlot.AlignedData
}

/** uPlot takes x, then a row of readings for each curve, then the edges of the band. */
function thinned(xs: readonly number[], series: readonly Series[], band: TimeSeriesProps['band']): Thinned {
  const curves = [...series.map(({ values }) => values), ...(band === undefined ? [] : [band.high, band.low])]
  const kept = keptPoints(xs, curves, MAX_COLUMNS)
  return { data: [kept.map((index) => xs[index] ?? 0), ...curves.map((curve) => kept.map((index) => curve[index] ?? null))] }
}
/** Pixels of the widest chart on a page. */
const MAX_COLUMNS = 900

function readingsInWords({ data }: Thinned, series: readonly Series[], shown: readonly boolean[], at: number, format: (value: number) => string): string {
  const readings = series.flatMap(({ title }, index) => {
    const value = data[index + 1]?.[at] ?? null
    return shown[index] === true && value !== null ? [series.length > 1 ? `${title}: ${format(value)}` : format(value)] : []
  })
  return `Round ${data[0][at] ?? 0}. ${readings.length === 0 ? 'Not measured.' : readings.join(', ')}`
}

function withChange(known: ReadonlySet<string>, title: string): ReadonlySet<string> {
  const next = new Set(known)
  if (!next.delete(title)) next.add(title)
  return next
}

const Swatch = ({ style }: { style: number }): VNode => (
  <svg class={`series-${colourNumber(style)}`} width="22" height="8" aria-hidden="true">
    <line x1="0" x2="22" y1="4" y2="4" stroke="currentColor" stroke-width="2.5" stroke-dasharray={dashOf(style).join(' ')} />
  </svg>
)
