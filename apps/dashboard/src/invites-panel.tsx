import type { FederationView, InviteList } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ConfirmButton } from './confirm-button.tsx'
import { CopyField } from './copy-field.tsx'
import { may, perform } from './dashboard.ts'
import { InputField } from './form-field.tsx'
import { InviteCode } from './invite-code.tsx'
import { inviteInWords, inviteState, readTerms, USES_RULE } from './invite-draft.ts'
import { useLookUp } from './looked-up.ts'
import { momentInWords } from './moment-words.ts'
import { operatorApi } from './operator-api.ts'
import { TermField } from './term-field.tsx'

type Invite = InviteList[number]

/** Every link that lets people in, and a way to make one more. */
export function InvitesPanel({ view: { id, name } }: { view: FederationView }): VNode {
  const { value: invites, failure, again } = useLookUp(() => operatorApi.invites(id), id)
  const now = Date.now()
  const open = invites?.filter((invite) => inviteState(invite, now) === 'open') ?? []
  const closed = invites?.filter((invite) => inviteState(invite, now) !== 'open') ?? []
  const revoke = async ({ token }: Invite): Promise<void> => {
    await perform(operatorApi.revokeInvite(id, token), 'The invite has been revoked.')
    await again()
  }
  return (
    <>
      {failure !== null && <FailureNote title="The invites are not known at the moment." failure={failure} />}
      {invites === null && failure === null && <progress aria-label="Asking the server" />}
      {invites !== null && open.length === 0 && (
        <p>
          Nobody can come in yet. An invite is a link that volunteers open: it leads them to what you signed, then to their data, then to training.
          {may('operator') ? '' : ' Making one takes the role of an operator.'}
        </p>
      )}
      <ul class="invites">
        {open.map((invite) => (
          <OpenInvite key={invite.token} invite={invite} name={name} onRevoke={() => void revoke(invite)} />
        ))}
      </ul>
      {may('operator') && <CreateInvite id={id} onCreated={again} />}
      {closed.length > 0 && (
        <details>
          <summary>Invites that let nobody in any more ({closed.length})</summary>
          <ul>
            {closed.map((invite) => (
              <li key={invite.token}>
                Made {momentInWords(invite.createdAt)}: {inviteState(invite, now)}. {inviteInWords(invite)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function OpenInvite({ invite, name, onRevoke }: { invite: Invite; name: string; onRevoke: () => void }): VNode {
  const { url, createdAt } = invite
  return (
    <li>
      <CopyField label={`Invite link of ${momentInWords(createdAt)}`} text={url} />
      <div class="invite-line">
        <span class="quiet">{inviteInWords(invite)}</span>
        <a href={url} target="_blank" rel="noopener">
          See what volunteers see
        </a>
        {may('operator') && (
          <ConfirmButton
            isQuiet
            label="Revoke"
            question="Revoke this invite?"
            consequence="The link lets nobody new in any more, at once. Who came by it before goes on."
            confirm="Revoke"
            onConfirm={onRevoke}
          />
        )}
      </div>
      <InviteCode url={url} name={name} />
    </li>
  )
}

function CreateInvite({ id, onCreated }: { id: FederationView['id']; onCreated: () => Promise<void> }): VNode {
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const page = event.currentTarget
    const fields = new FormData(page)
    const read = readTerms(String(fields.get('term') ?? ''), String(fields.get('uses') ?? ''), Date.now())
    setProblem('problem' in read ? read.problem : undefined)
    if ('problem' in read) return page.querySelector<HTMLInputElement>('[name=uses]')?.focus()
    if ((await perform(operatorApi.createInvite(id, read.terms), 'A new invite link is ready.')) === null) return
    page.reset()
    await onCreated()
  }
  return (
    <form class="add" noValidate onSubmit={(event) => void submit(event)}>
      <h3>A new invite</h3>
      <div class="fields wide">
        <TermField hint="After that the link lets nobody new in." />
        <InputField label={USES_RULE.label} hint={USES_RULE.hint} name="uses" type="number" min={1} placeholder="any number" problem={problem} />
      </div>
      <div class="actions">
        <button type="submit">Create invite</button>
      </div>
    </form>
  )
}
