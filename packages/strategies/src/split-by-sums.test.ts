import { createRng } from '@shoal/numeric'
import { describe, expect, test } from 'vitest'
import { createAsks } from './asks.ts'
import type { Answer } from './contract.ts'
import { type Group, measureSides, type SplitRule, splitBySums, undivided } from './split-by-sums.ts'

const rule: SplitRule = { smallestPart: 3, quorum: 0.8, meanCrossCosineBelow: Number.POSITIVE_INFINITY }
const group = (count: number, ...mean: number[]): Group => ({ block: 0, count, mean: Float32Array.from(mean) })

describe('what two sides say', () => {
  test('opposite clients: everything is explained, contrast 2', () => {
    const { sizes, explainedShare, meanCrossCosine, contrast } = measureSides([group(3, 1, 0), group(3, -1, 0)])
    expect([sizes, explainedShare, meanCrossCosine, contrast]).toEqual([[3, 3], 1, -1, 2])
  })

  test('two sides of orthogonal clients: only what chance explains, contrast 0', () => {
    // Four axes, two a side: m1 - m0 has norm 1, the spread is 1 - 1/4.
    const { explainedShare, contrast } = measureSides([group(2, 0.5, 0.5, 0, 0), group(2, 0, 0, 0.5, 0.5)])
    expect(explainedShare).toBeCloseTo(0.25 / 0.75, 12)
    expect(contrast).toBe(0)
  })

  test('equal sides, or single clients: zero, not NaN', () => {
    expect(measureSides([group(3, 1, 0), group(3, 1, 0)]).explainedShare).toBe(0)
    expect(measureSides([group(1, 1, 0), group(1, 0, 1)]).contrast).toBe(0)
  })
})

/** Drives the split with fixed answers by procedure. */
function verdictOf(groups: readonly Group[], answers: Partial<Record<string, Answer>>) {
  const program = splitBySums(createAsks(), undivided(1), groups, rule, createRng('split'))
  const asked: string[] = []
  let step = program.next()
  while (!step.done) {
    const procedure = step.value.kind === 'sum' ? step.value.procedure : step.value.kind
    asked.push(procedure)
    step = program.next(answers[procedure] ?? { kind: 'sum', blocks: new Map() })
  }
  return { asked, refusal: step.value.verdicts[0].refusal, division: step.value.division }
}

const sum = (...blocks: (readonly [number[], number])[]): Answer => ({
  kind: 'sum',
  blocks: new Map(blocks.map(([total, count], block) => [block, { total: Float64Array.from(total), weight: count, count }])),
})
const twoHumps = Array.from({ length: 64 }, (_, bin) => (bin === 10 || bin === 50 ? 4 : 0))
const good = { project: sum([[0, 6], 8]), histogram: sum([twoHumps, 8]), side: sum([[0, 3.6], 4], [[0, -3.6], 4]) }

describe('a group stays whole, and its clients where they were', () => {
  test.each([
    ['too few for two parts', [group(5, 0, 0)], good, 'too-few', 0],
    ['all unit sketches equal', [group(8, 1, 0)], good, 'no-spread', 0],
    ['no leading direction: the sums are zero', [group(8, 0, 0)], { ...good, project: sum([[0, 0], 8]) }, 'no-spread', 1],
    ['sums that are not finite', [group(8, 0, 0)], { ...good, project: sum([[0, Number.NaN], 8]) }, 'no-spread', 1],
    ['a mean that is not finite', [group(8, 0, Number.NaN)], good, 'no-spread', 0],
    ['the group is withheld at once', [group(8, 0, 0)], {}, 'withheld', 1],
    ['withheld at the histogram', [group(8, 0, 0)], { project: good.project }, 'withheld', 9],
    ['all in one bin', [group(8, 0, 0)], { ...good, histogram: sum([twoHumps.map((_, bin) => (bin === 3 ? 8 : 0)), 8]) }, 'small-part', 9],
    ['a side is withheld', [group(8, 0, 0)], { ...good, side: sum([[0, 3.6], 4]) }, 'withheld', 10],
    ['a side becomes too small', [group(8, 0, 0)], { ...good, side: sum([[0, 5], 6], [[0, -2], 2]) }, 'small-part', 11],
    ['too few took sides', [group(8, 0, 0)], { ...good, side: sum([[0, 3], 3], [[0, -3], 3]) }, 'withheld', 11],
    ['the sides explain too little', [group(8, 0, 0)], { ...good, side: sum([[0, 1], 4], [[0, -1], 4]) }, 'explained-share', 11],
  ] as const)('%s', (_, groups, answers, refusal, asks) => {
    const verdict = verdictOf(groups, answers)
    expect(verdict.refusal).toBe(refusal)
    expect(verdict.asked).toHaveLength(asks)
    expect(verdict.division.splits).toEqual([])
    expect(new Set(verdict.division.to)).toEqual(new Set([0]))
  })
})

test('two sides that stand: 8 projections, a histogram, sides until nobody moves; the second side gets the next number', () => {
  const { asked, refusal, division } = verdictOf([group(8, 0, 0)], good)
  expect(asked).toEqual([...Array(8).fill('project'), 'histogram', 'side', 'side'])
  expect(refusal).toBeNull()
  expect(division).toMatchObject({
    to: [0, 1],
    parents: [0, 0],
    splits: [
      {
        group: 0,
        sides: [
          { block: 0, count: 4 },
          { block: 1, count: 4 },
        ],
      },
    ],
  })
})
