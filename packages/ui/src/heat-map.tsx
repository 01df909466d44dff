import type { VNode } from 'preact'
import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { blockEdges, type Colour, heatColour } from './heat-colours.ts'
import { tokenColour, useIsDark } from './use-theme.ts'

/** Side of the canvas in its own pixels. */
const SIDE = 600
const STOPS = [-1, -0.5, 0, 0.5, 1] as const

/** A square of values between -1 and 1, row-major, with lines between the clusters. Point at a cell, or walk with the arrow keys, to read it. */
export function HeatMap(props: {
  /** Read out in place of the picture. */
  label: string
  values: readonly number[]
  /** The cluster of each row, ascending. */
  clusters: readonly number[]
  /** What a row stands for, by its place. */
  nameOf: (row: number) => string
}): VNode {
  const { label, values, clusters, nameOf } = props
  const count = clusters.length
  const canvas = useRef<HTMLCanvasElement>(null)
  const isDark = useIsDark()
  const [cell, setCell] = useState<readonly [row: number, column: number] | null>(null)
  const gradient = useId()

  const cells = useMemo(() => (count === 0 ? null : drawnCells(values, count, isDark)), [values, count, isDark])
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (context === null || context === undefined || cells === null) return
    context.imageSmoothingEnabled = false
    context.drawImage(cells, 0, 0, SIDE, SIDE)
    context.strokeStyle = tokenColour('--shoal-ink')
    context.lineWidth = 2
    for (const edge of blockEdges(clusters)) {
      const at = (edge / count) * SIDE
      context.strokeRect(at, -2, SIDE + 4, at + 2)
      context.strokeRect(-2, at, at + 2, SIDE + 4)
    }
    if (cell === null) return
    const size = SIDE / count
    context.lineWidth = 3
    context.strokeRect(cell[1] * size, cell[0] * size, size, size)
  }, [cells, clusters, count, cell])

  const walk = (down: number, right: number): void => {
    const [row, column] = cell ?? [0, 0]
    const inside = (place: number): number => Math.min(count - 1, Math.max(0, place))
    setCell(cell === null ? [0, 0] : [inside(row + down), inside(column + right)])
  }
  const css = (colour: Colour): string => `rgb(${colour.join(' ')})`
  return (
    <div class="heat-map">
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={`${label} Arrow keys read it cell by cell.`}
        tabIndex={0}
        onPointerMove={({ offsetX, offsetY, currentTarget }) => {
          const at = (offset: number): number => Math.min(count - 1, Math.max(0, Math.floor((offset / currentTarget.clientWidth) * count)))
          const [row, column] = [at(offsetY), at(offsetX)]
          if (cell?.[0] !== row || cell[1] !== column) setCell([row, column])
        }}
        onPointerLeave={() => setCell(null)}
        onKeyDown={(event) => {
          const step = STEPS[event.key]
          if (step === undefined) return
          event.preventDefault()
          walk(...step)
        }}
      />
      <p class="chart-readout" role="status">
        {cell === null ? '' : `${nameOf(cell[0])} and ${nameOf(cell[1])}: ${(values[cell[0] * count + cell[1]] ?? 0).toFixed(3)}`}
      </p>
      <div class="heat-scale">
        <span>-1 opposite</span>
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <linearGradient id={gradient}>
            {STOPS.map((stop) => (
              <stop key={stop} offset={(stop + 1) / 2} stop-color={css(heatColour(stop, isDark))} />
            ))}
          </linearGradient>
          <rect width="100" height="10" fill={`url(#${gradient})`} />
        </svg>
        <span>alike 1</span>
      </div>
    </div>
  )
}

const STEPS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** The cells, a pixel each. */
function drawnCells(values: readonly number[], count: number, isDark: boolean): OffscreenCanvas {
  const colours = Array.from({ length: SHADES + 1 }, (_, shade) => heatColour((shade / SHADES) * 2 - 1, isDark))
  const image = new ImageData(count, count)
  for (let index = 0; index < count * count; index += 1) {
    const [red, green, blue] = colours[Math.round((Math.min(1, Math.max(-1, values[index] ?? 0)) + 1) * (SHADES / 2))] ?? [0, 0, 0]
    image.data[index * 4] = red
    image.data[index * 4 + 1] = green
    image.data[index * 4 + 2] = blue
    image.data[index * 4 + 3] = 255
  }
  const cells = new OffscreenCanvas(count, count)
  cells.getContext('2d')?.putImageData(image, 0, 0)
  return cells
}
/** More than eyes can tell apart. */
const SHADES = 200
