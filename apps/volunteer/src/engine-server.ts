import {
  type Architecture,
  type ChosenBackend,
  chooseBackend,
  createLocalProcedures,
  isBackend,
  type LocalProcedures,
  localModelOf,
  modelFilesOf,
  predict,
  type WasmPaths,
  whenGraphicsLost,
  type YieldToHost,
} from '@shoal/learning'
import { type Contribution, type Finding, failed, type Result, ShoalError, succeeded } from '@shoal/protocol'
import { isLabelled, type LocalData } from './data-files.ts'
import { createDutyCycle, createRests } from './duty-cycle.ts'
import type { EngineOrder, EngineReport, EngineTask } from './engine-messages.ts'
import { createQuestionDesk, type Question, type Reply } from './engine-question.ts'
import { isSameBytes } from './same-bytes.ts'

/** Progress is told at most this often: small models take a step in less than a millisecond. */
const PROGRESS_INTERVAL_MS = 50

export interface EngineServerOptions {
  readonly report: (report: EngineReport, transfer: Transferable[]) => void
  readonly wasmPaths: WasmPaths | null
  readonly now: () => number
}

/** The worker's side: takes orders one after the other, and hears a cancel between two training steps. Returns how to hand it an order. */
export function createEngineServer({ report, wasmPaths, now }: EngineServerOptions): (order: EngineOrder) => void {
  const rests = createRests()
  const duty = createDutyCycle({ now, rest: rests.rest })
  let procedures: LocalProcedures | null = null
  let opened: Opened | null = null
  /** What the page has. */
  let told: Uint8Array | null = null
  /** Ends what would wait for ever. */
  let lost: Promise<typeof GRAPHICS_LOST> = new Promise(() => undefined)
  let running: number | null = null
  let cancelled: number | null = null
  const yieldToHost = createYield(() => desk.isStopped() || (running !== null && running === cancelled))
  const tell = (message: EngineReport): void => report(message, [])
  const desk = createQuestionDesk(
    (question) => (opened === null ? Promise.resolve(NOT_OPEN) : Promise.race([replyTo(question, opened, yieldToHost), lost])),
    (number, result) => tell({ type: 'answered', number, result }),
  )

  function tellMemory({ kept, pointLabels }: LocalProcedures): void {
    const now = kept()
    if (isSameBytes(now, told)) return
    told = now
    tell({ type: 'remembered', memory: now === null ? null : { kept: now, pointLabels: pointLabels() } })
  }

  async function open({ backend, batchSize, data, kept, ...model }: EngineTask): Promise<Result<ChosenBackend>> {
    if (backend !== 'auto' && !isBackend(backend)) return failed('SHOAL_ERR_BACKEND', `there is no backend “${backend}”`)
    const architecture = localModelOf(model)
    if (!architecture.ok) return architecture
    tell({ type: 'stage', stage: 'checking-backend' })
    const chosen = await chooseBackend(backend, { wasmPaths, now })
    if (!chosen.ok) return chosen
    lost = whenGraphicsLost().then(() => GRAPHICS_LOST)
    tell({ type: 'stage', stage: 'warming-up' })
    const { train, test } = data
    procedures = createLocalProcedures({
      architecture: architecture.value,
      train,
      test,
      isLabelled: isLabelled(data),
      yieldToHost: pacedYield,
      kept,
      secretWord,
    })
    told = kept
    tellMemory(procedures)
    // Questions about examples are for networks: a model of points answers none.
    opened = typeof architecture.value === 'string' ? null : { architecture: architecture.value, data }
    if (!isLabelled(data)) return chosen
    const warm = await procedures.warmUp(batchSize)
    return warm.ok ? chosen : warm
  }

  async function pacedYield(): Promise<void> {
    await duty.pause()
    await yieldToHost()
  }

  async function run(order: EngineOrder & { type: 'run' }): Promise<void> {
    running = order.run
    await desk.makeRoom()
    let reportedAt = Number.NEGATIVE_INFINITY
    const progress = (done: number, total: number): void => {
      if (done < total && now() - reportedAt < PROGRESS_INTERVAL_MS) return
      reportedAt = now()
      tell({ type: 'progressed', run: order.run, share: done / total })
    }
    const result = procedures === null ? NOT_OPEN : await Promise.race([procedures.run(order.call, progress), lost])
    running = null
    if (procedures !== null) tellMemory(procedures)
    report({ type: 'ended', run: order.run, result }, result.ok ? buffersOf(result.value) : [])
    desk.goOn()
  }

  return (order) => {
    switch (order.type) {
      case 'open':
        open(order.task).then(
          (result) => tell({ type: 'opened', result }),
          (error: unknown) => tell({ type: 'opened', result: failureOf(error) }),
        )
        break
      case 'run':
        duty.begin()
        void run(order)
        break
      case 'cancel':
        cancelled = order.run
        rests.wake()
        break
      case 'pace':
        duty.setShare(order.share)
        rests.wake()
        break
      case 'end-round':
        procedures?.endRound()
        break
      case 'question':
        desk.take(order.asked)
        break
      case 'drop-question':
        desk.drop(order.number)
        break
    }
  }
}

interface Opened {
  readonly architecture: Architecture
  readonly data: LocalData
}

/** For the noise of a descriptor. */
const secretWord = (): number => crypto.getRandomValues(new Uint32Array(1))[0]

const GRAPHICS_LOST = failed('SHOAL_ERR_BACKEND', 'the browser took the graphics context away')
const NOT_OPEN = failed('SHOAL_ERR_PROCEDURE_FAILED', 'the engine is not open')

async function replyTo(question: Question, { architecture, data }: Opened, yieldToHost: YieldToHost): Promise<Result<Reply>> {
  const { kind, model } = question
  try {
    if (kind === 'model-files') return succeeded({ kind, files: modelFilesOf(architecture, model) })
    const examples = question.examples === 'test' ? data.test : question.examples
    return succeeded({ kind: 'probabilities', probabilities: await predict({ architecture, model, examples, yieldToHost }) })
  } catch (error) {
    if (error instanceof ShoalError) return { ok: false, failure: error.failure }
    return failed('SHOAL_ERR_PROCEDURE_FAILED', error instanceof Error ? error.message : String(error))
  }
}

function failureOf(error: unknown): Result<never> {
  if (error instanceof ShoalError) return { ok: false, failure: error.failure }
  return failed('SHOAL_ERR_BACKEND', error instanceof Error ? error.message : String(error))
}

/**
 * Lets waiting messages in, a cancel among them, by sending a message of our own there and back: timers are held back in hidden tabs, messages are not.
 * Not one way only: Node empties a port that fills itself again before it looks at any other.
 */
function createYield(isCancelled: () => boolean): YieldToHost {
  const { port1, port2 } = new MessageChannel()
  let wake: (() => void) | null = null
  port1.onmessage = () => wake?.()
  port2.onmessage = () => port2.postMessage(null)
  return () =>
    new Promise((resolve, reject) => {
      wake = () => (isCancelled() ? reject(new Error('stopped')) : resolve())
      port1.postMessage(null)
    })
}

/** What can be handed over instead of copied; a finding has nothing of the kind. */
const buffersOf = (answer: Contribution | Finding): Transferable[] => {
  if (answer.kind === 'finding') return []
  const vectors = answer.kind === 'parts' ? answer.parts.map(({ vector }) => vector) : answer.rows
  return vectors.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []))
}
