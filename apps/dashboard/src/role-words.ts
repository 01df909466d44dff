import type { Role } from '@shoal/protocol'

/** Each may do what those before it may. */
export const ROLES: readonly { readonly role: Role; readonly title: string; readonly sentence: string }[] = [
  { role: 'viewer', title: 'Viewer', sentence: 'Looks at everything and changes nothing.' },
  { role: 'operator', title: 'Operator', sentence: 'Also creates and commands federations and invites volunteers.' },
  { role: 'admin', title: 'Admin', sentence: 'Also lets people and programs in, and reads who did what.' },
]

const rankOf = (role: Role): number => ROLES.findIndex((known) => known.role === role)

/** Whether who has `role` may do what asks for `needed`. */
export const isAllowed = (role: Role, needed: Role): boolean => rankOf(role) >= rankOf(needed)

export const roleInWords = (role: Role): string => ROLES[rankOf(role)]?.title.toLowerCase() ?? role
