import { failed, type PersonList, type Result, type Role, succeeded } from '@shoal/protocol'
import { attempted, type Database } from './database.ts'

/** Who signs in by the link on the server's console. */
export const FIRST_PERSON = 'admin'

export interface Person {
  readonly name: string
  readonly role: Role
  /** As `PasswordHashes` makes it; null for who has not set one yet. */
  readonly password: string | null
  readonly createdAt: number
}

/** The people who may sign in on the operator's side. There is always somebody left who may let others in. */
export interface People {
  /** Synchronous, because every request of the operator's side begins with it. */
  find(name: string): Person | null
  list(): PersonList
  /** SHOAL_ERR_NAME_TAKEN where there is one of this name. */
  add(person: Omit<Person, 'createdAt'>, at: number): Promise<Result<void>>
  setPassword(name: string, password: string): Promise<Result<void>>
  /** SHOAL_ERR_NOT_FOUND, SHOAL_ERR_LAST_ADMIN. */
  setRole(name: string, role: Role): Promise<Result<void>>
  /** SHOAL_ERR_NOT_FOUND, SHOAL_ERR_LAST_ADMIN. */
  remove(name: string): Promise<Result<void>>
}

export async function openPeople({ db }: Database): Promise<People> {
  const rows = await db.selectFrom('people').selectAll().orderBy('created_at').orderBy('name').execute()
  const people = new Map<string, Person>(rows.map(({ name, role, password, created_at }) => [name, { name, role, password, createdAt: created_at }]))

  const isLastAdmin = ({ name, role }: Person): boolean =>
    role === 'admin' && [...people.values()].every((person) => person.role !== 'admin' || person.name === name)

  /** Changed here at once, so that of two changes that come together the second one sees the first; taken back where it can not be written. */
  async function put(name: string, changed: Person | null, write: () => Promise<unknown>): Promise<Result<void>> {
    const before = people.get(name)
    if (changed === null) people.delete(name)
    else people.set(name, changed)
    const written = await attempted(write)
    if (written.ok) return succeeded(undefined)
    if (before === undefined) people.delete(name)
    else people.set(name, before)
    return written
  }

  const change = (person: Person, changed: Partial<Pick<Person, 'role' | 'password'>>): Promise<Result<void>> =>
    put(person.name, { ...person, ...changed }, () => db.updateTable('people').set(changed).where('name', '=', person.name).execute())

  return {
    find: (name) => people.get(name) ?? null,
    list: () => [...people.values()].map(({ name, role, createdAt }) => ({ name, role, createdAt })),
    async add(person, at) {
      if (people.has(person.name)) return failed('SHOAL_ERR_NAME_TAKEN')
      const row = { ...person, created_at: at }
      return put(person.name, { ...person, createdAt: at }, () => db.insertInto('people').values(row).execute())
    },
    async setPassword(name, password) {
      const person = people.get(name)
      return person === undefined ? failed('SHOAL_ERR_NOT_FOUND') : change(person, { password })
    },
    async setRole(name, role) {
      const person = people.get(name)
      if (person === undefined) return failed('SHOAL_ERR_NOT_FOUND')
      return role !== 'admin' && isLastAdmin(person) ? failed('SHOAL_ERR_LAST_ADMIN') : change(person, { role })
    },
    async remove(name) {
      const person = people.get(name)
      if (person === undefined) return failed('SHOAL_ERR_NOT_FOUND')
      if (isLastAdmin(person)) return failed('SHOAL_ERR_LAST_ADMIN')
      return put(name, null, () => db.deleteFrom('people').where('name', '=', name).execute())
    },
  }
}
