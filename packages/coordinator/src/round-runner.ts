import { createLayout } from '@shoal/numeric'
import { type AskId, askIdOf, bytesOf, type Digest, float32Of, type Metrics, ShoalError } from '@shoal/protocol'
import type { Answer, Ask, RoundResult, Strategy } from '@shoal/strategies'
import type { EventLog } from './event-log.ts'
import type { PatientWrites } from './patient-writes.ts'
import type { Clock, Jobs, Report } from './ports.ts'
import { createRoundProgram, demandOf, notYet, type RoundProgram, type Step } from './round-program.ts'
import { decodeAnswer, encodeAnswer } from './stored-answer.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

const UNMEASURED: Metrics = { accuracy: null, loss: null }

/** Drives the strategy's program of the open round. What it does may reject with ShoalError or with whatever the strategy throws: the round is then aborted. */
export interface RoundRunner {
  /** Starts the program and drives it through the answers on record to where the round stands: after a crash as at the beginning. */
  run(): Promise<void>
  /** Gives the program the answer that was recorded last. */
  proceed(): Promise<void>
  /** Records an ask's answer. */
  close(ask: AskId, answer: Answer & { kind: 'sum' | 'compute' }): Promise<void>
  drop(): void
}

export interface RunnerOptions {
  readonly log: EventLog
  readonly writes: PatientWrites
  readonly strategy: Strategy<unknown>
  readonly jobs: Jobs
  readonly clock: Clock
  readonly report: Report
  /** Hears of blobs that nobody needs once the round is over. */
  readonly onGarbage: (digest: Digest) => void
}

export function createRoundRunner({ log, writes, strategy, jobs, clock, report, onGarbage }: RunnerOptions): RoundRunner {
  const { config, id } = log.state()
  const layout = createLayout(config.model.parameters)
  let program: RoundProgram | null = null

  async function run(): Promise<void> {
    const state = log.state()
    const { stage } = state
    if (stage.kind !== 'open') return
    const decoded = decodeValue(await writes.get(state.strategyState))
    if (!decoded.ok) throw new ShoalError(decoded.failure)
    const models = await Promise.all(state.models.map(async (digest) => vectorFrom(await writes.get(digest))))
    program = createRoundProgram(strategy, decoded.value, state, stage, models)
    let step = program.next(null)
    for (const { answer } of stage.closed) step = program.next(decodeAnswer(await writes.get(answer)))
    await follow(step)
  }

  async function proceed(): Promise<void> {
    const { stage } = log.state()
    const last = stage.kind === 'open' ? stage.closed.at(-1) : undefined
    if (program && last) await follow(program.next(decodeAnswer(await writes.get(last.answer))))
  }

  async function follow(step: Step): Promise<void> {
    if (step.done) return finish(step.result)
    if (step.ask.kind === 'rows') throw notYet('rows')
    return step.ask.kind === 'compute' ? compute(step.ask) : sum(step.ask)
  }

  async function sum(question: Ask & { kind: 'sum' }): Promise<void> {
    const { round, stage } = log.state()
    if (stage.kind !== 'open' || stage.open !== null) return // recovered in the middle of this very ask
    const demand = demandOf(question, layout)
    const models = await Promise.all(question.question.models.map((model) => writes.put(bytesOf(model))))
    await writes.record({ type: 'ask-opened', at: clock.now(), ask: { kind: 'sum', ask: askIdOf(round, stage.closed.length), models, ...demand } })
  }

  async function compute({ job, args }: Ask & { kind: 'compute' }): Promise<void> {
    const { round, stage } = log.state()
    if (stage.kind !== 'open') return
    const ask = askIdOf(round, stage.closed.length)
    if (stage.open === null) await writes.record({ type: 'ask-opened', at: clock.now(), ask: { kind: 'compute', ask, job } })
    const result = await jobs.run(job, args, id, config.computeDeadlineMs)
    if (!result.ok) report(id, `job ${job}`, result.failure)
    await close(ask, result.ok ? { kind: 'compute', value: result.value } : { kind: 'compute', failure: { code: result.failure.code } })
  }

  async function close(ask: AskId, answer: Answer & { kind: 'sum' | 'compute' }): Promise<void> {
    const digest = await writes.put(encodeAnswer(answer))
    onGarbage(digest)
    await writes.record({ type: 'ask-closed', at: clock.now(), ask, answer: digest })
  }

  async function finish(result: RoundResult<unknown>): Promise<void> {
    program = null
    if (result.place !== undefined || result.unplaced !== undefined) throw notYet('changes of assignment')
    for (const model of result.publish) {
      if (model.length !== layout.length || !model.every(Number.isFinite)) {
        throw new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail: 'it returned a model that is no model' })
      }
    }
    const { round, strategyState: previous } = log.state()
    const strategyState = await writes.put(encodeValue(result.state))
    const models: Digest[] = []
    for (const model of result.publish) models.push(await writes.put(bytesOf(model)))
    if (previous !== strategyState) onGarbage(previous)
    const { metrics = UNMEASURED, clusterMetrics = [] } = result
    await writes.record({ type: 'round-finished', at: clock.now(), round, strategyState, models, metrics, clusterMetrics })
  }

  return {
    run,
    proceed,
    close,
    drop() {
      program = null
    },
  }
}

function vectorFrom(bytes: Uint8Array): Float32Array {
  const vector = float32Of(bytes)
  if (!vector.ok) throw new ShoalError(vector.failure)
  return vector.value
}
