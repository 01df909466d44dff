import { scryptSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from './limits.ts'
import { createPasswordHashes } from './password-hash.ts'

const unwrapped = <T>(result: { ok: true; value: T } | { ok: false; failure: { code: string } }): T => {
  if (!result.ok) throw new Error(result.failure.code)
  return result.value
}

test('a password is known again by a hash that names its cost, has salt and does not hold it', async () => {
  const passwords = createPasswordHashes(DEFAULT_LIMITS.passwordCost)
  const [first, second] = [unwrapped(await passwords.hash('correct horse')), unwrapped(await passwords.hash('correct horse'))]
  expect(first).toMatch(/^scrypt:32768:8:3:[\w-]{22}:[\w-]{43}$/)
  expect(second).not.toBe(first)
  expect(unwrapped(await passwords.isRight('correct horse', first))).toBe(true)
  expect(unwrapped(await passwords.isRight('correct horsf', first))).toBe(false)
  expect(unwrapped(await passwords.isRight('correct horse', null))).toBe(false)
})

test('letters that are written in another way are the same letters', async () => {
  const passwords = createPasswordHashes(2 ** 10)
  expect(unwrapped(await passwords.isRight('u\u0308bung', unwrapped(await passwords.hash('\u00fcbung'))))).toBe(true)
})

test('a hash of another cost still works', async () => {
  const hash = scryptSync('old', 'salt', 32, { N: 2, r: 1, p: 1 }).toString('base64url')
  expect(unwrapped(await createPasswordHashes(2 ** 10).isRight('old', `scrypt:2:1:1:c2FsdA:${hash}`))).toBe(true)
})

test('when too many wait the next is refused, and is taken again when they are done', async () => {
  const passwords = createPasswordHashes(2 ** 10)
  const codes = (await Promise.all(Array.from({ length: 22 }, () => passwords.isRight('x', `scrypt:2:1:1:c2FsdA:${'A'.repeat(43)}`)))).map((result) =>
    result.ok ? 'taken' : result.failure.code,
  )
  expect(codes.filter((code) => code === 'SHOAL_ERR_RATE_LIMITED')).toHaveLength(2)
  expect(await passwords.isRight('x', `scrypt:2:1:1:c2FsdA:${'A'.repeat(43)}`)).toEqual({ ok: true, value: false })
})
