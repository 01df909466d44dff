import { expect, test } from 'vitest'
import { bytesText, dayText, numberText, shareText } from './result-format.ts'

test('numbers are written as each language does', () => {
  expect([shareText(0.9312, 'en'), shareText(0.9312, 'de').replace('\u00a0', ' ')]).toEqual(['93.1%', '93,1 %'])
  expect([numberText(1234.5, 'en'), numberText(1234.5, 'de')]).toEqual(['1,234.5', '1.234,5'])
  expect([0, 999, 1000, 1_234_567, 5e12].map((bytes) => bytesText(bytes, 'en'))).toEqual(['0 byte', '999 byte', '1 kB', '1.2 MB', '5,000 GB'])
  expect(bytesText(1_234_567, 'de').replace('\u00a0', ' ')).toBe('1,2 MB')
  expect([dayText(new Date(2026, 2, 5, 12).getTime(), 'en'), dayText(new Date(2026, 2, 5, 12).getTime(), 'de')]).toEqual(['March 5, 2026', '5. März 2026'])
})
