import type { Service } from '@shoal/client'
import { digestSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { describeService } from './service.ts'

const digest = (letter: string): Service['model'] => digestSchema.parse(letter.repeat(64))

/** Models a, b, c ... with these accuracies; the one at `serves` serves. */
const serviceWith = (serves: number, ...accuracies: number[]): Service => {
  const tried = accuracies.map((accuracy, index) => ({ model: digest('abcdef'.charAt(index)), accuracy, loss: 1 }))
  return { cluster: 1, general: digest('a'), model: digest('abcdef'.charAt(serves)), isGeneral: serves < accuracies.length - 1, tried }
}

test.each<[string, Service, string]>([
  ['the own model', serviceWith(1, 0.71, 0.93), 'Your group’s model reads your data best: 93.0 % right against 71.0 % for the model of everybody.'],
  ['the general model', serviceWith(0, 0.8, 0.75), 'The model of everybody reads your data best: 80.0 % right against 75.0 % for your group’s model.'],
  ['one between', serviceWith(1, 0.5, 0.9, 0.75), 'The model of a larger group reads your data best: 90.0 % right against 75.0 % for your group’s model.'],
  ['as many right', serviceWith(1, 0.9, 0.9), 'Your group’s model is surest of your data: it has 90.0 % right, and the model of everybody 90.0 %.'],
])('%s serves', (_what, service, sentence) => {
  const text = describeService(service, 'en')
  expect(text?.sentence.replaceAll('\u00a0', ' ')).toBe(sentence)
  expect(text?.models.filter(({ serves }) => serves)).toHaveLength(1)
  expect(sentence.startsWith(text?.models.find(({ serves }) => serves)?.name ?? '-')).toBe(true)
})

test('names tell the models on a long path apart', () => {
  const names = describeService(serviceWith(3, 0.1, 0.2, 0.3, 0.4), 'en')?.models.map(({ name }) => name)
  expect(new Set(names).size).toBe(4)
})

test('without a comparison there is nothing to tell', () => {
  expect(describeService(serviceWith(0), 'en')).toBe(null)
  expect(describeService(serviceWith(0, 0.9), 'en')).toBe(null)
})

test('it is told in German, too', () => {
  expect(describeService(serviceWith(1, 0.71, 0.93), 'de')?.sentence.replaceAll('\u00a0', ' ')).toBe(
    'Das Modell Ihrer Gruppe erkennt Ihre Daten am besten: 93,0 % richtig gegenüber 71,0 % bei dem Modell aller.',
  )
})
