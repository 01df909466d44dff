import { digestSchema, type Network } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { DIGITS, readData } from './data-draft.ts'
import { architectureUnder, MODELS, modelInWords, modelRequestOf, numbersOf, PROPOSED, UPLOADED, type UploadedModel, uploadProblem } from './model-choice.ts'

const network: Network = { inputShape: [28, 28, 1], classes: 10, layers: [{ kind: 'flatten' }, { kind: 'dense', name: 'output', units: 10 }] }
const upload: UploadedModel = { name: 'mine', network, trainable: 7850, buffers: 0, layers: [], model: digestSchema.parse('a'.repeat(64)) }
const digits = readData(DIGITS).data
const colour = readData({ ...DIGITS, channels: '3' }).data

test('a model of the zoo is taken for digits, and one is made for anything else', () => {
  expect(architectureUnder(digits, 'cnn-6186')).toBe('cnn-6186')
  expect(architectureUnder(digits, 'of old')).toBe(MODELS[0].architecture)
  expect(architectureUnder(colour, 'cnn-6186')).toBe(PROPOSED)
  expect(architectureUnder(null, 'cnn-6186')).toBe('cnn-6186')
  expect([architectureUnder(digits, PROPOSED), architectureUnder(colour, UPLOADED)]).toEqual([PROPOSED, UPLOADED])
})

test('numbers are known of ready-made and of uploaded models', () => {
  expect([numbersOf('cnn-6186', null), numbersOf(PROPOSED, null), numbersOf(UPLOADED, upload), numbersOf(UPLOADED, null)]).toEqual([6186, null, 7850, null])
})

test('an uploaded model must be there, fit the data, and leave nothing unsaid about its buffers', () => {
  expect(uploadProblem(null, digits, '')).toBe('Choose the model’s files, or another model.')
  expect(uploadProblem(upload, digits, '')).toBeNull()
  expect(uploadProblem(upload, colour, '')).toBe('The model takes 28 x 28 x 1 values; the data have 28 x 28 x 3.')
  expect(uploadProblem({ ...upload, network: { ...network, classes: 9 } }, digits, '')).toBe('The model tells 9 classes apart; the data have 10.')
  expect(uploadProblem({ ...upload, buffers: 32 }, digits, '')).toContain('running statistics')
  expect(uploadProblem({ ...upload, buffers: 32 }, digits, 'mean')).toBeNull()
})

test('what the server is asked for', () => {
  expect(modelRequestOf('cnn-6186', upload)).toEqual({ architecture: 'cnn-6186' })
  expect(modelRequestOf(UPLOADED, upload)).toEqual({ architecture: 'mine', network, start: upload.model })
  expect(modelRequestOf(UPLOADED, { ...upload, buffers: 2 })).toMatchObject({ buffers: 'mean' })
})

test('in words', () => {
  expect(modelInWords({ architecture: 'mine', network })).toBe('mine, uploaded: 2 layers')
  expect(modelInWords({ architecture: PROPOSED })).toBe('Made by the server for these data')
  expect(modelInWords({ architecture: 'lenet-5' })).toContain('LeNet-5')
})
