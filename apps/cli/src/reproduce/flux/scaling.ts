import { defineExperiment, type Experiment, type Figure, type Finished } from '../experiment.ts'
import { mean } from '../setting.ts'
import { EXTENTS, runShift, SHIFT_SOURCE, SHIFT_VERSION, type ShiftParameters, type ShiftRun } from './shift-run.ts'

const COUNTS = [5, 25, 50, 100]
const METHODS = ['flux', 'fedavg'] as const
const LEVEL = 3

/** Published for MNIST at these numbers of clients, mean over shifts and levels that are not named (flux.md 7.3). */
const PAPER = { flux: [95.3, 84.6, 84.7, 84.4], fedavg: [89.1, 75.3, 70.8, 70.5] } as const
const PAPER_SECONDS = { flux: '43 105 230 517', fedavg: '22 80 159 383' }

type Run = Finished<ShiftParameters, ShiftRun>

const of = (finished: readonly Run[], method: string, clients: number): ShiftRun[] =>
  finished.flatMap(({ parameters, data }) => (parameters.method === method && parameters.clients === clients ? [data] : []))
const percents = (finished: readonly Run[], method: string): string =>
  COUNTS.map((count) => (100 * mean(of(finished, method, count).map(({ test }) => test))).toFixed(1)).join(' ')

const accuracyFigure: Figure<ShiftParameters, ShiftRun> = {
  name: `test accuracy with ${COUNTS.join(', ')} clients`,
  paper: `FLUX ${PAPER.flux.join(' ')}, FedAvg ${PAPER.fedavg.join(' ')}`,
  tolerance: 'FLUX above FedAvg with every number',
  judge: (finished) => {
    const gains = COUNTS.map((count) => mean(of(finished, 'flux', count).map(({ test }) => test)) - mean(of(finished, 'fedavg', count).map(({ test }) => test)))
    const clusters = COUNTS.map((count) =>
      of(finished, 'flux', count)
        .map((data) => `${data.clusters}/${data.trueClusters} (ARI ${data.ari.toFixed(2)})`)
        .join(' '),
    )
    return {
      ours: `FLUX ${percents(finished, 'flux')}, FedAvg ${percents(finished, 'fedavg')}; K ${clusters.join(', ')}`,
      isReached: gains.every((gain) => gain > 0),
    }
  },
}

const timeFigure: Figure<ShiftParameters, ShiftRun> = {
  name: 'processor seconds of the whole federation, all clients on one thread',
  paper: `FLUX ${PAPER_SECONDS.flux}, FedAvg ${PAPER_SECONDS.fedavg} (unit not named; clients side by side)`,
  tolerance: "with 100 clients FLUX takes at most twice FedAvg's",
  judge: (finished) => {
    const seconds = (method: string): number[] => COUNTS.map((count) => mean(of(finished, method, count).map(({ cpuSeconds }) => cpuSeconds)))
    const [own, other] = [seconds('flux'), seconds('fedavg')]
    const shown = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(' ')
    return { ours: `FLUX ${shown(own)}, FedAvg ${shown(other)}`, isReached: own[own.length - 1] <= 2 * other[other.length - 1] }
  },
}

/** The curve over the number of clients, on a part of the data. */
export const scaling: Experiment = defineExperiment<ShiftParameters, ShiftRun>({
  id: 'scaling',
  title: `MNIST in 5 to 100 shards, px${LEVEL}`,
  notes: [
    `Not the paper's setting: a fifth of MNIST (${EXTENTS.fifth.pictures} pictures) cut in as many shards as there are clients, one shift (px${LEVEL}), one fold, batches of ${EXTENTS.fifth.batchSize}. A client of 100 has 96 pictures to train on.`,
  ],
  source: SHIFT_SOURCE,
  version: SHIFT_VERSION,
  parameters: ({ mode, seeds }) =>
    mode === 'quick'
      ? []
      : COUNTS.flatMap((clients) =>
          METHODS.map((method) => ({ shift: 'px' as const, level: LEVEL, fold: seeds[0], method, clients, extent: 'fifth' as const })),
        ),
  run: runShift,
  figures: [accuracyFigure, timeFigure],
  plots: (finished) => [
    {
      title: 'Accuracy by the number of clients',
      xLabel: 'clients',
      yLabel: 'test accuracy, %',
      scale: { x: 'log' },
      caption: `px${LEVEL}, a fifth of MNIST; the paper's are means over shifts, with all of it.`,
      series: METHODS.flatMap((method) => [
        {
          name: method,
          points: COUNTS.flatMap((count) => {
            const own = of(finished, method, count)
            return own.length === 0 ? [] : [[count, 100 * mean(own.map(({ test }) => test))] as const]
          }),
        },
        { name: `paper, ${method}`, points: COUNTS.map((count, place) => [count, PAPER[method][place]] as const) },
      ]),
    },
  ],
})
