import { webcrypto } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAes256GcmDecryption, decryptAes256Gcm } from './node-cipher.ts'
import { loadSodium } from './sodium.ts'

/* Known answers of every primitive we build on: a wrong or swapped library shows here first. */
const sodium = await loadSodium()
const { from_hex: fromHex, to_hex: toHex } = sodium

test('libsodium is loaded once', async () => {
  expect(await loadSodium()).toBe(sodium)
})

test('X25519: RFC 7748, section 5.2, first vector', () => {
  const scalar = fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4')
  const point = fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
  expect(toHex(sodium.crypto_scalarmult(scalar, point))).toBe('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552')
})

test.each([
  {
    name: 'TEST 1, empty message',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature: 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2, one byte',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
])('Ed25519: RFC 8032, section 7.1, $name', ({ seed, publicKey, message, signature }) => {
  const keyPair = sodium.crypto_sign_seed_keypair(fromHex(seed))
  expect(toHex(keyPair.publicKey)).toBe(publicKey)
  expect(toHex(sodium.crypto_sign_detached(fromHex(message), keyPair.privateKey))).toBe(signature)
  expect(sodium.crypto_sign_verify_detached(fromHex(signature), fromHex(message), keyPair.publicKey)).toBe(true)
})

test('BLAKE2b-512: RFC 7693, appendix A', () => {
  expect(toHex(sodium.crypto_generichash(64, 'abc', null))).toBe(
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
  )
})

test('XChaCha20-Poly1305: draft-irtf-cfrg-xchacha, appendix A.3.1', () => {
  const plaintext = sodium.from_string("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
  const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
  const nonce = fromHex('404142434445464748494a4b4c4d4e4f5051525354555657')
  const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, fromHex('50515253c0c1c2c3c4c5c6c7'), null, nonce, key)
  expect(toHex(sealed)).toBe(
    'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
      '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
  )
})

/** AES-256-GCM, the GCM specification submitted to NIST (McGrew and Viega), test case 16. */
const gcm = {
  key: fromHex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
  nonce: fromHex('cafebabefacedbaddecaf888'),
  additionalData: fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
  plaintext: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  ciphertextWithTag:
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
    '76fc6ece0f4e1768cddf8853bb2d551b',
}

test('AES-256-GCM through WebCrypto: NIST submission, test case 16', async () => {
  const key = await webcrypto.subtle.importKey('raw', gcm.key, 'AES-GCM', false, ['encrypt'])
  const sealed = await webcrypto.subtle.encrypt(
    { name: 'AES-GCM', iv: gcm.nonce, additionalData: gcm.additionalData, tagLength: 128 },
    key,
    fromHex(gcm.plaintext),
  )
  expect(toHex(new Uint8Array(sealed))).toBe(gcm.ciphertextWithTag)
})

test('AES-256-GCM through Node: NIST submission, test case 16, and refused with one bit changed anywhere', () => {
  const sealed = fromHex(gcm.ciphertextWithTag)
  const opened = decryptAes256Gcm(gcm.key, gcm.nonce, gcm.additionalData, sealed)
  expect(opened && toHex(opened)).toBe(gcm.plaintext)
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = sealed.slice()
    changed[index] ^= 1
    expect(decryptAes256Gcm(gcm.key, gcm.nonce, gcm.additionalData, changed)).toBeNull()
  }
})

test('AES-256-GCM through one buffer: what the plain way opens, of any length and one after the other, and nothing that was changed', async () => {
  const decrypt = createAes256GcmDecryption()
  const key = await webcrypto.subtle.importKey('raw', gcm.key, 'AES-GCM', false, ['encrypt'])
  for (const length of [200_000, 0, 1, 65_535, 65_536, 65_537, 131_072, 300_001]) {
    const plaintext = Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 251)
    const sealed = new Uint8Array(
      await webcrypto.subtle.encrypt({ name: 'AES-GCM', iv: gcm.nonce, additionalData: gcm.additionalData, tagLength: 128 }, key, plaintext),
    )
    const plain = decryptAes256Gcm(gcm.key, gcm.nonce, gcm.additionalData, sealed)
    expect(Buffer.compare(plain ?? new Uint8Array(1), plaintext)).toBe(0)
    expect(Buffer.compare(decrypt(gcm.key, gcm.nonce, gcm.additionalData, sealed) ?? new Uint8Array(1), plaintext)).toBe(0)
    sealed[sealed.length >> 1] ^= 1
    expect(decrypt(gcm.key, gcm.nonce, gcm.additionalData, sealed)).toBeNull()
  }
})
