/** What this browser or this connection lacks, as sentences for the volunteer. Nothing here keeps anybody from taking part. */
export interface Surroundings {
  readonly isSecureContext: boolean
  readonly hasLocks: boolean
  /** Null before it was tried. */
  readonly isStorageLasting: boolean | null
}

export function shortcomingsOf({ isSecureContext, hasLocks, isStorageLasting }: Surroundings): readonly string[] {
  const sentences: string[] = []
  if (!isSecureContext) {
    sentences.push(
      'This page came over plain http. Anyone on the network between you and the server can see that you take part, and could change the page on its way.',
      "The browser's own encryption is off here; your results are encrypted by a library inside this page instead, which is slower.",
      'WebGPU is off here; the model trains with WebGL or WebAssembly.',
    )
  }
  if (!hasLocks)
    sentences.push('This browser can not see your other tabs here: if you open the invitation twice, the newer tab goes on and the older one stops.')
  if (isStorageLasting === false) sentences.push('This browser keeps nothing for this page: when you close or reload it, you come back as a new volunteer.')
  return sentences
}
