import type { Sodium } from './sodium.ts'
import type { Words } from './word-source.ts'

/** Uniform words that `seed` decides. For tests alone. */
export function deterministicWords(sodium: Sodium, seed: string): Words {
  let call = 0
  return (count) => {
    const key = sodium.crypto_generichash(32, new TextEncoder().encode(`${seed}/${call}`), null)
    call += 1
    const bytes = sodium.randombytes_buf_deterministic(4 * count, key)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count)
  }
}
