import { initialParameters } from '@shoal/learning/zoo'
import { describedLength } from '@shoal/protocol'
import { defineExperiment, type Experiment, type Figure } from '../experiment.ts'
import { mean, rounded } from '../setting.ts'
import { runShift, type ShiftParameters, type ShiftRun } from './shift-run.ts'
import { CLASSES, LENET } from './shift-setting.ts'

const CLIENTS = 10
const REPETITIONS = 3
const MOST_SHARE = 4e-3
const MOST_TIME = 1.1

type Parameters = { readonly seed: number; readonly repetitions: number }
interface Times {
  readonly seconds: readonly number[]
  readonly cpuSeconds: readonly number[]
}
interface OverheadRun {
  readonly flux: Times
  readonly fedavg: Times
  /** Of one client: what the clustering round sent up more than the round before, and what an ordinary round sends. */
  readonly descriptorBytes: number
  readonly roundBytes: number
}

async function run({ seed, repetitions }: Parameters, signal: AbortSignal): Promise<OverheadRun> {
  const given: Omit<ShiftParameters, 'method'> = { shift: 'px', level: 3, fold: seed, clients: CLIENTS, extent: 'small' }
  const runs: { flux: ShiftRun[]; fedavg: ShiftRun[] } = { flux: [], fedavg: [] }
  // By turns, so that whatever else the machine does falls on both.
  for (let repetition = 0; repetition < repetitions; repetition += 1)
    for (const method of ['flux', 'fedavg'] as const) runs[method].push(await runShift({ ...given, method }, signal))
  const timesOf = (own: readonly ShiftRun[]): Times => ({
    seconds: own.map(({ seconds }) => rounded(seconds)),
    cpuSeconds: own.map(({ cpuSeconds }) => rounded(cpuSeconds)),
  })
  const { bytesUp, clusteredIn } = runs.flux[0]
  const round = clusteredIn ?? 1
  return {
    flux: timesOf(runs.flux),
    fedavg: timesOf(runs.fedavg),
    descriptorBytes: (bytesUp[round] - bytesUp[round - 1]) / CLIENTS,
    roundBytes: bytesUp[round - 1] / CLIENTS,
  }
}

const median = (values: readonly number[]): number => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]

const sizeFigure: Figure<Parameters, OverheadRun> = {
  name: 'numbers that a client tells besides its update, over those of the update',
  paper: '220 / 62,006 = 3.5e-3',
  tolerance: `<= ${MOST_SHARE}`,
  judge: (finished) => {
    const numbers = describedLength({ length: CLASSES, classes: CLASSES }, true)
    const parameters = initialParameters(LENET, 'size').length
    const bytes = mean(finished.map(({ data }) => data.descriptorBytes))
    return {
      ours: `${numbers} / ${parameters} = ${(numbers / parameters).toExponential(2)}, once; on the wire ${bytes.toFixed(0)} bytes beside ${mean(finished.map(({ data }) => data.roundBytes)).toFixed(0)} a round, header included`,
      isReached: numbers / parameters <= MOST_SHARE,
    }
  },
}

const timeFigure: Figure<Parameters, OverheadRun> = {
  name: "time of a federation, FLUX's over FedAvg's",
  paper: '1.3 to 2.0 (517/383 at 100 clients, 43/22 at 5)',
  tolerance: `<= ${MOST_TIME}, medians of wall time`,
  judge: (finished) => {
    const ratio = (of: keyof Times): number => mean(finished.map(({ data }) => median(data.flux[of]) / median(data.fedavg[of])))
    const seconds = (of: 'flux' | 'fedavg'): string => finished.flatMap(({ data }) => data[of].seconds.map((value) => value.toFixed(1))).join(' ')
    return {
      ours: `${ratio('seconds').toFixed(3)} (processor time ${ratio('cpuSeconds').toFixed(3)}); FLUX ${seconds('flux')} s, FedAvg ${seconds('fedavg')} s`,
      isReached: ratio('seconds') <= MOST_TIME,
    }
  },
}

/** What FLUX costs beside averaging: numbers and time. */
export const overhead: Experiment = defineExperiment<Parameters, OverheadRun>({
  id: 'overhead',
  title: 'MNIST, 10 clients of 600 pictures, px3: what the clustering costs',
  notes: [`The setting of \`acceptance\`, ${REPETITIONS} times FLUX and FedAvg by turns in one process, all clients one after the other.`],
  source: 'flux-overhead',
  version: 1,
  parameters: ({ mode, seeds }) => (mode === 'quick' ? [] : [{ seed: seeds[0], repetitions: REPETITIONS }]),
  run,
  figures: [sizeFigure, timeFigure],
  plots: () => [],
})
