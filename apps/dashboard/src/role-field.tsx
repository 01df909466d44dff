import type { Role } from '@shoal/protocol'
import type { VNode } from 'preact'
import { Labelled } from './form-field.tsx'
import { ROLES } from './role-words.ts'

/** The role of somebody who is in already. */
export const RoleSelect = ({ label, value, onChoose }: { label: string; value: Role; onChoose: (role: Role) => void }): VNode => (
  <select class="small" aria-label={label} value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value as Role)}>
    {ROLES.map(({ role, title }) => (
      <option key={role} value={role} selected={role === value}>
        {title}
      </option>
    ))}
  </select>
)

/** The role chosen in a form. */
export const RoleField = ({ value, onChoose }: { value: Role; onChoose: (role: Role) => void }): VNode => (
  <Labelled label="Role" hint={ROLES.find(({ role }) => role === value)?.sentence ?? ''}>
    {(control) => (
      <select {...control} name="role" value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value as Role)}>
        {ROLES.map(({ role, title }) => (
          <option key={role} value={role}>
            {title}
          </option>
        ))}
      </select>
    )}
  </Labelled>
)
