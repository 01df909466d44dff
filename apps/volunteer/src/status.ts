import type { Failure } from '@shoal/protocol'
import type { Language } from '@shoal/ui'
import { failureWords } from './failure.words.ts'

/** One clear state: its name for programs, and for people a sentence with its reason. */
export interface Status {
  readonly name: string
  /** Changes rarely enough to be read aloud. */
  readonly sentence: string
  /** What happens at this moment, with its share where that is known. Changes often and is not read aloud. */
  readonly step: { readonly text: string; readonly share: number | null } | null
  /** The round that is worked at. */
  readonly round: number | null
  /** What slows the work down. */
  readonly notices: readonly string[]
  /** When the server is tried again, by the page's timers; null where nothing is waited for. Shown beside the sentence and not read aloud: it changes every second. */
  readonly retryAt: number | null
}

export const statusOf = (name: string, sentence: string, more: Partial<Status> = {}): Status => ({
  name,
  sentence,
  step: null,
  round: null,
  notices: [],
  retryAt: null,
  ...more,
})

/** What failed, in words and with the code by which it can be looked up. */
export const failureStatus = (name: string, what: string, failure: Failure, language: Language): Status =>
  statusOf(name, `${what} ${failureWords(language, failure)} [${failure.code}]`)
