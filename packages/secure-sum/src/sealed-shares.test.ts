import fc from 'fast-check'
import sodium from 'libsodium-wrappers'
import { expect, test } from 'vitest'
import { type Handover, openShares, SEALED_SHARES_BYTES, type SharePair, sealShares } from './sealed-shares.ts'

await sodium.ready
const { from_hex: fromHex, to_hex: toHex } = sodium
const handover: Handover = { key: new Uint8Array(32).fill(1), transcript: new Uint8Array(32).fill(2), from: 3, to: 4 }
const shares: SharePair = {
  seedShare: Uint8Array.from({ length: 33 }, (_, index) => index),
  keyShare: Uint8Array.from({ length: 33 }, (_, index) => 255 - index),
}
const refused = (detail: string) => ({ ok: false, failure: { code: 'SHOAL_ERR_SEALED_SHARES', detail } })

test('[4.3] XChaCha20-Poly1305: draft-irtf-cfrg-xchacha, appendix A.3.1', () => {
  const plaintext = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
  const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
  const nonce = fromHex('404142434445464748494a4b4c4d4e4f5051525354555657')
  expect(toHex(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, fromHex('50515253c0c1c2c3c4c5c6c7'), null, nonce, key))).toBe(
    'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
      '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
  )
})

test('[3.1] a pair of shares takes 106 bytes: nonce, both shares, tag, with the domain, T, from and to authenticated', () => {
  expect(SEALED_SHARES_BYTES).toBe(106)
  const sealed = sealShares(sodium, handover, shares)
  expect(sealed).toHaveLength(106)
  const additionalData = Buffer.concat([Buffer.from('shoal/sealed-shares/v1\0'), handover.transcript, Buffer.of(3, 0, 0, 0, 4, 0, 0, 0)])
  const both = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed.subarray(24), additionalData, sealed.subarray(0, 24), handover.key)
  expect(both).toEqual(Uint8Array.of(...shares.seedShare, ...shares.keyShare))
})

test('what was sealed opens, whatever the shares and the sides (seed 42)', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(bytes(33), bytes(33), bytes(32), bytes(32), fc.nat(0xffff), fc.nat(0xffff), (seedShare, keyShare, key, transcript, from, to) => {
      const side: Handover = { key, transcript, from, to }
      expect(openShares(sodium, side, sealShares(sodium, side, { seedShare, keyShare }))).toEqual({ ok: true, value: { seedShare, keyShare } })
    }),
    { seed: 42, numRuns: 50 },
  )
})

test('[3.2] another transcript, sender, receiver or key opens nothing', () => {
  const sealed = sealShares(sodium, handover, shares)
  const others: readonly Handover[] = [
    { ...handover, transcript: new Uint8Array(32).fill(3) },
    { ...handover, from: 5 },
    { ...handover, to: 5 },
    { ...handover, from: 4, to: 3 },
    { ...handover, key: new Uint8Array(32) },
  ]
  for (const other of others) expect(openShares(sodium, other, sealed)).toEqual(refused(`from client ${other.from}`))
})

test('[5.2] any changed bit and any other length opens nothing', () => {
  const sealed = sealShares(sodium, handover, shares)
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = sealed.slice()
    changed[bit >> 3] ^= 1 << (bit & 7)
    expect(openShares(sodium, handover, changed)).toEqual(refused('from client 3'))
  }
  for (const length of [0, 24, 105]) expect(openShares(sodium, handover, sealed.subarray(0, length))).toEqual(refused(`from client 3, ${length} bytes`))
  expect(openShares(sodium, handover, Uint8Array.of(...sealed, 0))).toEqual(refused('from client 3, 107 bytes'))
})

test('the same shares are sealed differently each time', () => {
  const sealed = Array.from({ length: 20 }, () => toHex(sealShares(sodium, handover, shares)))
  expect(new Set(sealed.map((text) => text.slice(0, 48))).size).toBe(20)
})

test('shares of another length are a mistake of the caller', () => {
  expect(() => sealShares(sodium, handover, { ...shares, seedShare: new Uint8Array(32) })).toThrow(RangeError)
  expect(() => sealShares(sodium, handover, { ...shares, keyShare: new Uint8Array(32) })).toThrow(RangeError)
})
