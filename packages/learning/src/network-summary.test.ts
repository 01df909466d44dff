import { expect, test } from 'vitest'
import { networkSummary } from './network-summary.ts'
import { architectureOf } from './zoo.ts'

test('a network is told layer by layer', () => {
  expect(networkSummary(architectureOf('mlp-784-128-10'))).toEqual([
    { layer: 'flatten', output: '784', parameters: 0 },
    { layer: 'hidden', output: '128', parameters: 784 * 128 + 128 },
    { layer: 'relu', output: '128', parameters: 0 },
    { layer: 'output', output: '10', parameters: 1290 },
  ])
})

test('buffers count as parameters of their layer', () => {
  const summary = networkSummary(architectureOf('cnn-6250-batch-norm'))
  expect(summary.find(({ layer }) => layer === 'norm1')).toMatchObject({ parameters: 64 })
  expect(summary.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(6250)
  expect(summary[0].output).toMatch(/^\d+ x \d+ x \d+$/)
})
