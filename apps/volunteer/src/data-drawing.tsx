import type { ImageShape } from '@shoal/data'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { aloneOf, type DrawnExample, drawingsIn, drawnSet } from './data-drawings.ts'
import { splitData } from './data-files.ts'
import { drawnWords } from './data-panel.words.ts'
import { LEAST_PER_PART } from './data-problem.ts'
import { DrawingPad } from './drawing-pad.tsx'
import { say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'
import { drawPreview } from './preview.ts'

const LEAST_DRAWINGS = 2 * LEAST_PER_PART

/** Examples drawn by hand, class by class. */
export function DataDrawing({ participation, offer, isFixed }: { participation: Participation; offer: Offer; isFixed: boolean }): VNode {
  const words = say(drawnWords)
  const contract = offer.policy.data
  const { classes, shape } = contract
  const choice = participation.data.value
  const [label, setLabel] = useState(0)
  const [said, setSaid] = useState('')
  // Whoever drew before goes on with those drawings.
  const [drawings, setDrawings] = useState<readonly DrawnExample[]>(() =>
    choice.kind === 'chosen' && choice.source === 'drawing' ? drawingsIn(choice.data) : [],
  )
  const name = classes[label] ?? ''

  function add(pixels: Uint8Array): void {
    const next = [...drawings, { label, pixels }]
    setDrawings(next)
    setSaid(words.added(name, next.filter((drawing) => drawing.label === label).length))
  }

  function remove(drawing: DrawnExample): void {
    setDrawings(drawings.filter((other) => other !== drawing))
    setSaid(words.removed(classes[drawing.label] ?? ''))
  }

  return (
    <div class="data-drawing">
      <label>
        {words.class}
        <select value={String(label)} disabled={isFixed} onChange={({ currentTarget: { value } }) => setLabel(Number(value))}>
          {classes.map((one, index) => (
            <option key={one} value={String(index)}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <DrawingPad shape={shape} label={words.pad(name)} onDrawn={add} />
      <p class="quiet">
        <small>{words.file}</small>
      </p>
      <p role="status">{said}</p>
      {drawings.length > 0 && <h3>{words.title(drawings.length)}</h3>}
      {classes.map((one, index) => (
        <DrawnClass key={one} name={one} shape={shape} drawings={drawings.filter((drawing) => drawing.label === index)} onRemove={remove} />
      ))}
      {drawings.length < LEAST_DRAWINGS && <p>{words.few(LEAST_DRAWINGS)}</p>}
      <div class="actions">
        <button
          type="button"
          disabled={isFixed || drawings.length < LEAST_DRAWINGS}
          onClick={() => void participation.takeData('drawing', async () => splitData(drawnSet(drawings, contract), contract, participation.splitSeed))}
        >
          {words.use(drawings.length)}
        </button>
      </div>
    </div>
  )
}

function DrawnClass(props: { name: string; shape: ImageShape; drawings: readonly DrawnExample[]; onRemove: (drawing: DrawnExample) => void }): VNode | null {
  const { name, shape, drawings, onRemove } = props
  if (drawings.length === 0) return null
  const words = say(drawnWords)
  return (
    <section aria-label={name}>
      <h4>{name}</h4>
      <ul class="drawn">
        {drawings.map((drawing, index) => (
          <li key={index}>
            <Drawn drawing={drawing} shape={shape} name={words.of(name, index + 1)} />
            <button type="button" class="outline secondary" aria-label={words.remove(name, index + 1)} onClick={() => onRemove(drawing)}>
              {words.removeShort}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Drawn({ drawing, shape, name }: { drawing: DrawnExample; shape: ImageShape; name: string }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (canvas.current !== null) drawPreview(canvas.current, aloneOf(drawing, shape))
  }, [drawing])
  return <canvas ref={canvas} role="img" aria-label={name} />
}
