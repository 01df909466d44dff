import { describe, test } from 'vitest'
import type { Planting } from '../faults/clustered-federation.ts'
import { expectFoundAgain, expectGroupsDespiteDeaths, type Moment } from '../faults/masked-cluster-moments.ts'

/** The other moments at which somebody goes while clusters are found in masked sums and tables: three are in tests/faults. */

describe.each<[Planting['strategy'], Planting['view'], readonly Moment[]]>([
  [
    'ocfl',
    'rows',
    [
      ['rows sketch', 'enter', 1],
      ['rows sketch', 'advertisement', 2],
      ['rows sketch', 'input', 2],
      ['train', 'input', 1],
    ],
  ],
  ['cfl', 'rows', [['rows sketch', 'sharesOut', 2]]],
  [
    'cfl',
    'sums',
    [
      ['sketch', 'input', 1],
      ['project', 'sharesOut', 1],
    ],
  ],
  // Gone any later it would stand alone between two sums: others are left out with it, and too few are left to be cut.
  ['ocfl', 'sums', [['moments', 'advertisement', 1]]],
])('[CO67] %s by %s', (strategy, view, moments) => {
  test.each(moments.map((moment) => [moment]))('gone at %s, and back when the groups stand: it finds its own', (moment) =>
    expectFoundAgain(strategy, view, moment),
  )
})

test('[CO58] CFL by sums: killed after every question of the round that finds the clusters', () => expectGroupsDespiteDeaths('cfl', 'sums'))
