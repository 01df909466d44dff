import { describeAbsences } from '../faults/clustered-absences.ts'

describeAbsences([
  ['cfl', 'rows'],
  ['ocfl', 'sums'],
])
