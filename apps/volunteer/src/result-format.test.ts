import { expect, test } from 'vitest'
import { dayText, numberText } from './result-format.ts'

test('numbers are written as each language does', () => {
  expect([numberText(1234.5, 'en'), numberText(1234.5, 'de')]).toEqual(['1,234.5', '1.234,5'])
  expect([dayText(new Date(2026, 2, 5, 12).getTime(), 'en'), dayText(new Date(2026, 2, 5, 12).getTime(), 'de')]).toEqual(['March 5, 2026', '5. März 2026'])
})
