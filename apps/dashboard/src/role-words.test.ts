import { roleSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { isAllowed, ROLES, roleInWords } from './role-words.ts'

test('every role has its words, and may do what those before it may', () => {
  expect(ROLES.map(({ role }) => role)).toEqual(roleSchema.options)
  expect(ROLES.map(({ role }) => ROLES.map((needed) => isAllowed(role, needed.role)))).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ])
  expect(roleInWords('admin')).toBe('admin')
})
