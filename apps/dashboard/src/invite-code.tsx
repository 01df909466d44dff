import type { VNode } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { qrPath } from './qr-path.ts'

/** The link as a code that telephones read: small beside it, and as large as the screen for a projector. */
export function InviteCode({ url, name }: { url: string; name: string }): VNode {
  const [isShown, setShown] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <div class="code">
      <button type="button" class="secondary outline" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? 'Hide code' : 'Show code'}
      </button>
      {isShown && (
        <>
          <Code url={url} />
          <button type="button" class="link" onClick={() => dialog.current?.showModal()}>
            Large, for a projector
          </button>
          <dialog ref={dialog} class="projector" aria-label={`Invitation to ${name}`}>
            <article>
              <h2>{name}</h2>
              <Code url={url} />
              <p class="address">{url}</p>
              <form method="dialog" class="actions">
                <button type="submit">Close</button>
              </form>
            </article>
          </dialog>
        </>
      )}
    </div>
  )
}

/** Dark on light in every theme: many readers take no other. */
function Code({ url }: { url: string }): VNode {
  const { path, size } = useMemo(() => qrPath(encode(url, { ecc: 'M', border: 3 })), [url])
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="The invite link as a code to scan" shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}
