import { expect, test } from 'vitest'
import { createFederationKeyPair } from './policy.ts'
import { loadSodium } from './sodium.ts'
import { createVault } from './vault.ts'

const sodium = await loadSodium()
const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)

test('what was sealed opens again, also by a vault that is made anew from the same key', () => {
  const keyPair = createFederationKeyPair(sodium)
  const sealed = createVault(sodium, keyPair).seal(bytes)
  expect(Buffer.from(sealed).includes(Buffer.from(bytes.subarray(0, 16)))).toBe(false)
  expect(createVault(sodium, keyPair).open(sealed)).toEqual({ ok: true, value: bytes })
})

test('the same bytes never look the same twice', () => {
  const vault = createVault(sodium, createFederationKeyPair(sodium))
  expect(Buffer.from(vault.seal(bytes)).equals(Buffer.from(vault.seal(bytes)))).toBe(false)
})

test.each([
  ['by another federation', (sealed: Uint8Array) => sealed, true],
  ['with a bit changed', (sealed: Uint8Array) => sealed.map((byte, index) => (index === 40 ? byte ^ 1 : byte)), false],
  ['cut short', (sealed: Uint8Array) => sealed.subarray(0, 20), false],
  ['empty', () => new Uint8Array(0), false],
] as const)('sealed bytes are refused %s', (_what, change, byAnother) => {
  const keyPair = createFederationKeyPair(sodium)
  const sealed = change(createVault(sodium, keyPair).seal(bytes))
  const vault = createVault(sodium, byAnother ? createFederationKeyPair(sodium) : keyPair)
  expect(vault.open(sealed)).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_STORE_FAILED' } })
})
