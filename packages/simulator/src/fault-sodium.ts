import type { Rng } from '@shoal/numeric'
import type { Sodium } from '@shoal/privacy'

const KEY_BYTES = 32
const SEED_BYTES = 32
const SIGNATURE_BYTES = 64
const TAG_BYTES = 16

/**
 * libsodium with stand-ins for what is slow and with a seed for what is drawn: keys, signatures and boxes of the right form and length, which fit together and fail where the real ones fail, and
 * protect nothing. A run over it is the same every time and takes a third of the time. What the real ones promise is tested where they are used; here it is the machines that are looked at.
 */
export function createToySodium(sodium: Sodium, rng: Rng): Sodium {
  const random = (length: number): Uint8Array => {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, rng.word)
    return new Uint8Array(words.buffer, 0, length).slice()
  }
  const hash = (length: number, key: Uint8Array | null, ...parts: readonly Uint8Array[]): Uint8Array => sodium.crypto_generichash(length, joined(parts), key)
  /** The public half of a private key for exchange: an involution, so that two of them have a secret in common. */
  const publicOf = (privateKey: Uint8Array): Uint8Array => privateKey.map((byte) => byte ^ 0x5a)
  const exchangeKeys = (privateKey: Uint8Array) => ({ keyType: 'x25519' as const, privateKey, publicKey: publicOf(privateKey) })
  const signingKeys = (seed: Uint8Array) => {
    const publicKey = hash(KEY_BYTES, null, seed)
    return { keyType: 'ed25519' as const, publicKey, privateKey: joined([seed, publicKey]) }
  }
  const bytesOf = (message: string | Uint8Array): Uint8Array => (typeof message === 'string' ? sodium.from_string(message) : message)
  const signatureOf = (message: string | Uint8Array, publicKey: Uint8Array): Uint8Array => hash(SIGNATURE_BYTES, publicKey, bytesOf(message))
  const boxed = (message: Uint8Array, key: Uint8Array): Uint8Array => {
    const stream = sodium.randombytes_buf_deterministic(message.length, key)
    return message.map((byte, index) => byte ^ stream[index])
  }
  const toy: Partial<Sodium> = {
    randombytes_buf: ((length: number) => random(length)) as Sodium['randombytes_buf'],
    crypto_sign_keypair: (() => signingKeys(random(SEED_BYTES))) as Sodium['crypto_sign_keypair'],
    crypto_sign_seed_keypair: ((seed: Uint8Array) => signingKeys(seed)) as Sodium['crypto_sign_seed_keypair'],
    crypto_sign_detached: ((message: string | Uint8Array, privateKey: Uint8Array) =>
      signatureOf(message, privateKey.subarray(SEED_BYTES))) as Sodium['crypto_sign_detached'],
    crypto_sign_verify_detached: (signature, message, publicKey) =>
      signature.length === SIGNATURE_BYTES && publicKey.length === KEY_BYTES && sodium.memcmp(signature, signatureOf(message, publicKey)),
    crypto_box_keypair: (() => exchangeKeys(random(KEY_BYTES))) as Sodium['crypto_box_keypair'],
    crypto_box_seed_keypair: ((seed: Uint8Array) => exchangeKeys(hash(KEY_BYTES, null, seed))) as Sodium['crypto_box_seed_keypair'],
    crypto_scalarmult_base: ((privateKey: Uint8Array) => publicOf(privateKey)) as Sodium['crypto_scalarmult_base'],
    crypto_scalarmult: ((privateKey: Uint8Array, theirs: Uint8Array) => {
      const own = publicOf(privateKey)
      return isBefore(own, theirs) ? hash(KEY_BYTES, null, own, theirs) : hash(KEY_BYTES, null, theirs, own)
    }) as Sodium['crypto_scalarmult'],
    crypto_box_seal: ((message: string | Uint8Array, publicKey: Uint8Array) => {
      const once = random(KEY_BYTES)
      const body = boxed(bytesOf(message), hash(KEY_BYTES, null, once, publicKey))
      return joined([once, hash(TAG_BYTES, publicKey, once, body), body])
    }) as Sodium['crypto_box_seal'],
    crypto_box_seal_open: ((sealed: Uint8Array, publicKey: Uint8Array, privateKey: Uint8Array) => {
      const once = sealed.subarray(0, KEY_BYTES)
      const body = sealed.subarray(KEY_BYTES + TAG_BYTES)
      const isOurs = sodium.memcmp(publicOf(privateKey), publicKey)
      if (!isOurs || !sodium.memcmp(sealed.subarray(KEY_BYTES, KEY_BYTES + TAG_BYTES), hash(TAG_BYTES, publicKey, once, body)))
        throw new Error('not for this key')
      return boxed(body, hash(KEY_BYTES, null, once, publicKey))
    }) as Sodium['crypto_box_seal_open'],
  }
  return { ...sodium, ...toy }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function isBefore(left: Uint8Array, right: Uint8Array): boolean {
  const at = left.findIndex((byte, index) => byte !== right[index])
  return at === -1 || left[at] < right[at]
}
