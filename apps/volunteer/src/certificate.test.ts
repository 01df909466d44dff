import { expect, test } from 'vitest'
import { type CertificateOptions, certificateOf, wrapped } from './certificate.ts'

const noon = (day: number): number => new Date(2026, 4, day, 12).getTime()
const options: CertificateOptions = {
  federation: 'Handwriting of the north',
  operator: 'University of Somewhere',
  fingerprint: Array.from({ length: 12 }, (_, group) => String(10_000 + group)).join(' '),
  contributions: { rounds: 12, examples: 7_200, steps: 480, bytesSent: 4_885_000, computeMs: 95_000, firstAt: noon(3), lastAt: noon(5) },
  name: '',
}
const factsOf = (changes: Partial<CertificateOptions>, language: 'en' | 'de'): string[] =>
  (certificateOf({ ...options, ...changes }, language)?.facts ?? []).map(({ label, lines }) => `${label}: ${lines.join(' | ').replaceAll('\u00a0', ' ')}`)

test('it says what was given, to whom, when, and by which key that can be checked', () => {
  expect(factsOf({}, 'en')).toEqual([
    'Federation: Handwriting of the north',
    'Asked for by: University of Somewhere',
    'When: May 3, 2026 to May 5, 2026',
    'Rounds: 12',
    'Examples trained on: 7,200',
    'Training steps: 480',
    'Time computing: 1.6 min',
    'Sent in all: 4.9 MB',
    'Fingerprint of the federation’s key: 10000 10001 10002 10003 10004 10005 | 10006 10007 10008 10009 10010 10011',
  ])
  expect(factsOf({}, 'de')).toContain('Insgesamt gesendet: 4,9 MB')
})

test('one day is named once', () => {
  expect(factsOf({ contributions: { ...options.contributions, lastAt: noon(3) } }, 'de')).toContain('Wann: 3. Mai 2026')
})

test('a name stands on it only where one was typed', () => {
  expect(certificateOf(options, 'en')?.sentence.join(' ')).toMatch(/^This device helped/)
  expect(certificateOf({ ...options, name: '  Ada Lovelace ' }, 'en')?.sentence.join(' ')).toMatch(/^Ada Lovelace helped/)
})

test('without a contribution there is none', () => {
  expect(certificateOf({ ...options, contributions: { ...options.contributions, rounds: 0 } }, 'en')).toBe(null)
})

test('long lines are parted between words, and words that are too long are cut', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapped('abcdefgh ij', 5)).toEqual(['abcde', 'fgh', 'ij'])
  expect(wrapped('', 5)).toEqual([])
})
