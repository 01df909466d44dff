import { type PersonList, passwordSchema, personNameSchema, type Role } from '@shoal/protocol'
import { type Column, DataTable, FailureNote } from '@shoal/ui'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { accessApi } from './access-api.ts'
import { ConfirmButton } from './confirm-button.tsx'
import { perform, self } from './dashboard.ts'
import { InputField } from './form-field.tsx'
import { useLookUp } from './looked-up.ts'
import { momentInWords } from './moment-words.ts'
import { passwordProblem } from './password-draft.ts'
import { RoleField, RoleSelect } from './role-field.tsx'
import { ROLES } from './role-words.ts'
import { TokensPanel } from './tokens-panel.tsx'

type Person = PersonList[number]

/** Who may come in, and with which role. */
export function PeoplePage(): VNode {
  const { value: people, failure, again } = useLookUp(accessApi.people, '')
  const change = async (asked: ReturnType<typeof accessApi.changeRole>, done: string): Promise<void> => {
    await perform(asked, done)
    await again()
  }
  const columns: readonly Column<Person>[] = [
    { title: 'Name', cell: ({ name }) => (name === self.value?.name ? `${name} (you)` : name) },
    {
      title: 'Role',
      cell: ({ name, role }) => (
        <RoleSelect
          label={`Role of ${name}`}
          value={role}
          onChoose={(chosen) => void change(accessApi.changeRole(name, chosen), `${name} has another role now.`)}
        />
      ),
    },
    { title: 'Since', cell: ({ createdAt }) => momentInWords(createdAt) },
    {
      title: 'Remove',
      cell: ({ name }) => (
        <ConfirmButton
          isQuiet
          label="Remove"
          question={`Remove ${name}?`}
          consequence="Whoever it is can not sign in any more. What was done stays in the audit log."
          confirm="Remove"
          onConfirm={() => void change(accessApi.removePerson(name), `${name} has been removed.`)}
        />
      ),
    },
  ]
  return (
    <>
      <section class="panel" aria-label="Who may come in">
        <h2>People</h2>
        <dl class="facts wide">
          {ROLES.map(({ role, title, sentence }) => (
            <div key={role}>
              <dt>{title}</dt>
              <dd class="plain">{sentence}</dd>
            </div>
          ))}
        </dl>
        {failure !== null && <FailureNote title="Who may come in is not known at the moment." failure={failure} />}
        {people === null && failure === null && <progress aria-label="Asking the server" />}
        {people !== null && <DataTable caption="People" columns={columns} rows={people} keyOf={({ name }) => name} empty="Nobody yet." />}
        <AddPerson onAdded={again} />
      </section>
      <TokensPanel />
    </>
  )
}

function AddPerson({ onAdded }: { onAdded: () => Promise<void> }): VNode {
  const [role, setRole] = useState<Role>('viewer')
  const [problems, setProblems] = useState<{ name?: string; password?: string }>({})
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const page = event.currentTarget
    const fields = new FormData(page)
    const [name, password] = [String(fields.get('name') ?? '').trim(), String(fields.get('password') ?? '')]
    const wrongName = personNameSchema.safeParse(name).success ? {} : { name: '1 to 60 letters, digits, or . _ @ -' }
    const wrong = { ...wrongName, ...(passwordSchema.safeParse(password).success ? {} : { password: passwordProblem(password) ?? 'Another one.' }) }
    setProblems(wrong)
    const [first] = Object.keys(wrong)
    if (first !== undefined) return page.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus()
    if ((await perform(accessApi.addPerson({ name, role, password }), `${name} can sign in now.`)) === null) return
    page.reset()
    await onAdded()
  }
  return (
    <form class="add" noValidate onSubmit={(event) => void submit(event)}>
      <h3>Let somebody in</h3>
      <div class="fields wide">
        <InputField label="Name" name="name" autocomplete="off" spellcheck={false} problem={problems.name} hint="A short name or an e-mail address." />
        <InputField
          label="First password"
          name="password"
          type="text"
          autocomplete="off"
          spellcheck={false}
          problem={problems.password}
          hint="Tell it to them; they can set another."
        />
        <RoleField value={role} onChoose={setRole} />
      </div>
      <div class="actions">
        <button type="submit" class="outline">
          Add
        </button>
      </div>
    </form>
  )
}
