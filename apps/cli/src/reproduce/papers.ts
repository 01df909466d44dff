import { randomGradients } from './cfl/random-gradients.ts'
import type { Experiment } from './experiment.ts'

const PAPERS: ReadonlyMap<string, readonly Experiment[]> = new Map([['cfl', [randomGradients]]])

export const SYSTEMS: readonly string[] = [...PAPERS.keys()]

/** The experiments of one paper in the order of its table; null where there is no such paper. */
export const experimentsOf = (system: string): readonly Experiment[] | null => PAPERS.get(system) ?? null
