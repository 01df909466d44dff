import { expect, test } from 'vitest'
import { parseAddress } from './address.ts'

const KEY = 'A'.repeat(43)
const INVITE = 'abcdefghijklmnop'

test('a link holds an invite, a backend if one is named, and the federation key in its fragment', () => {
  expect(parseAddress(`http://192.168.1.4:8787/join/${INVITE}?backend=wasm#${KEY}`)).toEqual({
    ok: true,
    value: { invite: INVITE, federationKey: KEY, backend: 'wasm' },
  })
  expect(parseAddress(`https://shoal.example/join/${INVITE}#${KEY}`)).toMatchObject({ ok: true, value: { backend: 'auto' } })
})

test.each([
  ['no invite', `https://shoal.example/join/#${KEY}`],
  ['an invite of odd characters', `https://shoal.example/join/${INVITE}%20#${KEY}`],
  ['another path', `https://shoal.example/volunteer/index.html#${KEY}`],
  ['no key', `https://shoal.example/join/${INVITE}`],
  ['half a key', `https://shoal.example/join/${INVITE}#${KEY.slice(2)}`],
])('a link with %s is refused', (_what, href) => {
  expect(parseAddress(href)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_INVITE_INVALID' } })
})
