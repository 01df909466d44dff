import { test } from 'vitest'
import { expectFoundAgain, expectGroupsDespiteDeaths } from './masked-cluster-moments.ts'

/** Clusters are found in masked sums and tables, and somebody goes, or the server dies, in the middle: in the end everybody is with its planted group. */

test.each([
  ['ocfl', 'rows', ['rows sketch', 'input', 1]],
  ['ocfl', 'rows', ['rows sketch', 'unmask', 2]],
  ['cfl', 'sums', ['side', 'input', 1]],
] as const)('[CO67] %s by %s: gone at %s, and back when the groups stand: it finds its own', expectFoundAgain)

test('[CO58] OCFL by rows: killed after every question of the round that finds the clusters', () => expectGroupsDespiteDeaths('ocfl', 'rows'))
