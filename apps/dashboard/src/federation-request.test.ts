import { federationConfigSchema } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { INITIAL_FORM, MODELS, requestOf } from './federation-request.ts'

test('what the form starts with is a configuration that the protocol takes', () => {
  const request = requestOf({ ...INITIAL_FORM, operator: 'Ms Ito' }, 'seed')
  const config = federationConfigSchema.parse({ ...request, model: { ...request.model, parameters: [] } })
  expect(config.model.architecture).toBe(MODELS[0].architecture)
  expect(config.cohort).toEqual({ fraction: 1, min: 3, max: 100 })
  expect(config.stop).toEqual({ rounds: 20, accuracy: 0.95 })
})

test('more volunteers than usual widen the cohort, and no target means all rounds', () => {
  const request = requestOf({ ...INITIAL_FORM, volunteers: 250, targetPercent: null }, 'seed')
  expect(request.cohort).toEqual({ fraction: 1, min: 250, max: 250 })
  expect(request.stop.accuracy).toBeNull()
})
