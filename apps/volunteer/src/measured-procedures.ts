import type { ProcedureCall, Procedures } from '@shoal/client'
import { PROCEDURES, type Result, type TrainArgs } from '@shoal/protocol'
import type { Engine } from './engine.ts'
import type { OwnMeasure } from './own-accuracy.ts'

export interface RunCount {
  /** Training steps, and the examples looked at in them. */
  readonly steps: number
  readonly examples: number
  /** Without rests. */
  readonly computeMs: number
}

/** What a run trains with; null where it does not train, or uses what was trained before. */
function trainingOf({ procedure, args, of }: ProcedureCall): TrainArgs | null {
  if (of !== null) return null
  if (procedure === 'train') return PROCEDURES.train.args.safeParse(args).data ?? null
  if (procedure === 'sketch' || procedure === 'moments') return PROCEDURES[procedure].args.safeParse(args).data?.train ?? null
  return null
}

const NOTHING = { steps: 0, batchSize: 0 }

interface Pending {
  readonly order: number
  readonly model: Float32Array
}

/**
 * The engine as a session uses it. What it did is counted; and where the server does not ask how the models do on the volunteer's own test examples, that is
 * measured while the engine has nothing else to do. A run comes first: it ends the measurement, which is made again afterwards.
 */
export function createMeasuredProcedures({
  engine,
  now,
  share,
  onRun,
  onMeasure,
}: {
  engine: Pick<Engine, 'run' | 'endRound' | 'cancel'> & { reopen(loss: number): Promise<Result<unknown>> }
  /** Milliseconds. */
  now: () => number
  /** Of the time that the engine computes; it rests in what is left. */
  share: () => number
  onRun: (run: RunCount) => void
  onMeasure: (measure: OwnMeasure) => void
}): Procedures {
  let models = 0
  let pending: Pending | null = null
  let hasMeasured = false
  let isRunning = false
  let measuring: Promise<void> | null = null

  function take(measure: OwnMeasure): void {
    hasMeasured = true
    onMeasure(measure)
  }

  async function measure({ order, model }: Pending): Promise<void> {
    const result = await engine.run(examination(model), () => undefined)
    const accuracy = accuracyOf(result)
    if (isRunning && accuracy === null) return
    if (pending?.order === order) pending = null
    if (accuracy !== null) take({ order, accuracy })
  }

  function measureWhenIdle(): void {
    if (isRunning || measuring !== null || pending === null) return
    measuring = measure(pending).finally(() => {
      measuring = null
      measureWhenIdle()
    })
  }

  function note(call: ProcedureCall, result: Awaited<ReturnType<Procedures['run']>>, computeMs: number): void {
    const training = trainingOf(call)
    const { steps, batchSize } = result.ok && training !== null ? training : NOTHING
    onRun({ steps, examples: steps * batchSize, computeMs })
    const model = ownModelOf(call)
    if (model === null) return
    if (call.procedure === 'evaluate' && PROCEDURES.evaluate.args.safeParse(call.args).data?.split === 'test') {
      const accuracy = accuracyOf(result)
      models += 1
      if (accuracy !== null) take({ order: models, accuracy })
    } else if (training !== null && (hasMeasured || pending === null)) {
      // The first model of all stays until it is measured: everything else is compared with it.
      models += 1
      pending = { order: models, model: model.slice() }
    }
  }

  async function takeEngine(): Promise<void> {
    isRunning = true
    if (measuring === null) return
    engine.cancel()
    await measuring
  }

  function leaveEngine(): void {
    isRunning = false
    // The next run may be on its way already.
    setTimeout(measureWhenIdle)
  }

  return {
    async run(call, onProgress) {
      await takeEngine()
      const before = now()
      const result = await engine.run(call, onProgress)
      note(call, result, (now() - before) * share())
      leaveEngine()
      return result
    },
    endRound: () => engine.endRound(),
    cancel: () => {
      if (isRunning) engine.cancel()
    },
    async reopen(loss) {
      await takeEngine()
      const opened = await engine.reopen(loss)
      leaveEngine()
      return opened
    },
  }
}

/** The one model that the client starts from; null where it would have to choose. */
const ownModelOf = ({ models, block }: ProcedureCall): Float32Array | null =>
  models.length === 1 ? models[0] : block === null ? null : (models[block] ?? null)

const examination = (model: Float32Array): ProcedureCall => ({
  procedure: 'evaluate',
  kind: 'sum',
  args: { split: 'test' },
  models: [model],
  vectors: [],
  block: 0,
  of: null,
  cluster: null,
  seed: 'own accuracy',
  maxWeight: 1,
})

function accuracyOf(result: Awaited<ReturnType<Procedures['run']>>): number | null {
  if (!result.ok || result.value.kind !== 'parts') return null
  const accuracy = result.value.parts[0]?.vector[0]
  return accuracy !== undefined && accuracy >= 0 && accuracy <= 1 ? accuracy : null
}
