import type { VNode } from 'preact'
import { useId } from 'preact/hooks'

/** A labelled bar. `share` is 0..1; null while nobody knows how far it is. `detail` stands at the end of the label's line. */
export function Progress({ label, share, detail = '' }: { label: string; share: number | null; detail?: string }): VNode {
  const id = useId()
  return (
    <div class="progress">
      <div class="progress-line">
        <label for={id}>{label}</label>
        <span class="quiet">{detail}</span>
      </div>
      {share === null ? <progress id={id} /> : <progress id={id} max={1} value={share} />}
    </div>
  )
}
