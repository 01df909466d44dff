import { describe, expect, test } from 'vitest'
import { newTrigger, observe, type Reading, type TriggerOptions } from './trigger.ts'

const plain: TriggerOptions = { minRounds: 1, patience: 1, relativeRise: 0, window: 1 }
const reading = (temperature: number | null, change: Partial<Reading> = {}): Reading => ({
  temperature,
  clients: 15,
  cohortSize: 15,
  members: 15,
  precision: 1e-6,
  ...change,
})

/** The rounds in which the trigger fires. */
function firings(readings: readonly (number | Reading)[], options: Partial<TriggerOptions> = {}): number[] {
  let trigger = newTrigger
  return readings.flatMap((item, round) => {
    const step = observe(trigger, typeof item === 'number' ? reading(item) : item, round, { ...plain, ...options })
    trigger = step.trigger
    return step.fires ? [round] : []
  })
}

describe('the first rise', () => {
  test.each([
    ['strictly falling: never', [0.6, 0.5, 0.4, 0.3], []],
    ['constant: never', [0.5, 0.5, 0.5], []],
    ['against the round before, not against the least so far', [0.4, 0.3, 0.5, 0.45, 0.46], [2, 4]],
    ["as in the authors' recorded curve: down, then up in round 2", [0.435, 0.332, 0.394, 0.457], [2, 3]],
    ['never in round 0', [0.9], []],
  ])('%s', (_, temperatures, rounds) => expect(firings(temperatures)).toEqual(rounds))

  test('all updates identical: T = 0 and its rounding never fires', () => expect(firings([0, 1e-17, 0, 2e-17])).toEqual([]))
  test('a difference below the relative guard is noise', () => expect(firings([0.5, 0.5 + 1e-7])).toEqual([]))
  test('NaN and no reading are as if the round had not been', () => expect(firings([0.5, reading(Number.NaN), reading(null), 0.4, 0.45])).toEqual([4]))
})

describe('options', () => {
  test('minRounds holds it back', () => expect(firings([0.3, 0.4, 0.5, 0.6], { minRounds: 3 })).toEqual([3]))
  test('patience counts rises in a row', () => expect(firings([0.3, 0.4, 0.35, 0.4, 0.5], { patience: 2 })).toEqual([4]))
  test('relativeRise is a share of the temperature before', () => expect(firings([0.4, 0.43, 0.5], { relativeRise: 0.1 })).toEqual([2]))
  test('window compares means one round apart', () => expect(firings([0.5, 0.3, 0.4, 0.25, 0.36], { window: 2 })).toEqual([])) // .4 .35 .325 .305
  test('window fires when the mean rises', () => expect(firings([0.5, 0.3, 0.4, 0.35, 0.5], { window: 2 })).toEqual([3, 4]))
})

describe('guards', () => {
  test('n = 1: no temperature, never', () => expect(firings([reading(Number.NaN, { clients: 1, cohortSize: 1, members: 1 }), 0.5])).toEqual([]))
  test('n below 6: clustering is pointless', () => {
    const few = { clients: 5, cohortSize: 5, members: 5 }
    expect(firings([reading(0.3, few), reading(0.5, few)])).toEqual([])
  })
  test('more than 20 % dropped: the round is skipped and T_prev kept', () => {
    expect(firings([0.5, reading(0.1, { clients: 11 }), 0.4])).toEqual([])
    expect(firings([0.5, reading(0.1, { clients: 11 }), 0.6])).toEqual([2])
    expect(firings([0.5, reading(0.1, { clients: 14 }), 0.4])).toEqual([2])
  })
  test('client count changed: compared only if at least 80 % answered both times, whoever they are', () => {
    const half = { clients: 10, cohortSize: 10, members: 20 }
    expect(firings([reading(0.3, half), reading(0.5, half)])).toEqual([])
    const most = { clients: 18, cohortSize: 18, members: 20 }
    expect(firings([reading(0.3, most), reading(0.5, most)])).toEqual([1])
    expect(firings([reading(0.3, { clients: 8, cohortSize: 8, members: 8 }), reading(0.5)])).toEqual([])
  })
})
