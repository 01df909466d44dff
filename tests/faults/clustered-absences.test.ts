import { describeAbsences } from './clustered-absences.ts'

// The other two pairs are in tests/long.
describeAbsences([
  ['cfl', 'sums'],
  ['ocfl', 'rows'],
])
