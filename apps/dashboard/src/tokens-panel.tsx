import type { ApiTokenList, Role } from '@shoal/protocol'
import { type Column, DataTable, FailureNote } from '@shoal/ui'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { accessApi } from './access-api.ts'
import { ConfirmButton } from './confirm-button.tsx'
import { CopyField } from './copy-field.tsx'
import { perform } from './dashboard.ts'
import { InputField } from './form-field.tsx'
import { useLookUp } from './looked-up.ts'
import { endOfTerm, momentInWords } from './moment-words.ts'
import { RoleField } from './role-field.tsx'
import { roleInWords } from './role-words.ts'
import { TermField } from './term-field.tsx'

type ApiToken = ApiTokenList[number]

const LONGEST_NAME = 60

/** Tokens for programs: the command line, a dashboard of metrics, a script. */
export function TokensPanel(): VNode {
  const { value: tokens, failure, again } = useLookUp(accessApi.tokens, '')
  const revoke = async ({ id, name }: ApiToken): Promise<void> => {
    await perform(accessApi.revokeToken(id), `The token ${name} has been revoked.`)
    await again()
  }
  const columns: readonly Column<ApiToken>[] = [
    { title: 'Token', cell: ({ name }) => name },
    { title: 'Role', cell: ({ role }) => roleInWords(role) },
    { title: 'Made', cell: ({ createdAt }) => momentInWords(createdAt) },
    { title: 'Ends', cell: ({ expiresAt }) => (expiresAt === null ? 'never' : momentInWords(expiresAt)) },
    { title: 'Last used', cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : momentInWords(lastUsedAt)) },
    {
      title: 'Revoke',
      cell: (token) => (
        <ConfirmButton
          isQuiet
          label="Revoke"
          question={`Revoke “${token.name}”?`}
          consequence="Every program that uses it is shut out at once."
          confirm="Revoke"
          onConfirm={() => void revoke(token)}
        />
      ),
    },
  ]
  return (
    <section class="panel" aria-labelledby="tokens-title">
      <h2 id="tokens-title">Programs (API tokens)</h2>
      <p>
        Everything on these pages is one HTTP call, described at <a href="/docs">/docs</a>, and one <code>shoal</code> command. A program shows its token in the
        header <code>Authorization: Bearer …</code>
      </p>
      {failure !== null && <FailureNote title="The tokens are not known at the moment." failure={failure} />}
      {tokens === null && failure === null && <progress aria-label="Asking the server" />}
      {tokens !== null && <DataTable caption="API tokens" columns={columns} rows={tokens} keyOf={({ id }) => id} empty="No program has a token yet." />}
      <CreateToken onCreated={again} />
    </section>
  )
}

function CreateToken({ onCreated }: { onCreated: () => Promise<void> }): VNode {
  const [role, setRole] = useState<Role>('viewer')
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [secret, setSecret] = useState<string | null>(null)
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const page = event.currentTarget
    const fields = new FormData(page)
    const name = String(fields.get('name') ?? '').trim()
    const isWrong = name === '' || name.length > LONGEST_NAME
    setProblem(isWrong ? `1 to ${LONGEST_NAME} characters: what it is for.` : undefined)
    if (isWrong) return page.querySelector<HTMLInputElement>('[name=name]')?.focus()
    const created = await perform(
      accessApi.createToken({ name, role, expiresAt: endOfTerm(String(fields.get('term') ?? ''), Date.now()) }),
      'The token is ready. It is shown this once.',
    )
    if (created === null) return
    setSecret(created.answer)
    page.reset()
    await onCreated()
  }
  return (
    <form class="add" noValidate onSubmit={(event) => void submit(event)}>
      <h3>Let a program in</h3>
      {secret !== null && (
        <div class="note">
          <p>
            <strong>This is shown once.</strong> Copy it now: the server keeps only its hash.
          </p>
          <CopyField label="The new token" text={secret} />
        </div>
      )}
      <div class="fields wide">
        <InputField label="What it is for" name="name" autocomplete="off" problem={problem} />
        <RoleField value={role} onChoose={setRole} />
        <TermField />
      </div>
      <div class="actions">
        <button type="submit" class="outline">
          Create token
        </button>
      </div>
    </form>
  )
}
