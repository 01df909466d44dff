import type { FederationView } from '@shoal/protocol'
import type { VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { createInvite, news } from './dashboard.ts'
import { operatorApi } from './operator-api.ts'

/** Every link that lets people in, and a way to make one more. */
export function InviteLinks({ view: { id }, view }: { view: FederationView }): VNode {
  const [links, setLinks] = useState<readonly string[]>([])
  useEffect(() => {
    void operatorApi.invites(id).then((answered) => answered.ok && setLinks(answered.value))
  }, [id])
  const create = async (): Promise<void> => {
    const link = await createInvite(view)
    if (link !== null) setLinks((known) => [...known, link])
  }
  return (
    <>
      {links.map((link) => (
        <InviteLink key={link} link={link} />
      ))}
      <div class="actions">
        <button type="button" class="outline" onClick={() => void create()}>
          Create an invite link
        </button>
      </div>
    </>
  )
}

function InviteLink({ link }: { link: string }): VNode {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [label, setLabel] = useState('Copy')
  const copy = async (): Promise<void> => {
    field.current?.select()
    // A page on plain http may not write to the clipboard: then the link is selected and the keyboard copies it.
    const isCopied = await (navigator.clipboard as Clipboard | undefined)?.writeText(link).then(
      () => true,
      () => false,
    )
    setLabel(isCopied ? 'Copied' : 'Press Ctrl+C')
    news.value = isCopied ? 'The link has been copied.' : 'The link is selected. Press Control and C to copy it.'
  }
  return (
    <div class="invite">
      <label class="hidden-text" for={id}>
        Invite link
      </label>
      <input id={id} ref={field} type="text" readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
      <button type="button" class="secondary outline" onClick={() => void copy()}>
        {label}
      </button>
    </div>
  )
}
