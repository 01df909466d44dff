import { createLayout } from '@shoal/numeric'
import { federationConfigSchema, MAX_HELD_BYTES, PROCEDURES, type ProcedureName, type Robust } from '@shoal/protocol'
import { describe, expect, test } from 'vitest'
import { cohortRuleOf, heldDemandFault, heldRuleOf, robustFault } from './robust-rule.ts'

const parameters = (length: number, buffers = 0) => [
  { name: 'w', shape: [length] },
  ...(buffers === 0 ? [] : [{ name: 'mean', shape: [buffers], isBuffer: true }]),
]
const configOf = (privacy: object, max = 100) =>
  federationConfigSchema.parse({
    name: 'robust',
    description: '',
    operator: 'nobody',
    seed: 'robust',
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums', ...privacy },
    model: { architecture: 'm', parameters: parameters(10) },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: 2, max },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 30_000,
    computeDeadlineMs: 30_000,
    maxWeight: 1000,
    evaluation: { onClients: true, testSet: null },
    stop: { rounds: 6, accuracy: null },
  })
const masking = { cohortSize: 4, kMin: 3, kDiff: 1, ring: 32, clip: 2 }

test('[CO80] only what changes models is compared', () => {
  const compared = (Object.keys(PROCEDURES) as ProcedureName[]).filter(
    (procedure) => heldRuleOf({ kind: 'sum', procedure }, configOf({ robust: 'median' })) !== null,
  )
  expect(compared).toEqual(['train', 'train-chosen', 'train-points'])
  expect(heldRuleOf({ kind: 'sum', procedure: 'train' }, configOf({ robust: 'trimmed' }))).toBe('trimmed')
  for (const privacy of [{}, { robust: 'mean' }]) expect(heldRuleOf({ kind: 'sum', procedure: 'train' }, configOf(privacy))).toBeNull()
})

test('[CO83] means of cohorts are shortened to what a client may give', () => {
  expect(cohortRuleOf({ kind: 'sum', procedure: 'train' }, configOf({ level: 'masked', robust: 'median', masking }))).toEqual({ rule: 'median', clip: 2 })
  expect(cohortRuleOf({ kind: 'sum', procedure: 'evaluate' }, configOf({ level: 'masked', robust: 'median', masking }))).toBeNull()
})

describe('[CO84]', () => {
  const codeOf = (fault: ReturnType<typeof robustFault>): string | null => fault?.code ?? null

  test('rounds whose updates do not fit are refused when the federation is made, and told how many do', () => {
    const layout = createLayout(parameters(1_000_000))
    expect(robustFault(configOf({ robust: 'median' }, 268), layout)).toBeNull()
    expect(268 * 4_000_000).toBeLessThanOrEqual(MAX_HELD_BYTES)
    const fault = robustFault(configOf({ robust: 'median' }, 269), layout)
    expect(codeOf(fault)).toBe('SHOAL_ERR_CONFIG')
    expect(fault?.detail).toContain('a round of 268 at most')
    expect(robustFault(configOf({}, 10_000), layout)).toBeNull()
  })

  test('a question for every block is refused where those of its clients do not fit', () => {
    const demand = (procedure: ProcedureName) =>
      ({ kind: 'sum', procedure, args: {}, of: null, place: { by: 'every', blocks: 40 }, vectorLengths: Array.from({ length: 40 }, () => 100_000) }) as const
    const config = configOf({ robust: 'median' })
    expect(heldDemandFault(demand('train-points'), config, 67)).toBeNull()
    expect(codeOf(heldDemandFault(demand('train-points'), config, 68))).toBe('SHOAL_ERR_CONFIG')
    expect(heldDemandFault(demand('assign-points'), config, 1000)).toBeNull()
    expect(heldDemandFault(demand('train-points'), configOf({}), 1000)).toBeNull()
  })

  test.each<[Robust, string | null]>([
    ['clipped', 'SHOAL_ERR_IMPOSSIBLE_PAIRING'],
    ['median', null],
    ['trimmed', null],
    ['mean', null],
  ])('%s with running statistics beside the parameters: %s', (robust, code) => {
    expect(codeOf(robustFault(configOf({ robust }), createLayout(parameters(8, 2))))).toBe(code)
  })

  test('fewer than five sums in any round are no median', () => {
    const layout = createLayout(parameters(10))
    const masked = (max: number) => codeOf(robustFault(configOf({ level: 'masked', robust: 'median', masking }, max), layout))
    expect(masked(17)).toBe('SHOAL_ERR_CONFIG')
    expect(masked(18)).toBeNull()
    expect(codeOf(robustFault(configOf({ level: 'masked', robust: 'mean', masking }, 4), layout))).toBeNull()
  })
})
