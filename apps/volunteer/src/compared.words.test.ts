import { LANGUAGES } from '@shoal/ui'
import { expect, test } from 'vitest'
import { comparedWords } from './compared.words.ts'

test('at level sealed it says that single results are kept, at level masked that sums are compared, in both languages', () => {
  const sealed = comparedWords({ level: 'sealed', view: 'sums', robust: 'median' })
  expect(sealed.en).toMatch(/keeps each by itself: in memory, and on its disk encrypted/)
  expect(sealed.de).toMatch(/bewahrt der Server jedes einzeln auf: im Arbeitsspeicher, und auf seiner Festplatte verschlüsselt/)
  const masked = comparedWords({ level: 'masked', view: 'sums', robust: 'trimmed' })
  expect(masked.en).toMatch(/^Several such sums are compared/)
  expect(masked.de).toMatch(/^Mehrere solche Summen werden verglichen/)
})

test.each(LANGUAGES)('where results are added up there is nothing to add (%s)', (language) => {
  expect(comparedWords({ level: 'sealed', view: 'sums' })[language]).toBe('')
  expect(comparedWords({ level: 'sealed', view: 'sums', robust: 'mean' })[language]).toBe('')
})
