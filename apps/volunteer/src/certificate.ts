import { formatBytes, type Language } from '@shoal/ui'
import { certificateWords } from './certificate.words.ts'
import type { Contributions } from './contributions.ts'
import { dayText, numberText } from './result-format.ts'

/** What a certificate says. */
export interface Certificate {
  readonly heading: string
  readonly sentence: readonly string[]
  readonly facts: readonly { readonly label: string; readonly lines: readonly string[] }[]
  readonly footer: string
}

export interface CertificateOptions {
  readonly federation: string
  readonly operator: string
  readonly fingerprint: string
  readonly contributions: Contributions
  /** What the volunteer typed; empty for a certificate without any personal data. */
  readonly name: string
}

const WIDE = 66
const NARROW = 38

/** Null while nothing was contributed. Lines are as long as they fit on the sheet. */
export function certificateOf({ federation, operator, fingerprint, contributions, name }: CertificateOptions, language: Language): Certificate | null {
  const { rounds, examples, steps, bytesSent, computeMs, firstAt, lastAt } = contributions
  if (rounds === 0) return null
  const words = certificateWords[language]
  const [first, last] = [dayText(firstAt, language), dayText(lastAt, language)]
  const typed = name.trim()
  const digits = fingerprint.split(' ')
  const facts = [
    { label: words.federation, lines: wrapped(federation, NARROW) },
    { label: words.operator, lines: wrapped(operator, NARROW) },
    { label: words.days, lines: wrapped(first === last ? first : words.span(first, last), NARROW) },
    { label: words.rounds, lines: [numberText(rounds, language)] },
    { label: words.examples, lines: [numberText(examples, language)] },
    { label: words.steps, lines: [numberText(steps, language)] },
    { label: words.computed, lines: [words.minutes(numberText(Math.round(computeMs / 6_000) / 10, language))] },
    { label: words.bytes, lines: [formatBytes(bytesSent, language)] },
    { label: words.fingerprint, lines: [digits.slice(0, 6).join(' '), digits.slice(6).join(' ')] },
  ]
  return { heading: words.heading, sentence: wrapped(typed === '' ? words.sentence : words.sentenceNamed(typed), WIDE), facts, footer: words.footer }
}

/** Lines of at most `most` characters, parted between words; a longer word is cut. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${most}}`, 'gu')) ?? [])) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= most) lines.splice(-1, 1, `${last} ${word}`)
    else lines.push(word)
  }
  return lines
}
