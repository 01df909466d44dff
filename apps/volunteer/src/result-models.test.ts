import { type Digest, digestSchema, type FederationView, type RoundSummary } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { decodeResultModels, encodeResultModels, isSameModels, resultModelsOf } from './result-models.ts'

const digest = (letter: string): Digest => digestSchema.parse(letter.repeat(64))
const [a, b, c] = [digest('a'), digest('b'), digest('c')]
/** What a server tells after its first round. */
const viewOf = (...models: Digest[]): Pick<FederationView, 'models' | 'rounds'> => ({ models, rounds: [{ round: 0 } as RoundSummary] })
const tried = (...models: Digest[]) => models.map((model) => ({ model, accuracy: 0.5, loss: 1 }))

test('one group has one model, which is everybody’s, whatever was compared before', () => {
  const service = { cluster: 0, tried: tried(b, c) }
  expect(resultModelsOf({ view: viewOf(a), cluster: null, service })).toEqual({ own: a, everybodys: null, groups: 1 })
})

test('of several groups the own model is that of the cluster, and everybody’s the most general that was compared', () => {
  const view = viewOf(a, b)
  expect(resultModelsOf({ view, cluster: 1, service: { cluster: 1, tried: tried(c, b) } })).toEqual({ own: b, everybodys: c, groups: 2 })
  expect(resultModelsOf({ view, cluster: 1, service: null })).toEqual({ own: b, everybodys: null, groups: 2 })
  // The comparison was made for another group, or found nothing more general.
  expect(resultModelsOf({ view, cluster: 1, service: { cluster: 0, tried: tried(c, a) } })?.everybodys).toBe(null)
  expect(resultModelsOf({ view, cluster: 1, service: { cluster: 1, tried: tried(b) } })?.everybodys).toBe(null)
})

test('without labels everybody’s is the model that the group was found by', () => {
  const service = { cluster: 1, tried: [], general: c }
  expect(resultModelsOf({ view: viewOf(a, b), cluster: 1, service, isGuest: true })).toEqual({ own: b, everybodys: c, groups: 2 })
  expect(resultModelsOf({ view: viewOf(a, b), cluster: 1, service })?.everybodys).toBe(null)
  expect(resultModelsOf({ view: viewOf(a, b), cluster: null, service: { ...service, cluster: null }, isGuest: true })).toBe(null)
})

test('nothing is shown while the own model is not known', () => {
  expect(resultModelsOf({ view: null, cluster: 0, service: null })).toBe(null)
  expect(resultModelsOf({ view: viewOf(a, b), cluster: null, service: null })).toBe(null)
  expect(resultModelsOf({ view: viewOf(), cluster: 0, service: null })).toBe(null)
  expect(resultModelsOf({ view: { models: [a], rounds: [] }, cluster: 0, service: null })).toBe(null)
})

test('what is kept on the device comes back, and nothing else does', () => {
  for (const models of [
    { own: a, everybodys: b, groups: 2 },
    { own: a, everybodys: null, groups: 1 },
  ])
    expect(decodeResultModels(encodeResultModels(models))).toEqual(models)
  for (const text of [null, '', 'null', '{}', '{"own":"x","everybodys":null,"groups":1}', `{"own":"${a}","groups":"1"}`])
    expect(decodeResultModels(text)).toBe(null)
})

test('models are told apart by every part', () => {
  const models = { own: a, everybodys: b, groups: 2 }
  expect(isSameModels(models, { ...models })).toBe(true)
  expect(isSameModels(null, null)).toBe(true)
  for (const other of [null, { ...models, own: c }, { ...models, everybodys: null }, { ...models, groups: 3 }]) expect(isSameModels(models, other)).toBe(false)
})
