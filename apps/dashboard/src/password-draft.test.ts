import { passwordSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { passwordProblem, passwordProblems } from './password-draft.ts'

test.each(['', 'x'.repeat(11), 'x'.repeat(12), 'x'.repeat(200), 'x'.repeat(201)])(
  'a password of its length is judged as the server judges it: %s',
  (password) => {
    expect(passwordProblem(password) === null).toBe(passwordSchema.safeParse(password).success)
  },
)

test('the first wrong field comes first', () => {
  expect(Object.keys(passwordProblems({ current: '', password: 'short', again: 'other' }, true))).toEqual(['current', 'password', 'again'])
  expect(passwordProblems({ current: '', password: 'a long enough one', again: 'a long enough one' }, false)).toEqual({})
})
