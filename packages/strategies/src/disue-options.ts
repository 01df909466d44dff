import { type DistilOptions, failed, type Result } from '@shoal/protocol'
import { createOptionReader } from './option-reader.ts'

/** Which model clients of a cluster start a round from (spec section 9). */
export type ExpertStart = 'universal' | 'mix' | 'shadow' | 'candidate'

export interface DisueOptions {
  readonly start: ExpertStart
  readonly mix: number
  readonly every: number
  readonly gateMargin: number
  readonly distil: DistilOptions
}

/** Strategies whose clusters are of clients, each with a model that all their members' examples went into, and where their clients start by default. */
const DEFAULT_STARTS: Readonly<Record<string, ExpertStart>> = { cfl: 'universal', ocfl: 'universal', ifca: 'candidate', flux: 'shadow' }

/**
 * The options under `expert`, for an expert over the strategy `strategy`, whose own options are `wrapped`:
 *
 * | option | default | |
 * |---|---|---|
 * | `start` | by strategy | what clients start a round from. 'universal' (cfl, ocfl): the expert; 'mix': a part of it; 'shadow' (flux): their cluster's model, and the expert is for newcomers; 'candidate' (ifca only): the expert is one more model to choose |
 * | `mix` | 0.5 | beta, the expert's part where `start` is 'mix' |
 * | `every` | 1 | rounds from one distillation to the next; in between the average of the clusters' models stands for the expert |
 * | `gateMargin` | 0.02 | an expert whose accuracy is less than the average's by more than this did harm, and the next distillation is a gentler one |
 * | `iterations` | 10 | I |
 * | `generatorSteps` | 1 | g, in each iteration |
 * | `studentSteps` | 5 | s, in each iteration |
 * | `batchSize` | 64 | B |
 * | `temperature` | 1 | tau |
 * | `fidelity` | 1 | l_fid: the generator's examples are what the teachers take them for |
 * | `adversarial` | 0.1 | l_adv: they are hard for the student |
 * | `diversity` | 1 | l_div: they differ from each other |
 * | `batchNorm` | 0 | l_bn: they have the teachers' batch statistics; 1 for models that have any |
 * | `disagreement` | 'kl' | 'l1', 'kl-masked': how hard an example is |
 * | `generatorRate` | 0.001 | Adam |
 * | `studentRate` | 0.003 | SGD with momentum 0.9 |
 * | `noise` | 100 | nz |
 * | `channels` | 8 | ngf. The papers' is 64, which takes wasm tens of seconds a round: ours |
 * | `warmUp` | 60 | g_warm, steps of a new generator |
 * | `sampler` | 'counts' | 'uniform': no Group Label Sampler (ablation) |
 * | `weighting` | 'counts' | 'uniform': no Group Weighting Factors (ablation) |
 * | `isGated` | true | false: whatever comes out is taken as long as it is a model (ablation) |
 * | `mostTeachers` | 16 | so many of the clusters are asked in an iteration |
 * | `largestWeight` | 1 | a class belongs to one cluster by this share at most; 0.9 against a cluster that is not trusted |
 */
export function parseDisueOptions(strategy: string, wrapped: Readonly<Record<string, unknown>>, given: unknown): Result<DisueOptions> {
  const usual = DEFAULT_STARTS[strategy]
  if (usual === undefined) {
    const known = Object.keys(DEFAULT_STARTS).join(', ')
    return failed('SHOAL_ERR_CONFIG', `expert: ${strategy} has no clusters of clients whose models an expert could be distilled from; there are ${known}`)
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return failed('SHOAL_ERR_CONFIG', 'expert: its options must be fields with values')
  const reader = createOptionReader('expert', Object.fromEntries(Object.entries(given)))
  const count = (name: string, otherwise: number, from: number, to: number): number => reader.number(name, otherwise, { from, to, whole: true })
  const share = (name: string, otherwise: number, to: number): number => reader.number(name, otherwise, { from: 0, to })
  const start = reader.value<ExpertStart>('start', usual, 'one of universal, mix, shadow, candidate', (item) => STARTS.find((known) => known === item) ?? null)
  if (start === 'candidate' && strategy !== 'ifca') reader.refuse(`start: clients of ${strategy} do not choose among models, so that an expert is no candidate`)
  if (start === 'candidate' && typeof wrapped.heads === 'number' && wrapped.heads > 0)
    reader.refuse('start: with heads all models share their first layers, and an expert has its own')
  return reader.finish({
    start,
    mix: share('mix', 0.5, 1),
    every: count('every', 1, 1, 1000),
    gateMargin: share('gateMargin', 0.02, 1),
    distil: {
      iterations: count('iterations', 10, 0, 1000),
      generatorSteps: count('generatorSteps', 1, 0, 100),
      studentSteps: count('studentSteps', 5, 1, 100),
      batchSize: count('batchSize', 64, 1, 1024),
      temperature: reader.number('temperature', 1, { from: 0.1, to: 100 }),
      fidelity: share('fidelity', 1, 100),
      adversarial: share('adversarial', 0.1, 100),
      diversity: share('diversity', 1, 100),
      batchNorm: share('batchNorm', 0, 100),
      disagreement: reader.choice('disagreement', ['kl', 'l1', 'kl-masked']),
      generatorRate: share('generatorRate', 1e-3, 1),
      studentRate: share('studentRate', 0.003, 1),
      noise: count('noise', 100, 1, 1024),
      channels: count('channels', 8, 1, 256),
      warmUp: count('warmUp', 60, 0, 10_000),
      sampler: reader.choice('sampler', ['counts', 'uniform']),
      weighting: reader.choice('weighting', ['counts', 'uniform']),
      isGated: reader.value('isGated', true, 'true or false', (item) => (typeof item === 'boolean' ? item : null)),
      mostTeachers: count('mostTeachers', 16, 1, 64),
      largestWeight: reader.number('largestWeight', 1, { from: 0.5, to: 1 }),
    },
  })
}

const STARTS: readonly ExpertStart[] = ['universal', 'mix', 'shadow', 'candidate']
