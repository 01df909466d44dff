import { expect, test } from 'vitest'
import { createSecretToken } from './secret-token.ts'

test('a token is 43 characters that a URL, a cookie and a command line take as they are', () => {
  const tokens = Array.from({ length: 2000 }, createSecretToken)
  expect(tokens.filter((token) => !/^\w[\w-]{42}$/.test(token))).toEqual([])
  expect(new Set(tokens).size).toBe(tokens.length)
})
