import type { Failure, Login } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { signIn } from './dashboard.ts'
import { InputField } from './form-field.tsx'
import { PageHeading } from './page-heading.tsx'

export function SignIn({ failure }: { failure: Failure | null }): VNode {
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>, loginOf: (text: (name: string) => string) => Login): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    setBusy(true)
    await signIn(loginOf((name) => String(fields.get(name) ?? '')))
    setBusy(false)
  }
  return (
    <section class="panel narrow" aria-labelledby="sign-in-title">
      <div id="sign-in-title">
        <PageHeading level={1}>Sign in</PageHeading>
      </div>
      {failure !== null && <FailureNote title="That did not work." failure={failure} />}
      <form onSubmit={(event) => void submit(event, (text) => ({ name: text('name').trim(), password: text('password') }))}>
        <InputField label="Name" name="name" required autocomplete="username" spellcheck={false} />
        <InputField label="Password" name="password" type="password" required autocomplete="current-password" />
        <div class="actions">
          <button type="submit" disabled={isBusy}>
            Sign in
          </button>
        </div>
      </form>
      <details>
        <summary>I have no password yet</summary>
        <p>
          The server prints a link for its first operator when it starts. Open it, or paste its token (what follows the #) here. It works once; then you can set
          a password. Others get a name and a password from whoever is admin here.
        </p>
        <form onSubmit={(event) => void submit(event, (text) => ({ token: tokenIn(text('token')) }))}>
          <InputField label="One-time token" name="token" required autocomplete="off" spellcheck={false} />
          <div class="actions">
            <button type="submit" class="outline" disabled={isBusy}>
              Sign in by token
            </button>
          </div>
        </form>
      </details>
    </section>
  )
}

/** People paste the whole link. */
const tokenIn = (text: string): string => text.trim().replace(/^.*#(?:token=)?/, '')
