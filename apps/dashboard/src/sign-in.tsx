import type { Failure } from '@shoal/protocol'
import { FailureNote } from '@shoal/ui'
import type { VNode } from 'preact'
import { signIn } from './dashboard.ts'

export function SignIn({ failure }: { failure: Failure | null }): VNode {
  return (
    <section class="panel" aria-labelledby="sign-in-title">
      <h2 id="sign-in-title">Sign in</h2>
      {failure !== null && <FailureNote title="That did not work." failure={failure} />}
      <p>The server prints a link for its operator when it starts. Open it, or paste its token (what follows the #) here. It works once.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const token = new FormData(event.currentTarget).get('token')
          if (typeof token === 'string') void signIn(token.trim())
        }}
      >
        <label>
          One-time token
          <input name="token" type="text" required autocomplete="off" spellcheck={false} />
        </label>
        <div class="actions">
          <button type="submit">Sign in</button>
        </div>
      </form>
    </section>
  )
}
