import { createLayout } from '@shoal/numeric'
import { type AskId, askIdOf, bytesOf, type Digest, float32Of, type Metrics, ShoalError } from '@shoal/protocol'
import type { Answer, Ask, RoundResult, Strategy } from '@shoal/strategies'
import type { Collected } from './collection.ts'
import type { EventLog } from './event-log.ts'
import type { Expert } from './federation-event.ts'
import type { ClosedAsk } from './federation-state.ts'
import { maskedRowsAnswerOf } from './masked-collector.ts'
import { demandFault } from './masking-fault.ts'
import { parcelOf } from './model-parcel.ts'
import type { PatientWrites } from './patient-writes.ts'
import type { Clock, Jobs, Report } from './ports.ts'
import { heldDemandFault } from './robust-rule.ts'
import { createRoundProgram, demandOf, placeSpecOf, type RoundProgram, type Step } from './round-program.ts'
import { rowsAnswerOf } from './row-collector.ts'
import { decodeAnswer, encodeAnswer, type Making } from './stored-answer.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

const UNMEASURED: Metrics = { accuracy: null, loss: null }

/** Drives the strategy's program of the open round. What it does may reject with ShoalError or with whatever the strategy throws: the round is then aborted. */
export interface RoundRunner {
  /** Starts the program and drives it through the answers on record to where the round stands: after a crash as at the beginning. */
  run(): Promise<void>
  /** Gives the program the answer that was recorded last. */
  proceed(): Promise<void>
  /** Records what was collected as the answer of its ask. */
  close(collected: Collected): Promise<void>
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
  /** Hears how much of a job is done, 0..1; null when it is over. */
  readonly onComputing: (share: number | null) => void
}

const NOTHING_TO_SAY: Making = { notes: [], spent: [] }

export function createRoundRunner({ log, writes, strategy, jobs, clock, report, onGarbage, onComputing }: RunnerOptions): RoundRunner {
  const { config, id } = log.state()
  const layout = createLayout(config.model.parameters)
  let program: RoundProgram | null = null
  /** What is to be said of the answers that the program was given. */
  let notesOfAnswers: string[] = []
  /** The job under way: whom its end by `drop` is told. */
  let computing: Set<() => void> | null = null

  async function run(): Promise<void> {
    const state = log.state()
    const { stage } = state
    if (stage.kind !== 'open') return
    const decoded = decodeValue(await writes.get(state.strategyState))
    if (!decoded.ok) throw new ShoalError(decoded.failure)
    const models = await Promise.all(state.models.map(async (digest) => vectorFrom(await writes.get(digest))))
    program = createRoundProgram(strategy, decoded.value, state, stage, models)
    notesOfAnswers = []
    let step = program.next(null)
    for (const closed of stage.closed) step = program.next(await answerOf(closed))
    await follow(step)
  }

  async function proceed(): Promise<void> {
    const { stage } = log.state()
    const last = stage.kind === 'open' ? stage.closed.at(-1) : undefined
    if (program && last) await follow(program.next(await answerOf(last)))
  }

  async function answerOf({ spec, answer }: ClosedAsk): Promise<Answer> {
    if (spec.kind !== 'rows') {
      const { answer: stored, making } = decodeAnswer(await writes.get(answer))
      for (const digest of [answer, ...making.spent]) onGarbage(digest) // after a crash nobody knows of them any more
      notesOfAnswers.push(...making.notes)
      return stored
    }
    if (config.privacy.level !== 'sealed') {
      onGarbage(answer)
      return maskedRowsAnswerOf(spec.ask, await writes.unsealed(answer))
    }
    const rows = await rowsAnswerOf(spec.ask, answer, (checkpoint) => {
      onGarbage(checkpoint)
      return writes.unsealed(checkpoint)
    })
    if (!rows.ok) throw new ShoalError(rows.failure)
    return rows.value
  }

  async function follow(step: Step): Promise<void> {
    if (step.done) return finish(step.result)
    return step.ask.kind === 'compute' ? compute(step.ask) : put(step.ask)
  }

  /** Puts a question to clients. What only this question needs is served while it is open, and goes with the round. */
  async function put(ask: Ask & { kind: 'sum' | 'rows' }): Promise<void> {
    const { round, stage, models: clusters } = log.state()
    if (stage.kind !== 'open' || stage.open !== null) return // recovered in the middle of this very ask
    const demand = demandOf(ask, layout, clusters.length)
    const fault = demandFault(demand, config) ?? heldDemandFault(demand, config, stage.cohort.length)
    if (fault !== null) throw new ShoalError(fault)
    const written = async (vectors: readonly Float32Array[]): Promise<Digest[]> => {
      const digests = await Promise.all(vectors.map((vector) => writes.put(bytesOf(vector))))
      for (const digest of digests) onGarbage(digest)
      return digests
    }
    const parcel = parcelOf(ask.question)
    const models = await written(parcel.models)
    const [trunk] = await written(parcel.trunk === null ? [] : [parcel.trunk])
    const vectors = await written(ask.question.vectors ?? [])
    const delivery = { models, vectors, ...(trunk === undefined ? {} : { trunk }), ...(parcel.joined === null ? {} : { joined: parcel.joined }) }
    await writes.record({ type: 'ask-opened', at: clock.now(), ask: { ...demand, ask: askIdOf(round, stage.closed.length), ...delivery } })
  }

  async function compute({ job, args }: Ask & { kind: 'compute' }): Promise<void> {
    const { round, stage } = log.state()
    if (stage.kind !== 'open') return
    const ask = askIdOf(round, stage.closed.length)
    if (stage.open === null) await writes.record({ type: 'ask-opened', at: clock.now(), ask: { kind: 'compute', ask, job } })
    const own = new Set<() => void>()
    computing = own
    const isWanted = (): boolean => computing === own
    const result = await jobs.run(job, args, id, config.computeDeadlineMs, {
      onGivenUp: (callback) => own.add(callback),
      onProgress: (share) => {
        if (isWanted()) onComputing(share)
      },
    })
    if (!isWanted()) return
    computing = null
    onComputing(null)
    if (!result.ok) report(id, `job ${job}`, result.failure)
    await close(ask, result.ok ? { kind: 'compute', value: result.value } : { kind: 'compute', failure: { code: result.failure.code } })
  }

  async function close(ask: AskId, answer: Answer & { kind: 'sum' | 'compute' }, making: Making = NOTHING_TO_SAY): Promise<void> {
    const digest = await writes.put(encodeAnswer(answer, making))
    onGarbage(digest)
    await writes.record({ type: 'ask-closed', at: clock.now(), ask, answer: digest, owners: null, slots: null })
  }

  async function finish(result: RoundResult<unknown>): Promise<void> {
    program = null
    const { round, strategyState: previous, models: before, expert: expertBefore } = log.state()
    assertBookable(result, layout.length, before.length)
    const strategyState = await writes.put(encodeValue(result.state))
    const models: Digest[] = []
    for (const model of result.publish) models.push(await writes.put(bytesOf(model)))
    if (previous !== strategyState) onGarbage(previous)
    const expert = result.expert === undefined ? null : await writtenExpert(result.expert)
    for (const digest of expertBefore === null ? [] : [expertBefore.model, expertBefore.samples]) if (digest !== null) onGarbage(digest)
    const { metrics = UNMEASURED, clusterMetrics = [], points = null, unplaced = [], isCensusDue = false, done = null, signals = {}, notes = [] } = result
    const place = result.place === undefined ? null : placeSpecOf(result.place)
    await writes.record({
      type: 'round-finished',
      at: clock.now(),
      round,
      strategyState,
      models,
      metrics,
      clusterMetrics,
      place,
      expert,
      points,
      unplaced,
      isCensusDue,
      done,
      signals,
      notes: [...notesOfAnswers, ...notes],
    })
  }

  async function writtenExpert({ model, samples }: NonNullable<RoundResult<unknown>['expert']>): Promise<Expert> {
    return { model: await writes.put(bytesOf(model)), samples: samples === null ? null : await writes.put(bytesOf(samples)) }
  }

  return {
    run,
    proceed,
    close: (collected) =>
      collected.kind === 'sum'
        ? close(collected.ask, collected.answer, collected.making)
        : writes.record({
            type: 'ask-closed',
            at: clock.now(),
            ask: collected.ask,
            answer: collected.latest,
            owners: collected.owners,
            slots: collected.slots,
          }),
    drop() {
      program = null
      const given = computing
      computing = null
      onComputing(null)
      for (const giveUp of given ?? []) giveUp()
    },
  }
}

/** Throws ShoalError where a strategy returns what can not be. `clusters`: how many there were. */
function assertBookable({ publish, place, points, expert, signals = {} }: RoundResult<unknown>, parameters: number, clusters: number): void {
  const refuse = (detail: string): never => {
    throw new ShoalError({ code: 'SHOAL_ERR_STRATEGY_FAILED', detail })
  }
  for (const model of publish) if (model.length !== parameters || !model.every(Number.isFinite)) refuse('it returned a model that is no model')
  if (expert !== undefined && (expert.model.length !== parameters || !expert.model.every(Number.isFinite))) refuse('its expert is no model')
  const after = publish.length > 0 ? publish.length : clusters
  if (after < clusters) refuse(`it returned ${after} models for ${clusters} clusters`)
  if (after > clusters && place === undefined && points === undefined) refuse('it made clusters without members')
  if (place?.by === 'choice' || place?.by === 'every') refuse('it left the assignment to the clients')
  if (place?.by === 'lot' && place.blocks > after) refuse('it dealt clients out to clusters that have no model')
  if (points !== undefined && (place !== undefined || points.length !== after || !points.every(Number.isFinite)))
    refuse('it counted points in clusters that are not there')
  const named = place?.by === 'label' ? place.labels : place?.by === 'chosen' ? place.to : []
  if (named.some((block) => block >= after)) refuse('it placed clients in a cluster that has no model')
  if (!Object.values(signals).every(Number.isFinite)) refuse('a signal is no number')
}

function vectorFrom(bytes: Uint8Array): Float32Array {
  const vector = float32Of(bytes)
  if (!vector.ok) throw new ShoalError(vector.failure)
  return vector.value
}
