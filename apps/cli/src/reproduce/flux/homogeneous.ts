import { defineExperiment, type Experiment, type Figure } from '../experiment.ts'
import { mean } from '../setting.ts'
import { runShift, SHIFT_SOURCE, SHIFT_VERSION, type ShiftParameters, type ShiftRun } from './shift-run.ts'

const CLIENTS = 10
const METHODS = ['flux', 'flux-elbow'] as const

const words = (runs: readonly ShiftRun[]): string =>
  `K ${runs.map(({ clusters }) => clusters).join(' ')}, accuracy ${(100 * mean(runs.map(({ known }) => known))).toFixed(1)} %; elbows ${runs
    .map(({ signals }) => signals.elbow?.toFixed(2) ?? '-')
    .join(' ')}, floors ${runs.map(({ signals }) => signals.floor?.toFixed(2) ?? '-').join(' ')}`

const oneFigure: Figure<ShiftParameters, ShiftRun> = {
  name: 'elbow+floor: one cluster',
  paper: '-',
  tolerance: 'in every seed',
  isAbout: ({ method }) => method === 'flux',
  judge: (finished) => {
    const runs = finished.map(({ data }) => data)
    return {
      ours: `${runs.filter(({ clusters }) => clusters === 1).length} of ${runs.length}: ${words(runs)}`,
      isReached: runs.every(({ clusters }) => clusters === 1),
    }
  },
}

const splitFigure: Figure<ShiftParameters, ShiftRun> = {
  name: "the paper's rule, elbow, cuts them apart",
  paper: '- (2 to 5 clusters of 10 clients: measured for the specification)',
  tolerance: 'more than one cluster in some seed: why there is a floor',
  isAbout: ({ method }) => method === 'flux-elbow',
  judge: (finished) => {
    const runs = finished.map(({ data }) => data)
    return { ours: words(runs), isReached: runs.some(({ clusters }) => clusters > 1) }
  },
}

/** Clients who all have the same kind of data: whoever finds groups among them has invented them. */
export const homogeneousFlux: Experiment = defineExperiment<ShiftParameters, ShiftRun>({
  id: 'homogeneous',
  title: 'MNIST, 10 clients of 600 pictures without any shift',
  notes: ['The setting of `acceptance`, nothing shifted. Clusters are looked for after 3 rounds.'],
  source: SHIFT_SOURCE,
  version: SHIFT_VERSION,
  parameters: ({ mode, seeds }) =>
    METHODS.flatMap((method) =>
      (mode === 'quick' ? [] : seeds).map((fold) => ({ shift: 'iid' as const, level: 0, fold, method, clients: CLIENTS, extent: 'small' as const })),
    ),
  run: runShift,
  figures: [oneFigure, splitFigure],
  plots: () => [],
})
