import { type Policy, policySchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { parameterCount, updateBytes } from './policy-volume.ts'

const policyAt = (privacy: Policy['privacy']): Policy =>
  policySchema.parse({
    version: 1,
    federation: 'fed-0000000000000001',
    name: 'digits',
    description: '',
    operator: 'nobody',
    strategy: 'fedavg',
    privacy,
    model: {
      architecture: 'toy',
      parameters: [
        { name: 'kernel', shape: [4, 25] },
        { name: 'bias', shape: [25] },
      ],
    },
    data: { kind: 'image', shape: [2, 2, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: 3, max: 10 },
    maxWeight: 10,
    evaluatesOnClients: false,
  })

test.each([
  [{ level: 'sealed', view: 'sums' }, 500],
  [{ level: 'sealed', view: 'sums', encoding: 'int8' }, 125],
  [{ level: 'masked', view: 'sums', masking: { cohortSize: 8, kMin: 3, kDiff: 2, ring: 16, clip: 1 } }, 250],
  [{ level: 'masked', view: 'sums', masking: { cohortSize: 8, kMin: 3, kDiff: 2, ring: 32, clip: 1 } }, 500],
] as const)('125 numbers at %j take %i bytes', (privacy, bytes) => {
  expect(parameterCount(policyAt(privacy))).toBe(125)
  expect(updateBytes(policyAt(privacy))).toBe(bytes)
})
