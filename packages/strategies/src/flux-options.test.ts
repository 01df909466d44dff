import { describe, expect, test } from 'vitest'
import { latentLength, parseFluxOptions } from './flux-options.ts'

const parsed = (given: Readonly<Record<string, unknown>>) => {
  const result = parseFluxOptions(given)
  return result.ok ? result.value : result.failure.detail
}

test('nothing has to be said', () => {
  expect(parsed({})).toEqual({
    length: null,
    rule: 'elbow+floor',
    floorFactor: 1.2,
    capFactor: 1.5,
    epsilonScale: 1,
    missing: 'raw',
    scaler: 'min-max',
    clusters: null,
    threshold: 0.06,
    latestShare: 0.8,
    clusterAt: null,
    maxClusters: 64,
    leastExamples: null,
    leastToVote: 50,
    minToServe: 2,
    recheckEvery: 10,
    noise: null,
  })
})

test('noise takes the floor away, whose distances would be told without any', () => {
  expect(parsed({ dp: 'paper' })).toMatchObject({ rule: 'elbow', noise: { kind: 'paper', epsilon: 1 } })
  expect(parsed({ dp: 'sound', epsilon: 0.5, bound: 4 })).toMatchObject({ rule: 'elbow', noise: { kind: 'sound', epsilon: 0.5, bound: 4 } })
})

test.each([
  [{ clusters: 3, rule: 'elbow' }, 'rule finds the number'],
  [{ rule: 'elbow', floorFactor: 2 }, 'floorFactor is for'],
  [{ rule: 'elbow', capFactor: 2 }, 'capFactor is for'],
  [{ floorFactor: 2 }, 'capFactor must be at least'],
  [{ clusterAt: 3, threshold: 0.1 }, 'threshold is for the trigger'],
  [{ clusterAt: 3, latestShare: 0.5 }, 'latestShare is for the trigger'],
  [{ dp: 'sound' }, 'needs bound'],
  [{ dp: 'paper', bound: 1 }, 'bound is for'],
  [{ epsilon: 1 }, 'epsilon is for'],
  [{ dp: 'paper', rule: 'elbow+floor' }, 'carry no noise'],
  [{ clusters: 0 }, 'clusters must be a whole number from 1 to 256'],
  [{ length: 65 }, 'length must be'],
  [{ clusterAt: 0 }, 'clusterAt must be'],
  [{ latent: 10 }, 'no option latent'],
])('%j is refused', (given, detail) => {
  expect(parsed(given)).toContain(detail)
})

describe('L', () => {
  test.each([
    [10, 10],
    [32, 32],
    [33, 16],
    [100, 16],
    [1, 1],
  ])('of %i classes is %i', (classes, length) => {
    const options = parseFluxOptions({})
    expect(options.ok && latentLength(options.value, classes)).toBe(length)
  })

  test('is what the operator says', () => {
    const options = parseFluxOptions({ length: 7 })
    expect(options.ok && latentLength(options.value, 100)).toBe(7)
  })
})
