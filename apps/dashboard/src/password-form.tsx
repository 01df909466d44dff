import { type Failure, LEAST_PASSWORD_LENGTH } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { accessApi } from './access-api.ts'
import { lookAtSelf, news, self } from './dashboard.ts'
import { InputField } from './form-field.tsx'
import { passwordProblems } from './password-draft.ts'

/** Sets a password, or another one. */
export function PasswordForm(): VNode {
  const [isTried, setTried] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [draft, setDraft] = useState({ current: '', password: '', again: '' })
  const { name = '', hasPassword = false } = self.value ?? {}
  const problems = passwordProblems(draft, hasPassword)
  const field = (part: keyof typeof draft) => ({
    name: part,
    type: 'password' as const,
    value: draft[part],
    problem: isTried ? problems[part] : undefined,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget
      setDraft((before) => ({ ...before, [part]: value }))
    },
  })
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const page = event.currentTarget
    setTried(true)
    const [wrong] = Object.keys(problems)
    if (wrong !== undefined) return page.querySelector<HTMLInputElement>(`[name=${wrong}]`)?.focus()
    const answered = await accessApi.setPassword(hasPassword ? draft.current : null, draft.password)
    setFailure(answered.ok ? null : answered.failure)
    if (!answered.ok) return
    setDraft({ current: '', password: '', again: '' })
    setTried(false)
    news.value = 'Your password has been set.'
    await lookAtSelf()
  }
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      {failure !== null && <FailureNote title="The password was not set." failure={failure} />}
      <input type="text" name="username" autocomplete="username" value={name} readOnly hidden />
      {hasPassword && <InputField label="Present password" autocomplete="current-password" {...field('current')} />}
      <div class="fields wide">
        <InputField
          label="New password"
          autocomplete="new-password"
          hint={`At least ${LEAST_PASSWORD_LENGTH} characters: a sentence is easy to keep.`}
          {...field('password')}
        />
        <InputField label="The same once more" autocomplete="new-password" {...field('again')} />
      </div>
      <div class="actions">
        <button type="submit">Set password</button>
      </div>
    </form>
  )
}

/** After a first visit by link: without a password the way back is a new link from the server's console. */
export function PasswordPrompt(): VNode | null {
  const [isPutOff, setPutOff] = useState(false)
  const [isOpen, setOpen] = useState(false)
  if (isPutOff) return null
  return (
    <section class="panel prompt" aria-label="Set a password">
      <p>
        <strong>You came by a link that works once.</strong> With a password, you, {self.value?.name}, can come back from any browser.
      </p>
      {isOpen ? (
        <PasswordForm />
      ) : (
        <div class="actions">
          <button type="button" onClick={() => setOpen(true)}>
            Set a password
          </button>
          <button type="button" class="secondary outline" onClick={() => setPutOff(true)}>
            Later
          </button>
        </div>
      )}
    </section>
  )
}
