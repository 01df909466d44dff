/** One domain per purpose, so that bytes signed or hashed for one can never pass for another. The zero byte keeps a domain from being the start of a longer one. */
export const DOMAINS = {
  join: 'shoal/join/v1\0',
  clientId: 'shoal/client-id/v1\0',
  policy: 'shoal/policy/v1\0',
  fingerprint: 'shoal/fingerprint/v1\0',
  aggregatorKey: 'shoal/aggregator-key/v1\0',
  manifest: 'shoal/manifest/v1\0',
  vault: 'shoal/vault/v1\0',
  maskSeed: 'shoal/mask-seed/v1\0',
  maskPair: 'shoal/mask-pair/v1\0',
  sharePair: 'shoal/share-pair/v1\0',
  sealedShares: 'shoal/sealed-shares/v1\0',
  sumManifest: 'shoal/sum-manifest/v1\0',
  sumAdvertisement: 'shoal/sum-advertisement/v1\0',
  sumCredential: 'shoal/sum-credential/v1\0',
  sumTranscript: 'shoal/sum-transcript/v1\0',
  sumInput: 'shoal/sum-input/v1\0',
  sumNonce: 'shoal/sum-nonce/v1\0',
  sumBeacon: 'shoal/sum-beacon/v1\0',
  sumSurvivors: 'shoal/sum-survivors/v1\0',
  sumFederation: 'shoal/sum-federation/v1\0',
  sumQuestion: 'shoal/sum-question/v1\0',
  sumModel: 'shoal/sum-model/v1\0',
} as const

export const MAX_U32 = 0xffff_ffff

/**
 * What is signed or hashed: never JSON, always a domain and fields of a fixed layout. Little-endian.
 * Text is its length in UTF-8 bytes (u32) and those bytes; a number is a u32; raw bytes stand as they are and must have a length fixed by the domain.
 */
export function transcriptOf(domain: keyof typeof DOMAINS, fields: readonly (string | number | Uint8Array)[]): Uint8Array {
  const encoder = new TextEncoder()
  const pieces: Uint8Array[] = [encoder.encode(DOMAINS[domain])]
  for (const field of fields) {
    if (typeof field === 'number') pieces.push(u32Of(field))
    else if (typeof field === 'string') {
      const bytes = encoder.encode(field)
      pieces.push(u32Of(bytes.length), bytes)
    } else pieces.push(field)
  }
  const transcript = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    transcript.set(piece, offset)
    offset += piece.length
  }
  return transcript
}

function u32Of(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
