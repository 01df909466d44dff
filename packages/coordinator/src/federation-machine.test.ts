import {
  type AskId,
  askIdOf,
  type ClientId,
  clientIdSchema,
  type Digest,
  digestSchema,
  type FederationConfig,
  federationConfigSchema,
  federationIdSchema,
} from '@shoal/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FederationEvent, PlaceSpec } from './federation-event.ts'
import { createFederationState, reduce, reduceAll } from './federation-machine.ts'
import { type FederationState, openQuestionOf } from './federation-state.ts'
import { viewOf } from './federation-view.ts'
import { replay } from './log-replay.ts'

const digest = (digit: string): Digest => digestSchema.parse(digit.repeat(64))
const client = (letter: string): ClientId => clientIdSchema.parse(`cl-${letter.repeat(8)}`)
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(client)

const config = (change: Partial<FederationConfig> = {}): FederationConfig =>
  federationConfigSchema.parse({
    name: 'test',
    description: '',
    operator: 'nobody',
    seed: 'machine',
    strategy: { name: 'fedavg', options: {} },
    privacy: { level: 'sealed', view: 'sums' },
    model: { architecture: 'toy', parameters: [{ name: 'w', shape: [2] }] },
    data: { kind: 'image', shape: [1, 1, 1], classes: ['0', '1'] },
    train: { steps: 1, batchSize: 1, learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0 },
    cohort: { fraction: 1, min: 3, max: 10 },
    quorum: { fraction: 0.5, min: 1 },
    deadlineMs: 60_000,
    computeDeadlineMs: 60_000,
    maxWeight: 1000,
    evaluation: { onClients: false, testSet: null },
    stop: { rounds: 1000, accuracy: null },
    ...change,
  })

const created = (change: Partial<FederationConfig> = {}): FederationEvent & { type: 'federation-created' } => ({
  type: 'federation-created',
  at: 0,
  federation: federationIdSchema.parse('fed-machine1'),
  config: config(change),
  model: digest('0'),
  strategyState: digest('1'),
})

/** Applies events in turn; a refused one fails the test. */
function after(state: FederationState, ...events: FederationEvent[]): { state: FederationState; effects: string[] } {
  let effects: string[] = []
  let next = state
  for (const event of events) {
    const result = reduce(next, event)
    if (!result.ok) throw new Error(`${event.type} was refused: ${result.failure.code} ${result.failure.detail ?? ''}`)
    next = result.value.state
    effects = result.value.effects.map(({ type }) => type)
  }
  return { state: next, effects }
}

const joins = (...clients: ClientId[]): FederationEvent[] =>
  clients.flatMap((who): FederationEvent[] => [
    { type: 'client-joined', at: 1, client: who },
    { type: 'client-readied', at: 1, client: who, ready: true },
  ])
const openTraining = (round = 0): FederationEvent => ({
  type: 'ask-opened',
  at: 10,
  ask: {
    kind: 'sum',
    ask: askIdOf(round, 0),
    procedure: 'train',
    args: {},
    models: [digest('0')],
    vectors: [],
    of: null,
    place: { by: 'everyone' },
    vectorLengths: [2],
  },
})
const fold = (...clients: ClientId[]): FederationEvent => ({
  type: 'contributions-folded',
  at: 20,
  ask: askIdOf(0, 0),
  clients,
  chosen: null,
  cohorts: null,
  beacon: null,
  checkpoint: digest('2'),
})

/** A federation of three in its first training sum. */
const training = (change: Partial<FederationConfig> = {}): FederationState =>
  after(createFederationState(created(change)), { type: 'federation-started', at: 1 }, ...joins(a, b, c), openTraining()).state

describe('rounds', () => {
  test('[CO1] a round begins when enough clients are ready, and not before', () => {
    const two = after(createFederationState(created()), { type: 'federation-started', at: 1 }, ...joins(a, b))
    expect(two.state.stage.kind).toBe('idle')
    expect(viewOf(two.state).reason).toBe('waiting for 1 more volunteer')
    const three = after(two.state, ...joins(c))
    expect(three.state.stage).toMatchObject({ kind: 'open', cohort: [a, b, c] })
    expect(three.effects).toContain('run-round')
  })

  test('[CO2] a client that joins while a round is open waits for the next one', () => {
    const late = after(training(), ...joins(d)).state
    expect(openQuestionOf(late, askIdOf(0, 0))?.asked).toEqual([a, b, c])
  })

  test('[CO3] a sum closes as soon as everyone has answered or said that they will not', () => {
    const partly = after(training(), fold(a, b))
    expect(partly.effects).toEqual(['announce-durable'])
    const done = after(partly.state, { type: 'client-sat-out', at: 30, client: c, ask: askIdOf(0, 0), code: 'SHOAL_ERR_PROCEDURE_FAILED' })
    expect(done.effects).toContain('close-ask')
  })

  test('[CO4] three joined, two answered, the third leaves: the sum closes at once', () => {
    const { effects } = after(training(), fold(a, b), { type: 'client-left', at: 40, client: c })
    expect(effects).toContain('close-ask')
  })

  test('[CO5] without a quorum a departure does not close the sum: who left may come back until the deadline, which closes it', () => {
    const alone = after(training({ quorum: { fraction: 1, min: 3 } }), fold(a, b), { type: 'client-left', at: 40, client: c })
    expect(alone.effects).not.toContain('close-ask')
    expect(after(alone.state, { type: 'deadline-passed', at: 60_010, ask: askIdOf(0, 0) }).effects).toEqual(['close-ask'])
  })

  test('[CO16] when all who could answer have left before the quorum, they have twenty seconds to come back; who comes back has the whole deadline again', () => {
    const left = after(training({ quorum: { fraction: 1, min: 3 } }), fold(a, b), { type: 'client-left', at: 40, client: c })
    expect(left.effects).toContain('arm-deadline')
    expect(openQuestionOf(left.state, askIdOf(0, 0))?.graceEndsAt).toBe(20_040)
    const stranger = after(left.state, { type: 'client-joined', at: 50, client: d })
    expect(openQuestionOf(stranger.state, askIdOf(0, 0))?.graceEndsAt).toBe(20_040)
    expect(stranger.effects).not.toContain('arm-deadline')
    const back = reduce(stranger.state, { type: 'client-joined', at: 60, client: c })
    expect(back.ok && back.value.effects).toContainEqual({ type: 'arm-deadline', ask: askIdOf(0, 0), at: 60_010 })
    expect(back.ok && openQuestionOf(back.value.state, askIdOf(0, 0))?.graceEndsAt).toBe(null)
  })

  test('[CO6] after a restart everyone who was here is waited for, with a whole new deadline', () => {
    const restarted = after(training(), fold(a), { type: 'server-restarted', at: 5000 })
    expect(restarted.effects).toEqual(['run-round', 'open-collector', 'arm-deadline'])
    expect(openQuestionOf(restarted.state, askIdOf(0, 0))?.deadlineAt).toBe(65_000)
    const back = after(restarted.state, { type: 'client-joined', at: 5100, client: b }, fold(b))
    expect(back.effects).toEqual(['announce-durable'])
    expect(after(back.state, { type: 'deadline-passed', at: 65_000, ask: askIdOf(0, 0) }).state.clients.get(c)?.presence).toBe('away')
  })

  test('[CO7] a stale deadline, a second close and a fold into a closed sum are refused and change nothing', () => {
    const state = after(training(), { type: 'deadline-passed', at: 60_010, ask: askIdOf(0, 0) }).state
    const refused = (event: FederationEvent): string => {
      const result = reduce(state, event)
      return result.ok ? 'accepted' : result.failure.code
    }
    expect(refused({ type: 'deadline-passed', at: 1, ask: askIdOf(0, 0) })).toBe('SHOAL_ERR_ASK_CLOSED')
    expect(refused({ type: 'deadline-passed', at: 1, ask: askIdOf(7, 0) })).toBe('SHOAL_ERR_ASK_CLOSED')
    expect(refused({ type: 'ask-closed', at: 1, ask: askIdOf(7, 0), answer: digest('3'), owners: null, slots: null })).toBe('SHOAL_ERR_ASK_CLOSED')
    expect(refused({ type: 'round-aborted', at: 1, round: 9, failure: { code: 'SHOAL_ERR_INTERNAL' } })).toBe('SHOAL_ERR_STALE_UPDATE')
  })

  const finishRound = (state: FederationState, models: Digest[], accuracy: number | null): { state: FederationState; effects: string[] } =>
    after(
      state,
      fold(a, b, c),
      { type: 'ask-closed', at: 50, ask: askIdOf(0, 0), answer: digest('3'), owners: null, slots: null },
      {
        type: 'round-finished',
        at: 60,
        round: 0,
        strategyState: digest('4'),
        models,
        metrics: { accuracy, loss: null },
        clusterMetrics: [],
        place: null,
        unplaced: [],
        isCensusDue: false,
        points: null,
        expert: null,
        done: null,
        signals: {},
        notes: [],
      },
    )

  test('[CO8] model and round number change together, and the next round opens at once', () => {
    const { state, effects } = finishRound(training(), [digest('5')], 0.5)
    expect(state).toMatchObject({ round: 1, models: [digest('5')], strategyState: digest('4'), stage: { kind: 'open', cohort: [a, b, c] } })
    expect(state.rounds).toMatchObject([{ round: 0, outcome: 'updated', clients: 3, metrics: { accuracy: 0.5 } }])
    expect(effects).toContain('run-round')
  })

  test('[CO36] after a round that asks for a census the next takes everybody, as far as the cohort may grow, until one has finished', () => {
    const cohortOf = ({ stage }: FederationState): number => (stage.kind === 'open' ? stage.cohort.length : 0)
    const ends = (round: number, isCensusDue: boolean): FederationEvent => ({
      type: 'round-finished',
      at: 60,
      round,
      strategyState: digest('4'),
      models: [digest('5')],
      metrics: { accuracy: null, loss: null },
      clusterMetrics: [],
      place: null,
      unplaced: [],
      isCensusDue,
      points: null,
      expert: null,
      done: null,
      signals: {},
      notes: [],
    })
    const aborted: FederationEvent = { type: 'round-aborted', at: 60, round: 1, failure: { code: 'SHOAL_ERR_INTERNAL' } }
    const many = Array.from({ length: 8 }, (_, index) => clientIdSchema.parse(`cl-${String(index).padStart(16, '0')}`))
    const begin = (max: number): FederationState =>
      after(createFederationState(created({ cohort: { fraction: 0.25, min: 2, max } })), ...joins(...many), { type: 'federation-started', at: 1 }).state
    expect(cohortOf(begin(10))).toBe(2)
    const due = after(begin(10), ends(0, true)).state
    expect(cohortOf(due)).toBe(8)
    expect(cohortOf(after(due, aborted).state)).toBe(8)
    expect(cohortOf(after(due, ends(1, false)).state)).toBe(2)
    expect(cohortOf(after(begin(5), ends(0, true)).state)).toBe(5)
  })

  test('[CO9] a round that publishes nothing leaves the model as it was', () => {
    const { state } = finishRound(training(), [], null)
    expect(state).toMatchObject({ round: 1, models: [digest('0')], rounds: [{ outcome: 'unchanged' }] })
  })

  test('[CO10] the stop rule: enough rounds, or the accuracy asked for', () => {
    expect(finishRound(training({ stop: { rounds: 1, accuracy: null } }), [digest('5')], null).state).toMatchObject({
      lifecycle: 'finished',
      reason: 'all 1 rounds are done',
    })
    expect(finishRound(training({ stop: { rounds: 9, accuracy: 0.9 } }), [digest('5')], 0.91).state).toMatchObject({
      lifecycle: 'finished',
      reason: 'accuracy 0.9100 reached 0.9',
    })
    expect(finishRound(training({ stop: { rounds: 9, accuracy: 0.9 } }), [digest('5')], 0.89).state.lifecycle).toBe('running')
  })

  test('[CO11] an aborted round tells its clients, and the next one begins; five rounds without progress pause the federation', () => {
    let { state, effects } = after(training(), { type: 'round-aborted', at: 50, round: 0, failure: { code: 'SHOAL_ERR_STRATEGY_FAILED' } })
    expect(effects.slice(0, 2)).toEqual(['drop-round', 'announce-closed'])
    expect(state).toMatchObject({
      round: 1,
      lifecycle: 'running',
      stage: { kind: 'open' },
      rounds: [{ outcome: 'aborted', reason: 'SHOAL_ERR_STRATEGY_FAILED' }],
    })
    for (let round = 1; round < 5; round += 1)
      state = after(state, { type: 'round-aborted', at: 50, round, failure: { code: 'SHOAL_ERR_STRATEGY_FAILED' } }).state
    expect(state).toMatchObject({ lifecycle: 'paused', stage: { kind: 'idle' } })
    expect(state.reason).toContain('5 rounds in a row changed nothing')
  })

  test('[CO12] pausing lets the open round end and begins no other; resuming begins one', () => {
    const paused = after(training(), { type: 'federation-paused', at: 45, reason: 'paused by the operator' }).state
    const ended = finishRound(paused, [digest('5')], null)
    expect(ended.state).toMatchObject({ lifecycle: 'paused', stage: { kind: 'idle' }, round: 1 })
    expect(after(ended.state, { type: 'federation-resumed', at: 70 }).state.stage.kind).toBe('open')
  })

  test('[CO13] finishing ends an open round as aborted, for good', () => {
    const { state } = after(training(), { type: 'federation-finished', at: 45, reason: 'enough' })
    expect(state).toMatchObject({ lifecycle: 'finished', stage: { kind: 'idle' }, rounds: [{ outcome: 'aborted' }] })
    const restarted = reduce(state, { type: 'federation-started', at: 50 })
    expect(restarted).toMatchObject({ ok: false, failure: { code: 'SHOAL_ERR_WRONG_LIFECYCLE' } })
  })
})

describe('clusters', () => {
  const PLACED = { metrics: { accuracy: null, loss: null }, clusterMetrics: [], signals: {}, notes: [] }
  const twoModels = [digest('5'), digest('6')]
  const rowsAsk = (index: number): FederationEvent => ({
    type: 'ask-opened',
    at: 10,
    ask: {
      kind: 'rows',
      ask: askIdOf(0, index),
      procedure: 'sketch',
      args: {},
      models: [],
      vectors: [],
      of: null,
      place: { by: 'everyone' },
      rowLength: 2,
      maxRows: 1,
    },
  })
  const sumAsk = (index: number, place: PlaceSpec, round = 0): FederationEvent => ({
    type: 'ask-opened',
    at: 10,
    ask: { kind: 'sum', ask: askIdOf(round, index), procedure: 'side', args: {}, models: [], vectors: [], of: null, place, vectorLengths: [2, 2, 2, 2] },
  })
  const folds = (index: number, chosen: (number | null)[] | null, ...clients: ClientId[]): FederationEvent => ({
    type: 'contributions-folded',
    at: 20,
    ask: askIdOf(0, index),
    clients,
    chosen,
    cohorts: null,
    beacon: null,
    checkpoint: digest('2'),
  })
  const closes = (index: number, owners: ClientId[] | null = null): FederationEvent => ({
    type: 'ask-closed',
    at: 30,
    ask: askIdOf(0, index),
    answer: digest('3'),
    owners,
    slots: null,
  })
  const ends = (place: PlaceSpec | null, unplaced: number[] = []): FederationEvent => ({
    type: 'round-finished',
    at: 40,
    round: 0,
    strategyState: digest('4'),
    models: twoModels,
    place,
    unplaced,
    isCensusDue: false,
    points: null,
    expert: null,
    done: null,
    ...PLACED,
  })
  /** Four clients in an open round without an ask. */
  const started = (): FederationState =>
    after(createFederationState(created({ cohort: { fraction: 1, min: 4, max: 10 } })), { type: 'federation-started', at: 1 }, ...joins(a, b, c, d)).state
  const byLabel = (labels: number[]): PlaceSpec => ({ by: 'label', blocks: 2, ask: askIdOf(0, 0), labels })
  const clusterOf = (state: FederationState): (number | null | undefined)[] => [a, b, c, d].map((who) => state.clients.get(who)?.cluster)
  /** a and b in cluster 0, c in 1, d silent when it was asked for a row. */
  const split = (): { state: FederationState; effects: string[] } =>
    after(
      started(),
      rowsAsk(0),
      folds(0, null, a, b, c),
      { type: 'deadline-passed', at: 25, ask: askIdOf(0, 0) },
      closes(0, [a, b, c]),
      ends(byLabel([0, 0, 1]), [0]),
    )

  test('[CO37] a round that places everybody where they were leaves the partition, and nobody looks for its place again', () => {
    const first = split().state
    expect(first.partition).toBe(1)
    const placed = after(first, { type: 'client-placed', at: 45, client: d, partition: 1, cluster: 0 }).state
    const again = after(placed, { ...ends({ by: 'cluster', only: null }), round: 1 } as FederationEvent)
    expect(again.state.partition).toBe(1)
    expect(again.state.round).toBe(2)
  })

  test('[CO38] clusters of points: nobody is placed, a newcomer takes part at once, sizes are points', () => {
    const { state } = after(started(), { ...ends(null), points: [700, 300] } as FederationEvent)
    expect(clusterOf(state)).toEqual([0, 0, 0, 0])
    expect(state.partition).toBe(0)
    expect(state.rounds[0].clusterSizes).toEqual([700, 300])
    const e = clientIdSchema.parse('cl-eeeeeeee')
    expect(after(state, { type: 'client-joined', at: 50, client: e }).state.clients.get(e)?.cluster).toBe(0)
    // A round that measured no points knows those of the last.
    expect(after(state, { ...ends(null), round: 1 } as FederationEvent).state.rounds[1].clusterSizes).toEqual([700, 300])
  })

  test('[CO39] a round after which nothing is left to do finishes the federation with its reason', () => {
    const { state } = after(started(), { ...ends(null), models: [digest('5')], done: 'every point has its cluster' } as FederationEvent)
    expect(state).toMatchObject({ lifecycle: 'finished', reason: 'every point has its cluster' })
  })

  test('[CO30] with one cluster everybody belongs to it', () => {
    expect(clusterOf(started())).toEqual([0, 0, 0, 0])
  })

  test('[CO31] a round moves its own clients; who was not reached in a cluster that was cut has none', () => {
    const { state, effects } = split()
    expect(clusterOf(state)).toEqual([0, 0, 1, null])
    expect(state.partition).toBe(1)
    expect(state.rounds.at(-1)).toMatchObject({ clusterSizes: [2, 1] })
    expect(effects[0]).toBe('renew-admission')
  })

  test('[CO31] where no cluster was cut, who was not reached stays where it was', () => {
    const kept = after(
      started(),
      rowsAsk(0),
      folds(0, null, a),
      { type: 'deadline-passed', at: 25, ask: askIdOf(0, 0) },
      closes(0, [a]),
      ends(byLabel([1])),
    ).state
    expect(clusterOf(kept)).toEqual([1, 0, 0, 0])
  })

  test('[CO32] who was asked for a row and has no label is not asked on; who was not asked answers in its cluster while that is whole', () => {
    const labelled = after(
      started(),
      rowsAsk(0),
      folds(0, null, a, b, c),
      { type: 'deadline-passed', at: 25, ask: askIdOf(0, 0) },
      closes(0, [a, b, c]),
      sumAsk(1, byLabel([1, -1, 0])),
    ).state
    expect([...(openQuestionOf(labelled, askIdOf(0, 1))?.blocks ?? [])]).toEqual([
      [a, 1],
      [c, 0],
    ])
    const away = after(started(), { type: 'client-left', at: 5, client: d }, rowsAsk(0), folds(0, null, a, b, c), closes(0, [a, b, c])).state
    const back = (labels: number[]) => after(away, { type: 'client-joined', at: 30, client: d }, sumAsk(1, byLabel(labels))).state
    expect(openQuestionOf(back([0, 0, 0]), askIdOf(0, 1))?.blocks.get(d)).toBe(0)
    expect(openQuestionOf(back([0, 1, 0]), askIdOf(0, 1))?.blocks.has(d)).toBe(false)
  })

  test('[CO33] a client answers where it chose last, or in what its cluster has become if nobody of it chose, or not at all', () => {
    // a, b, d in cluster 0, c in 1: then a and b take sides, twice, and d is silent.
    const apart = after(
      started(),
      rowsAsk(0),
      folds(0, null, a, b, c, d),
      closes(0, [a, b, c, d]),
      ends(byLabel([0, 0, 1, 0])),
      { ...sumAsk(0, { by: 'choice', blocks: 4 }, 1) } as FederationEvent,
      { ...folds(0, [1, 2], a, b), ask: askIdOf(1, 0) } as FederationEvent,
      { type: 'deadline-passed', at: 25, ask: askIdOf(1, 0) },
      { ...closes(0), ask: askIdOf(1, 0) } as FederationEvent,
      { ...sumAsk(1, { by: 'choice', blocks: 4 }, 1) } as FederationEvent,
      { ...folds(1, [2, null], a, b), ask: askIdOf(1, 1) } as FederationEvent,
      { type: 'deadline-passed', at: 25, ask: askIdOf(1, 1) },
      { ...closes(1), ask: askIdOf(1, 1) } as FederationEvent,
    ).state
    const placed = (to: number[], only: number[] | null): unknown => [
      ...(openQuestionOf(after(apart, sumAsk(2, { by: 'chosen', of: 'side', blocks: 4, to, only }, 1)).state, askIdOf(1, 2))?.blocks ?? []),
    ]
    expect(placed([0, 3, 1], null)).toEqual([
      [a, 1],
      [b, 1],
      [c, 3],
    ])
    expect(placed([0, -1, 1], null)).toEqual([
      [a, 1],
      [b, 1],
    ])
    expect(placed([0, 3, 1], [3])).toEqual([[c, 3]]) // CO34
  })

  test('[CO34] a question that names clusters is put to their members', () => {
    const later = after(split().state, { type: 'client-placed', at: 50, client: d, partition: 1, cluster: 1 }).state
    const open = after(later, { ...sumAsk(0, { by: 'cluster', only: [1] }, 1) } as FederationEvent).state
    expect(openQuestionOf(open, askIdOf(1, 0))?.asked).toEqual([c, d])
  })

  test('[CO30] a newcomer takes no part until it has found its cluster, by the admission of the present partition', () => {
    const { state } = split()
    expect(state.stage.kind).toBe('idle') // four are needed, and d has no cluster
    const refused = (event: FederationEvent): string => {
      const result = reduce(state, event)
      return result.ok ? 'taken' : result.failure.code
    }
    expect(refused({ type: 'client-placed', at: 50, client: d, partition: 0, cluster: 1 })).toBe('SHOAL_ERR_STALE_UPDATE')
    expect(refused({ type: 'client-placed', at: 50, client: d, partition: 1, cluster: 2 })).toBe('SHOAL_ERR_MALFORMED')
    expect(refused({ type: 'client-placed', at: 50, client: a, partition: 1, cluster: 1 })).toBe('SHOAL_ERR_STALE_UPDATE') // it has one
    expect(refused({ type: 'client-placed', at: 50, client: client('e'), partition: 1, cluster: 1 })).toBe('SHOAL_ERR_NOT_JOINED')
    const placed = after(state, { type: 'client-placed', at: 50, client: d, partition: 1, cluster: 1 }).state
    expect(clusterOf(placed)).toEqual([0, 0, 1, 1])
    expect(placed.stage).toMatchObject({ kind: 'open', cohort: [a, b, c, d], clusterSizes: [2, 2] })
    expect(after(placed, { type: 'client-placed', at: 51, client: d, partition: 1, cluster: 1 }).state.clients).toEqual(placed.clients) // said twice
    expect(after(placed, ...joins(client('e'))).state.clients.get(client('e'))?.cluster).toBeNull()
  })

  test('[CO73] who finds that no cluster is for it waits: it is counted, asked nothing, and drawn for the census, whose clusters may be for it', () => {
    const { state } = split()
    const waiting = after(state, { type: 'client-placed', at: 50, client: d, partition: 1, cluster: null }).state
    expect(waiting.clients.get(d)).toEqual({ presence: 'here', ready: true, cluster: null, isPending: true })
    expect(waiting.stage.kind).toBe('idle') // four are needed
    expect(after(waiting, { type: 'client-placed', at: 51, client: d, partition: 1, cluster: null }).state.clients).toEqual(waiting.clients) // said twice
    expect(reduce(waiting, { type: 'client-placed', at: 51, client: d, partition: 0, cluster: null }).ok).toBe(true) // and known already
    expect(reduce(waiting, { type: 'client-placed', at: 51, client: a, partition: 1, cluster: null })).toMatchObject({
      failure: { code: 'SHOAL_ERR_STALE_UPDATE' },
    }) // it has one

    // A fifth makes four that have a cluster: a round begins without d, and knows of it.
    const e = client('e')
    const five = after(waiting, ...joins(e), { type: 'client-placed', at: 52, client: e, partition: 1, cluster: 1 }).state
    expect(five.stage).toMatchObject({ kind: 'open', cohort: [a, b, c, e], pending: 1 })
    // Who merely left is not counted; it is when it is back, without saying anything again.
    expect(after(five, { type: 'client-left', at: 53, client: d }, ...joins(d)).state.clients.get(d)).toMatchObject({ isPending: true, presence: 'here' })

    const census = after(five, { ...ends(null), round: 1, isCensusDue: true } as FederationEvent).state
    expect(census.stage).toMatchObject({ kind: 'open', cohort: [a, b, c, d, e], pending: 1 })
    const found = after(
      census,
      { ...rowsAsk(0), ask: { ...(rowsAsk(0) as { ask: object }).ask, ask: askIdOf(2, 0) } } as FederationEvent,
      { ...folds(0, null, a, b, c, d, e), ask: askIdOf(2, 0) } as FederationEvent,
      { ...closes(0, [a, b, c, d, e]), ask: askIdOf(2, 0) } as FederationEvent,
      { ...ends({ by: 'label', blocks: 2, ask: askIdOf(2, 0), labels: [0, 0, 1, 1, 1] }, [0, 1]), round: 2 } as FederationEvent,
    ).state
    expect(found.clients.get(d)).toEqual({ presence: 'here', ready: true, cluster: 1 })
    expect(found.partition).toBe(2)
  })

  test('[CO73] who waits and is not reached when the clusters become others has to look again', () => {
    const waiting = after(split().state, { type: 'client-placed', at: 50, client: d, partition: 1, cluster: null }).state
    const away = after(waiting, { type: 'client-left', at: 51, client: d }, ...joins(client('e')), {
      type: 'client-placed',
      at: 52,
      client: client('e'),
      partition: 1,
      cluster: 0,
    }).state
    const later = after(away, { ...ends({ by: 'everyone' }), round: 1 } as FederationEvent).state
    expect(later.partition).toBe(2)
    expect(later.clients.get(d)).toEqual({ presence: 'away', ready: true, cluster: null })
    expect(reduce(later, { type: 'client-placed', at: 60, client: d, partition: 1, cluster: null })).toMatchObject({
      failure: { code: 'SHOAL_ERR_STALE_UPDATE' },
    })
  })

  test('[CO35] who is here hears of the new clusters, and of a last admission before the end', () => {
    const atTheEnd = after(
      createFederationState(created({ cohort: { fraction: 1, min: 4, max: 10 }, stop: { rounds: 1, accuracy: null } })),
      { type: 'federation-started', at: 1 },
      ...joins(a, b, c, d),
      rowsAsk(0),
      folds(0, null, a, b, c, d),
      closes(0, [a, b, c, d]),
    ).state
    const result = reduce(atTheEnd, ends(byLabel([0, 0, 1, 1]), [0]))
    if (!result.ok) throw new Error(result.failure.code)
    expect(result.value.effects[0]).toEqual({ type: 'renew-admission', announceTo: [a, b, c, d] })
    expect(result.value.effects.at(-1)).toEqual({ type: 'announce-view' })
    expect(result.value.state.lifecycle).toBe('finished')
  })

  test('[CO35] after a restart the admission is made anew before the round goes on', () => {
    expect(after(split().state, { type: 'server-restarted', at: 60 }).effects[0]).toBe('renew-admission')
  })
})

describe('any sequence of events', () => {
  const clients = fc.constantFrom(a, b, c, d)
  const askIds = fc.constantFrom<AskId>(askIdOf(0, 0), askIdOf(0, 1), askIdOf(1, 0), askIdOf(2, 0))
  const at = fc.nat(1000)
  const events: fc.Arbitrary<FederationEvent> = fc.oneof(
    fc.record({ type: fc.constant('federation-started' as const), at }),
    fc.record({ type: fc.constant('federation-paused' as const), at, reason: fc.constant('why') }),
    fc.record({ type: fc.constant('federation-resumed' as const), at }),
    fc.record({ type: fc.constant('server-restarted' as const), at }),
    fc.record({ type: fc.constant('client-joined' as const), at, client: clients }),
    fc.record({ type: fc.constant('client-readied' as const), at, client: clients, ready: fc.boolean() }),
    fc.record({ type: fc.constant('client-left' as const), at, client: clients }),
    fc.record({ type: fc.constant('client-sat-out' as const), at, client: clients, ask: askIds, code: fc.constant('SHOAL_ERR_MEMORY_LOST' as const) }),
    fc.nat(2).map((round) => openTraining(round)),
    fc.record({
      type: fc.constant('contributions-folded' as const),
      at,
      ask: askIds,
      clients: fc.uniqueArray(clients),
      chosen: fc.constant(null),
      cohorts: fc.constant(null),
      beacon: fc.constant(null),
      checkpoint: fc.constant(digest('2')),
    }),
    fc.record({ type: fc.constant('deadline-passed' as const), at, ask: askIds }),
    fc.record({
      type: fc.constant('ask-closed' as const),
      at,
      ask: askIds,
      answer: fc.constant(digest('3')),
      owners: fc.constant(null),
      slots: fc.constant(null),
    }),
    fc.record({
      type: fc.constant('round-finished' as const),
      at,
      round: fc.nat(2),
      strategyState: fc.constant(digest('4')),
      models: fc.constantFrom([], [digest('5')], [digest('5'), digest('6')]),
      metrics: fc.constant({ accuracy: null, loss: null }),
      clusterMetrics: fc.constant([]),
      place: fc.constantFrom<PlaceSpec | null>(null, { by: 'everyone' }, { by: 'cluster', only: [0] }),
      unplaced: fc.constantFrom([], [0]),
      isCensusDue: fc.boolean(),
      points: fc.constant(null),
      expert: fc.constant(null),
      done: fc.constantFrom(null, 'nothing is left'),
      signals: fc.constant({}),
      notes: fc.constant([]),
    }),
    fc.record({ type: fc.constant('client-placed' as const), at, client: clients, partition: fc.nat(3), cluster: fc.constantFrom(0, 1, 2, null) }),
    fc.record({ type: fc.constant('round-aborted' as const), at, round: fc.nat(2), failure: fc.constant({ code: 'SHOAL_ERR_INTERNAL' as const }) }),
  )

  test('[CO14] a refused event changes nothing, and the accepted ones replay to the same state, bit for bit (seed 20261121)', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (sequence) => {
        let state = createFederationState(created())
        const log: FederationEvent[] = [created()]
        for (const event of sequence) {
          const before = structuredClone(state)
          const result = reduce(state, event)
          expect(state).toEqual(before) // reduce never writes to its argument
          if (!result.ok) continue
          state = result.value.state
          log.push(event)
        }
        const replayed = replay(structuredClone(log))
        expect(replayed).toEqual({ ok: true, value: state })
        expect(state.version).toBe(log.length)
      }),
      { seed: 20261121, numRuns: 400 },
    )
  })

  test('[CO14] events taken together do what each by itself does, and write to no state that anybody has seen (seed 20261122)', () => {
    fc.assert(
      fc.property(fc.array(fc.array(events, { maxLength: 20 }), { maxLength: 6 }), (batches) => {
        let together = createFederationState(created())
        let state = together
        for (const batch of batches) {
          const seen = structuredClone(together)
          const taken = reduceAll(together, batch)
          expect(together).toEqual(seen)
          const outcomes = batch.map((event) => {
            const result = reduce(state, event)
            if (!result.ok) return result
            state = result.value.state
            return { ok: true, value: result.value.effects }
          })
          expect(taken).toEqual({ state, outcomes })
          expect([...taken.state.clients.keys()]).toEqual([...state.clients.keys()])
          together = taken.state
        }
      }),
      { seed: 20261122, numRuns: 200 },
    )
  })

  test('[CO15] whatever happened before, an open sum closes by its deadline, and its answer lets the round go on (seed 20261122)', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (sequence) => {
        let state = createFederationState(created())
        for (const event of sequence) {
          const result = reduce(state, event)
          if (result.ok) state = result.value.state
        }
        const open = state.stage.kind === 'open' ? state.stage.open : null
        if (open?.kind !== 'question') return
        const { ask } = open.spec
        if (!open.closing) {
          const passed = after(state, { type: 'deadline-passed', at: 99_999, ask })
          expect(passed.effects).toEqual(['close-ask'])
          state = passed.state
        }
        expect(after(state, { type: 'ask-closed', at: 99_999, ask, answer: digest('3'), owners: null, slots: null }).effects).toContain('continue-round')
      }),
      { seed: 20261122, numRuns: 400 },
    )
  })
})
