import type { ClientList } from '@shoal/protocol'
import { ChartFrame, type ChartTable, tokenColour, useIsDark } from '@shoal/ui'
import type { VNode } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import {
  ACTIVITIES,
  ACTIVITY_MARKS,
  type ActivityMark,
  CELL,
  clientAt,
  clientInWords,
  countsOf,
  gridInWords,
  gridShapeOf,
  nextClient,
} from './cohort-grid-layout.ts'

/** A mark for each client: what it does in the open ask. Point at one, or walk with the arrow keys, to read which it is. */
export function CohortGrid({ clients, fileName }: { clients: ClientList; fileName: string }): VNode {
  const counts = countsOf(clients)
  return (
    <ChartFrame
      title="Clients"
      description="One mark for each client that takes part. Late: still at work after enough others have answered. Sitting out: can not take part in this step."
      table={() => tableOf(clients)}
      fileName={fileName}
    >
      <ul class="chart-legend" aria-label="What the marks mean">
        {ACTIVITIES.map((activity) => (
          <li key={activity}>
            <Mark mark={ACTIVITY_MARKS[activity]} activity={activity} />
            {ACTIVITY_MARKS[activity].title}: {counts[activity]}
          </li>
        ))}
      </ul>
      {clients.length === 0 ? <p class="quiet">Nobody has joined yet. Send out an invite link; who opens it appears here.</p> : <Grid clients={clients} />}
    </ChartFrame>
  )
}

function Grid({ clients }: { clients: ClientList }): VNode {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [at, setAt] = useState<number | null>(null)
  const isDark = useIsDark()
  const shape = gridShapeOf(clients.length, width)

  useLayoutEffect(() => {
    const element = frame.current
    if (element === null) return
    const follow = (): void => setWidth(element.clientWidth)
    follow()
    const observer = new ResizeObserver(follow)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const element = canvas.current
    if (element !== null && width > 0) draw(element, clients, shape.columns, shape.rows, at)
  }, [clients, shape.columns, shape.rows, at, isDark])

  const named = at === null ? undefined : clients[at]
  return (
    <div ref={frame} class="cohort-grid">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${gridInWords(clients)} Arrow keys name them one by one.`}
        tabIndex={0}
        onPointerMove={({ offsetX, offsetY }) => setAt(clientAt(offsetX, offsetY, clients.length, shape))}
        onPointerLeave={() => setAt(null)}
        onFocus={() => setAt(at ?? 0)}
        onBlur={() => setAt(null)}
        onKeyDown={(event) => {
          const next = nextClient(at ?? 0, event.key, clients.length, shape)
          if (next === null) return
          event.preventDefault()
          setAt(next)
        }}
      />
      <p class="chart-readout" role="status">
        {named === undefined ? '' : clientInWords(named)}
      </p>
    </div>
  )
}

function draw(canvas: HTMLCanvasElement, clients: ClientList, columns: number, rows: number, at: number | null): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const ratio = devicePixelRatio
  canvas.width = columns * CELL * ratio
  canvas.height = rows * CELL * ratio
  canvas.style.width = `${columns * CELL}px`
  canvas.style.height = `${rows * CELL}px`
  const brushes = new Map(
    ACTIVITIES.map((activity) => {
      const { token, outline, isFilled } = ACTIVITY_MARKS[activity]
      return [activity, { path: new Path2D(outline), colour: tokenColour(token), isFilled }] as const
    }),
  )
  context.lineWidth = 2
  for (const [index, { activity }] of clients.entries()) {
    const brush = brushes.get(activity)
    if (brush === undefined) continue
    context.setTransform(ratio, 0, 0, ratio, ((index % columns) + 0.5) * CELL * ratio, (Math.floor(index / columns) + 0.5) * CELL * ratio)
    context.fillStyle = brush.colour
    context.strokeStyle = brush.colour
    if (brush.isFilled) context.fill(brush.path)
    else context.stroke(brush.path)
    if (index !== at) continue
    context.strokeStyle = tokenColour('--shoal-ink')
    context.strokeRect(1 - CELL / 2, 1 - CELL / 2, CELL - 2, CELL - 2)
  }
}

const Mark = ({ mark, activity }: { mark: ActivityMark; activity: string }): VNode => (
  <svg class={`activity-${activity}`} width="16" height="16" viewBox="-7 -7 14 14" aria-hidden="true">
    <path d={mark.outline} fill={mark.isFilled ? 'currentColor' : 'none'} stroke="currentColor" stroke-width={mark.isFilled ? 0 : 2} />
  </svg>
)

function tableOf(clients: ClientList): ChartTable {
  return {
    columns: ['Client', 'Activity', 'Group', 'Presence', 'Ready'],
    rows: clients.map(({ client, activity, cluster, presence, ready }) => [
      client,
      activity,
      cluster === null ? null : cluster + 1,
      presence,
      ready ? 'yes' : 'no',
    ]),
  }
}
