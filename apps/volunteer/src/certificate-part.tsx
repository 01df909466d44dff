import { saveFile } from '@shoal/ui'
import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { type Certificate, certificateOf } from './certificate.ts'
import { certificateWords } from './certificate.words.ts'
import { language, say } from './language.ts'
import type { Offer } from './offer.ts'
import type { Participation } from './participation.ts'

/** A certificate to print or to keep. The name on it stays in this part's memory. */
export function CertificatePart({ participation, offer }: { participation: Participation; offer: Offer }): VNode {
  const words = say(certificateWords)
  const [name, setName] = useState('')
  const sheet = useRef<SVGSVGElement>(null)
  const { policy, fingerprint } = offer
  const certificate = certificateOf(
    { federation: policy.name, operator: policy.operator, fingerprint, contributions: participation.contributions.value, name },
    language.value,
  )
  return (
    <details class="result-part certificate-part">
      <summary>{words.title}</summary>
      {certificate === null && <p>{words.none}</p>}
      {certificate !== null && (
        <>
          <label>
            {words.nameLabel}
            <input type="text" maxLength={80} autoComplete="off" value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
            <small class="quiet">{words.nameHint}</small>
          </label>
          <div class="actions">
            <button type="button" class="outline" onClick={print}>
              {words.print}
            </button>
            <button
              type="button"
              class="outline"
              onClick={() => {
                if (sheet.current !== null) saveFile('certificate.svg', new XMLSerializer().serializeToString(sheet.current), 'image/svg+xml')
              }}
            >
              {words.save}
            </button>
          </div>
          <Sheet certificate={certificate} sheet={sheet} />
        </>
      )}
    </details>
  )
}

/** Everything but the certificate is left out, until the browser is done. */
function print(): void {
  const { dataset } = document.documentElement
  dataset.print = 'certificate'
  addEventListener('afterprint', () => delete dataset.print, { once: true })
  globalThis.print()
}

const WIDTH = 720
const LINE = 22
const MARGIN = 48
const VALUES_AT = 300
const FONT = 'system-ui, sans-serif'
const INK = '#10303a'
const QUIET = '#4d6a73'
const ACCENT = '#0a6879'

interface Placed {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly size: number
  readonly fill: string
  readonly weight: number
}

/** Paper is white, and ink is dark, whatever the page's colours are: all that it needs is in its own attributes, so that it can be saved as it stands. */
function Sheet({ certificate, sheet }: { certificate: Certificate; sheet: { current: SVGSVGElement | null } }): VNode {
  const { texts, height } = layOut(certificate)
  return (
    <svg
      ref={sheet}
      class="certificate"
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      aria-label={texts.map(({ text }) => text).join('. ')}
    >
      <rect width={WIDTH} height={height} fill="#ffffff" />
      <rect x={16} y={16} width={WIDTH - 32} height={height - 32} rx={12} fill="none" stroke={ACCENT} stroke-width={2} />
      {texts.map(({ text, x, y, size, fill, weight }) => (
        <text key={`${x} ${y}`} x={x} y={y} font-family={FONT} font-size={size} font-weight={weight} fill={fill}>
          {text}
        </text>
      ))}
    </svg>
  )
}

function layOut({ heading, sentence, facts, footer }: Certificate): { texts: Placed[]; height: number } {
  let y = 76
  const texts: Placed[] = [{ text: heading, x: MARGIN, y, size: 28, fill: ACCENT, weight: 700 }]
  y += 14
  for (const text of sentence) {
    y += LINE
    texts.push({ text, x: MARGIN, y, size: 16, fill: INK, weight: 400 })
  }
  y += 18
  for (const { label, lines } of facts) {
    y += 8
    texts.push({ text: label, x: MARGIN, y: y + LINE, size: 13, fill: QUIET, weight: 400 })
    for (const text of lines) {
      y += LINE
      texts.push({ text, x: VALUES_AT, y, size: 15, fill: INK, weight: 600 })
    }
  }
  y += 2 * LINE
  texts.push({ text: footer, x: MARGIN, y, size: 12, fill: QUIET, weight: 400 })
  return { texts, height: y + 46 }
}
