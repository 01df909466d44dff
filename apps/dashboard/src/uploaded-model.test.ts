import { expect, test } from 'vitest'
import { base64Of, modelNameOf, readUploadedModel, sortModelFiles } from './uploaded-model.ts'

const answer = {
  network: { inputShape: [28, 28, 1], classes: 10, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'output', units: 10 }] },
  parameters: 7852,
  trainable: 7850,
  buffers: ['norm/moving_mean'],
  summary: [{ layer: 'output', output: '10', parameters: 7850 }],
  model: 'a'.repeat(64),
}

test('the server’s answer becomes a model; one without a network or a hash is none', () => {
  expect(readUploadedModel('mine', answer)).toMatchObject({
    name: 'mine',
    trainable: 7850,
    buffers: 1,
    layers: [{ layer: 'output', output: '10', parameters: 7850 }],
  })
  expect(readUploadedModel('mine', { ...answer, network: {} })).toBeNull()
  expect(readUploadedModel('mine', { ...answer, model: 'x' })).toBeNull()
  expect(readUploadedModel('mine', null)).toBeNull()
})

test('weights come in the order that the description names, whatever the order they were chosen in', () => {
  const [json, second, first] = [{ name: 'model.json' }, { name: 'group1-shard2of2.bin' }, { name: 'group1-shard1of2.bin' }]
  const description = { weightsManifest: [{ paths: ['./group1-shard1of2.bin', 'group1-shard2of2.bin'] }] }
  expect(sortModelFiles([json, second, first], description)).toEqual({ weights: [first, second] })
  expect(sortModelFiles([json, first], description)).toEqual({ missing: 'group1-shard2of2.bin' })
  expect(sortModelFiles([json], {})).toEqual({ weights: [] })
})

test('bytes as base64, longer than one piece too', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
  expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'))
})

test.each([
  ['model.json', 'model'],
  ['my digits (2).json', 'my-digits-2-'],
  ['.json', 'uploaded'],
])('%s is called %s', (file, name) => {
  expect(modelNameOf(file)).toBe(name)
})
