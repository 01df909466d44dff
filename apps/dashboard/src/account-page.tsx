import type { Role } from '@shoal/protocol'
import type { VNode } from 'preact'
import { self, signOut } from './dashboard.ts'
import { PasswordForm } from './password-form.tsx'
import { roleInWords } from './role-words.ts'

const OWN_SENTENCES: Readonly<Record<Role, string>> = {
  viewer: 'You look at everything and change nothing.',
  operator: 'You look at everything, create and command federations, and invite volunteers.',
  admin: 'You may do everything: let people and programs in and read who did what, too.',
}

/** Who I am here, and my password. */
export function AccountPage(): VNode | null {
  const who = self.value
  if (who === null) return null
  return (
    <>
      <section class="panel" aria-labelledby="who-title">
        <h2 id="who-title">{who.name}</h2>
        <p>
          You are {roleInWords(who.role)} on this server. {OWN_SENTENCES[who.role]}
        </p>
        <div class="actions">
          <button type="button" class="secondary outline" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </section>
      <section class="panel" aria-labelledby="password-title">
        <h2 id="password-title">{who.hasPassword ? 'Another password' : 'Set a password'}</h2>
        {!who.hasPassword && <p>You came by a link that works once. With a password you can come back from any browser.</p>}
        <PasswordForm />
      </section>
    </>
  )
}
