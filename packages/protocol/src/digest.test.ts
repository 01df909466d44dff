import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { digestOf } from './digest.ts'

test('known answer: SHA-256 of "abc" (FIPS 180-4)', async () => {
  expect(await digestOf(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('the script that serves pages without WebCrypto agrees with the native hash', async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)
  expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(await digestOf(bytes))
})
