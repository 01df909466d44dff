import { expect, test } from 'vitest'
import { DOMAINS, transcriptOf } from './transcript.ts'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('the layout is the domain, then text with its length, numbers as u32 and raw bytes as they are', () => {
  const domain = Buffer.from('shoal/manifest/v1\0').toString('hex')
  expect(hexOf(transcriptOf('manifest', ['fé', 258, Uint8Array.of(9, 8)]))).toBe(`${domain}0300000066c3a9020100000908`)
})

test('no domain begins another, so what is signed for one purpose can not be read as another', () => {
  const domains = Object.values(DOMAINS)
  for (const domain of domains) expect(domains.filter((other) => other.startsWith(domain))).toEqual([domain])
})

test('text can not slip from one field into the next', () => {
  expect(transcriptOf('join', ['ab', 'c'])).not.toEqual(transcriptOf('join', ['a', 'bc']))
})
