import type { Outbox, ProcedureCall, Procedures, SumFindings } from '@shoal/client'
import { createRng } from '@shoal/numeric'
import { type FederationConfig, failed, type Policy, type Result, succeeded } from '@shoal/protocol'
import type { JobTable } from '@shoal/strategies'
import { createSimulationOn } from './simulation.ts'
import type { SimulationPlatform } from './simulation-platform.ts'

/** What would leave a device in one round under a policy: made by the real machines of both sides in one process, and sent to nobody. */
export interface Rehearsal {
  readonly outbox: Outbox
  readonly sums: readonly SumFindings[]
  /** Volunteers that the rehearsal had; all but one are copies of this device, which answer what it answers. */
  readonly volunteers: number
  /** Whether the round came to its end. */
  readonly isComplete: boolean
}

export interface RehearsalOptions {
  readonly platform: SimulationPlatform
  readonly policy: Policy
  /** The volunteer's own. Each question is worked at once; nothing else runs on them meanwhile. */
  readonly procedures: Procedures
  /** What to begin with; null for a model of small random numbers. */
  readonly model: Float32Array | null
  readonly seed: string
}

const MOST_VOLUNTEERS = 12
const HALF_AN_HOUR_MS = 1_800_000
const LAST_RESULTS_MS = 10_000
const SMALL = 0.05

/** Fails with whatever the federation would be refused for, or SHOAL_ERR_ASK_ABORTED where virtual time ran out. */
export async function rehearse({ platform, policy, procedures, model, seed }: RehearsalOptions): Promise<Result<Rehearsal>> {
  const volunteers = volunteersOf(policy)
  const copies = createCopies(procedures)
  const simulation = await createSimulationOn(platform, {
    config: configOf(policy, volunteers, seed),
    initialModel: model ?? smallModel(policy, seed),
    procedures: Array.from({ length: volunteers }, () => copies),
    jobs: { run: async (job, args) => answerOf(job, args) },
    computeMs: [2000, 2000],
  })
  if (!simulation.ok) return simulation
  const { sessions, host, world } = simulation.value
  const [own] = sessions
  const hasEnded = await simulation.value.run(HALF_AN_HOUR_MS)
  const outbox = own.outbox()
  // The results of the last sums are still on their way; that the link ends meanwhile is the end of the rehearsal, and no trouble.
  await world.runUntil(() => own.sums().every(({ state }) => state !== 'running'), LAST_RESULTS_MS)
  if (!hasEnded) return failed('SHOAL_ERR_ASK_ABORTED', 'the rehearsal did not come to its end')
  return succeeded({
    outbox,
    sums: own.sums(),
    volunteers,
    isComplete: host()
      .state()
      .rounds.some(({ outcome }) => outcome !== 'aborted'),
  })
}

/** Enough that no sum is withheld, and not so many that a phone has to work for a crowd. */
function volunteersOf({ privacy: { masking }, cohort }: Policy): number {
  if (masking === undefined) return 2
  const wanted = Math.max(masking.kMin + masking.kDiff, Math.min(cohort.min, MOST_VOLUNTEERS))
  return Math.min(masking.cohortSize, wanted)
}

/** The policy as a configuration. What it does not say, since it steers the server alone, is as usual. */
function configOf(policy: Policy, volunteers: number, seed: string): FederationConfig {
  const { name, description, operator, strategy, privacy, model, data, train, maxWeight, evaluatesOnClients } = policy
  return {
    name,
    description,
    operator,
    seed,
    // How many groups there are is no part of a policy, and what sorts points does not guess it: here there are two.
    strategy: { name: strategy, options: data.kind === 'points' ? { clusters: 2 } : {} },
    privacy,
    model,
    data,
    train,
    cohort: { fraction: 1, min: volunteers, max: volunteers },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: HALF_AN_HOUR_MS / 10,
    computeDeadlineMs: HALF_AN_HOUR_MS / 10,
    maxWeight,
    evaluation: { onClients: evaluatesOnClients, testSet: null },
    stop: { rounds: 1, accuracy: null },
  }
}

function smallModel({ model }: Policy, seed: string): Float32Array {
  const rng = createRng(seed)
  return Float32Array.from(
    model.parameters.flatMap(({ shape, isBuffer }) =>
      Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => (isBuffer ? 1 : SMALL * (2 * rng.uniform() - 1))),
    ),
  )
}

/** Copies of one volunteer: the first that is asked works, the others give the same. */
function createCopies(procedures: Procedures): Procedures {
  const answers = new Map<string, ReturnType<Procedures['run']>>()
  return {
    run(call, onProgress) {
      const question = questionOf(call)
      const known = answers.get(question)
      if (known !== undefined) return known.then(copied)
      const answer = procedures.run(call, onProgress)
      answers.set(question, answer)
      return answer.then(copied)
    },
    // Some copies end the round while others are still to ask what was answered already.
    endRound: () => undefined,
    cancel: () => undefined,
  }
}

/** Everything that decides an answer but the randomness. */
const questionOf = ({ procedure, kind, args, of, block }: ProcedureCall): string => JSON.stringify([procedure, kind, args, of, block])

/** Each session clips and rounds its own answer in place. */
const copied = <T>(answer: T): T => structuredClone(answer)

/** Copies have one direction: there is nothing to part. */
function answerOf<Name extends keyof JobTable & string>(job: Name, args: JobTable[Name]['args']): Result<JobTable[Name]['value']> {
  const rows = (args as { readonly rows?: readonly unknown[] }).rows?.length ?? 0
  const answers = {
    evaluate: failed('SHOAL_ERR_COMPUTE_FAILED', 'a rehearsal has no test set'),
    bipartition: succeeded(null),
    'farthest-first': succeeded({ labels: new Array<number>(rows).fill(0), centroids: firstRows(args) }),
    'descriptor-clusters': succeeded(oneDescriptorCluster(args)),
    distil: failed('SHOAL_ERR_COMPUTE_FAILED', 'not built yet'),
    'find-clusters': succeeded({ labels: new Array<number>(rows).fill(0), silhouette: 0, contrast: 0 }),
  }
  return answers[job] as Result<JobTable[Name]['value']>
}

/** As many rows as there are to be clusters, one after the other and over again. */
function firstRows(args: object): readonly Float32Array[] {
  const { rows = [], clusters = 0 } = args as { readonly rows?: readonly Float32Array[]; readonly clusters?: number }
  return rows.length === 0 ? [] : Array.from({ length: clusters }, (_, cluster) => rows[cluster % rows.length])
}

/** One cluster around the first row, with a scaler of zeros, by which all lie in one place. */
function oneDescriptorCluster(args: object): JobTable['descriptor-clusters']['value'] {
  const { rows = [], blocks = 0, length = 0 } = args as { readonly rows?: readonly Float32Array[]; readonly blocks?: number; readonly length?: number }
  return {
    labels: rows.map(() => 0),
    centroids: [rows[0] ?? new Float32Array(blocks * length)],
    scaler: new Float32Array(2 * blocks),
    radii: [0],
    epsilon: 0,
    elbow: null,
    floor: null,
    silhouette: 0,
  }
}
