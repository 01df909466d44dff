import { expect, test } from 'vitest'
import { fingerprintOf, textHashOf } from './fingerprint.ts'

test("a key has the fingerprint that the server's side gives it", () => {
  // The value that the test of fingerprintOf in packages/privacy pins.
  expect(fingerprintOf('A'.repeat(43))).toBe('76353 12713 46020 09943 17737 08855 34596 94051 97465 84539 70480 51514')
})

test('a text is named by its BLAKE2b-256 in URL-safe base64', () => {
  // b2sum -l 256 of the empty text.
  expect(textHashOf('')).toBe(Buffer.from('0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8', 'hex').toString('base64url'))
  expect(textHashOf('ä')).not.toBe(textHashOf('a'))
})
