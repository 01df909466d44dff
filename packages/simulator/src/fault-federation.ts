import type { Procedures } from '@shoal/client'
import type { Jobs } from '@shoal/coordinator'
import type { PointSet } from '@shoal/learning/procedures'
import { addScaled, createRng, deriveSeed, subtract } from '@shoal/numeric'
import { type DistilArgs, type Distilled, type FederationConfig, type Result, succeeded } from '@shoal/protocol'
import type { FaultyFederation, Schedule } from './fault-schedule.ts'
import { quadraticConfig } from './quadratic-config.ts'
import { createQuadraticProcedures } from './quadratic-procedures.ts'

/** Entries of a model. */
const SIZE = 4
const EXAMPLES = 10
const POINTS = 40
const DISTANCE = 3
/** Of an update's norm at level `masked`. */
const CLIP = 8
/** Points that clients divide among clusters that are not of clients. */
const OF_POINTS: readonly FaultyFederation['strategy'][] = ['uifca', 'k-fed']

const isOfPoints = ({ strategy }: FaultyFederation): boolean => OF_POINTS.includes(strategy)
export const seedOf = ({ seed, number }: Schedule, what: string): string => deriveSeed(`faults/${seed}/${number}`, what)

/** The federation as the coordinator is told of it. */
export function configOf(schedule: Schedule): FederationConfig {
  const { federation } = schedule
  const { strategy, options, expert, level, view, groups, rounds, cohort, quorum, evaluates, deadlineMs, masking } = federation
  const columns = Array.from({ length: SIZE }, (_, entry) => ({ name: `c${entry}`, center: 0, unit: 1 }))
  return quadraticConfig({
    clients: groups.length,
    size: SIZE,
    name: 'faults',
    seed: seedOf(schedule, 'federation'),
    strategy: { name: strategy, options: { ...options }, ...(expert === null ? {} : { expert: { options: { ...expert } } }) },
    privacy: { level, view, ...(masking === null ? {} : { masking: { ...masking, clip: CLIP } }) },
    ...(isOfPoints(federation) ? { data: { kind: 'points' as const, shape: [1, SIZE, 1] as [number, number, number], classes: [], columns } } : {}),
    cohort: { ...cohort, max: Math.max(groups.length, cohort.min) },
    quorum: { ...quorum },
    deadlineMs,
    computeDeadlineMs: 5000,
    maxWeight: isOfPoints(federation) ? POINTS : 16,
    evaluation: { onClients: evaluates, testSet: null },
    stop: { rounds, accuracy: null },
  })
}

export const initialModel = (): Float32Array => new Float32Array(SIZE)

/** What a client answers. Clients of a group have nearly the same data; groups lie along different axes. `kept`: what an earlier tab of it kept. */
export function proceduresOf(schedule: Schedule, client: number, kept: Uint8Array | null): Procedures & { kept(): Uint8Array | null } {
  const { federation } = schedule
  const group = federation.groups[client]
  const rng = createRng(seedOf(schedule, `data/${client}`))
  const optimum = Float32Array.from({ length: SIZE }, (_, entry) => (entry === group % SIZE ? DISTANCE : 0) + 0.2 * (rng.uniform() - 0.5))
  if (isOfPoints(federation)) return createQuadraticProcedures({ optimum, examples: POINTS, points: pointsAround(group, rng.uniform), kept })
  const procedures = createQuadraticProcedures({ optimum, examples: EXAMPLES, kept })
  return {
    ...procedures,
    // Clients of even groups have examples of the first class, the others of the second.
    run: async (call, onProgress) =>
      call.procedure === 'count-labels'
        ? succeeded({ kind: 'parts', parts: [{ block: call.block ?? 0, vector: Float32Array.of(Number(group % 2 === 0), group % 2), weight: EXAMPLES }] })
        : procedures.run(call, onProgress),
  }
}

/** Half of a client's points lie around its group's place, the others around the next one. */
function pointsAround(group: number, uniform: () => number): PointSet {
  const values = Float32Array.from({ length: POINTS * SIZE }, (_, at) => {
    const centre = (group + (Math.floor(at / SIZE) % 2)) % SIZE
    return (at % SIZE === centre ? 8 : 0) + 0.6 * (uniform() - 0.5)
  })
  return { count: POINTS, entries: SIZE, values }
}

/** Distillation is for networks. Of points the expert is one that lies nearer to the models with more examples than their average does: halfway to the one with most. */
function distilPoints({ teachers, sizes, counts, start, options }: DistilArgs): Distilled {
  const examples = counts === null ? sizes : counts.map((classes) => classes.reduce((sum, count) => sum + count, 0))
  const largest = teachers[examples.indexOf(Math.max(...examples))]
  const universal = options.iterations === 0 ? start : addScaled(start, subtract(largest, start), 0.5)
  const report = { fidelity: 0.1, before: 0.4, after: 0.2, collapse: 0.1, entropy: 0.2, iterations: options.iterations, seconds: 1 }
  return { universal, generator: new Float32Array([options.iterations]), samples: new Float32Array(2), refusal: null, report }
}

/** The server's heavy work, with what stands for distillation. */
export const withDistillation = (jobs: Jobs): Jobs => ({
  run: async (job, args, ...rest) =>
    job === 'distil' ? (succeeded(distilPoints(args as unknown as DistilArgs)) as unknown as Result<never>) : jobs.run(job, args, ...rest),
})
