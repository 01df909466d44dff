import type { ShortcomingWords } from './shortcomings.words.ts'

/** What this browser or this connection lacks. */
export interface Surroundings {
  readonly isSecureContext: boolean
  readonly hasLocks: boolean
  /** Null before it was tried. */
  readonly isStorageLasting: boolean | null
}

/** As sentences for the volunteer. Nothing here keeps anybody from taking part. */
export function shortcomingsOf({ isSecureContext, hasLocks, isStorageLasting }: Surroundings, words: ShortcomingWords): readonly string[] {
  const sentences: string[] = []
  if (!isSecureContext) sentences.push(words.plainHttp, words.slowEncryption, words.noGraphics, words.screenSleeps)
  if (!hasLocks) sentences.push(words.blindToTabs)
  if (isStorageLasting === false) sentences.push(words.forgets)
  return sentences
}
