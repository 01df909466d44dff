import './drawing-pad.css'
import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { drawingWords } from './drawing-pad.words.ts'
import { type PictureShape, pictureOf } from './drawn-picture.ts'
import { say } from './language.ts'

const FIELD = 280
/** As thick as the pens behind MNIST are in its figures: about a tenth of their height. */
const PEN = FIELD / 14
/** How far an arrow key moves the pen. */
const KEY_STEP = PEN / 2

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, -KEY_STEP],
  ArrowDown: [0, KEY_STEP],
}

interface Point {
  readonly x: number
  readonly y: number
}

const MIDDLE: Point = { x: FIELD / 2, y: FIELD / 2 }

/** A black field to draw on in white. `label` says what to draw; `onDrawn` gets a picture of `shape`, values 0..255. */
export function DrawingPad({ shape, label, onDrawn }: { shape: PictureShape; label: string; onDrawn: (pixels: Uint8Array) => void }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  const pen = useRef<Point>(MIDDLE)
  const [isEmpty, setEmpty] = useState(true)
  const [isMissing, setMissing] = useState(false)
  const words = say(drawingWords)

  function line(to: Point): void {
    const context = canvas.current?.getContext('2d')
    if (context == null) return
    context.strokeStyle = '#fff'
    context.lineCap = 'round'
    context.lineWidth = PEN
    context.beginPath()
    context.moveTo(pen.current.x, pen.current.y)
    context.lineTo(to.x, to.y)
    context.stroke()
    pen.current = to
    setEmpty(false)
    setMissing(false)
  }

  function clear(): void {
    canvas.current?.getContext('2d')?.clearRect(0, 0, FIELD, FIELD)
    pen.current = MIDDLE
    setEmpty(true)
    setMissing(false)
  }

  function use(): void {
    const points = canvas.current?.getContext('2d')?.getImageData(0, 0, FIELD, FIELD).data ?? new Uint8ClampedArray(4 * FIELD ** 2)
    // White on nothing: how much of a point is covered is its opacity.
    const ink = Uint8Array.from({ length: FIELD ** 2 }, (_, point) => points[4 * point + 3])
    const pixels = pictureOf({ width: FIELD, height: FIELD, ink }, shape)
    setMissing(pixels === null)
    if (pixels !== null) onDrawn(pixels)
  }

  return (
    <div class="drawing-pad">
      <canvas
        ref={canvas}
        width={FIELD}
        height={FIELD}
        tabIndex={0}
        role="img"
        aria-label={isEmpty ? `${label}. ${words.empty}` : label}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          pen.current = pointOf(event)
          line(pen.current)
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) line(pointOf(event))
        }}
        onKeyDown={(event) => {
          const move = MOVES[event.key]
          if (move === undefined) return
          event.preventDefault()
          const to = { x: within(pen.current.x + move[0]), y: within(pen.current.y + move[1]) }
          if (event.shiftKey) line(to)
          else pen.current = to
        }}
      />
      <p class="quiet">
        <small>{words.hint}</small>
      </p>
      {isMissing && <p role="status">{words.empty}</p>}
      <div class="actions">
        <button type="button" onClick={use}>
          {words.use}
        </button>
        <button type="button" class="outline" onClick={clear}>
          {words.clear}
        </button>
      </div>
    </div>
  )
}

const within = (place: number): number => Math.min(FIELD, Math.max(0, place))

/** Where on the field an event is, however large the field is shown. */
function pointOf({
  currentTarget,
  clientX,
  clientY,
}: {
  readonly currentTarget: HTMLCanvasElement
  readonly clientX: number
  readonly clientY: number
}): Point {
  const { left, top, width, height } = currentTarget.getBoundingClientRect()
  return { x: ((clientX - left) / width) * FIELD, y: ((clientY - top) / height) * FIELD }
}
