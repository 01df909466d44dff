import { type AskMessage, ERRORS, type ErrorCode, failed, type Lifecycle, type Result, type ServerEvent, type Standing, succeeded } from '@shoal/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { admissionOf, askOf, digestSample, FEDERATION, keyOf, standingOf, tokenOf, viewOf } from '../tests/samples.ts'
import type { Service } from './service.ts'
import type { SessionEffect, TimerName } from './session-effect.ts'
import type { Happening, SessionEvent } from './session-event.ts'
import { reduce } from './session-machine.ts'
import { describeSession, initialSession, pausesOf, type Session } from './session-state.ts'

const SEED = 20_240_611

const codes = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]))
const retryableCodes = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].retryable))

/** The asks of a federation in order, two in a round. A history names them relative to the newest that the client knows. */
const askNumber = (number: number): AskMessage => askOf(number >> 1, number & 1, { of: number & 1 ? 'train' : null })
const numberOf = ({ newest }: Session): number => {
  const [round = 0, index = 0] = (newest?.ask ?? '0.0').split('.').map(Number)
  return 2 * round + index
}
type About<T> = (ask: AskMessage) => T

const lifecycles = fc.constantFrom<Lifecycle[]>('created', 'running', 'running', 'running', 'paused')
const views = fc.record({ version: fc.nat(5), lifecycle: lifecycles }).map(viewOf)
const admissions = fc.record({ partition: fc.nat(3), cluster: fc.constantFrom(null, null, 0, 1) }).map((patch) => admissionOf(patch.partition, patch))
const standings: fc.Arbitrary<About<Standing>> = fc
  .record({
    view: views,
    aggregatorKey: fc.integer({ min: 1, max: 2 }).map(keyOf),
    received: fc.constantFrom<Standing['received'][]>('nothing', 'nothing', 'nothing', 'received', 'durable'),
    hasAsk: fc.constantFrom(true, true, true, false),
    admission: fc.oneof(fc.constant(null), admissions),
  })
  .map(
    ({ hasAsk, admission, ...standing }) =>
      (ask) =>
        standingOf({ ...standing, ask: hasAsk ? ask : null, cluster: admission === null ? 0 : admission.cluster, admission }),
  )
const outcomes = (failures: fc.Arbitrary<ErrorCode>): fc.Arbitrary<Result<null>> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(succeeded(null)) }, { weight: 1, arbitrary: failures.map((code) => failed(code)) })
const ifOk = <T>(outcome: Result<null>, value: T): Result<T> => (outcome.ok ? succeeded(value) : outcome)

const messages: fc.Arbitrary<About<ServerEvent>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<About<ServerEvent>>((body) => ({ name: 'ask', body })) },
  fc.constant<About<ServerEvent>>(() => ({ name: 'challenge', body: { nonce: 'nonce' } })),
  admissions.map(
    (body): About<ServerEvent> =>
      () => ({ name: 'admission', body }),
  ),
  fc.constant<About<ServerEvent>>(({ ask }) => ({ name: 'durable', body: { ask } })),
  fc.constant<About<ServerEvent>>(({ ask }) => ({ name: 'ask-closed', body: { ask, code: null } })),
  views.map(
    (body): About<ServerEvent> =>
      () => ({ name: 'view', body }),
  ),
)
const reasons = fc.constantFrom('volunteer' as const, 'no-data' as const)

/** Things that happen by themselves; answers to effects are drawn from what is under way. */
const happenings: fc.Arbitrary<About<Happening>> = fc.oneof(
  {
    weight: 8,
    arbitrary: messages.map(
      (about): About<Happening> =>
        (ask) => ({ type: 'server-spoke', message: about(ask) }),
    ),
  },
  retryableCodes.map(
    (code): About<Happening> =>
      () => ({ type: 'disconnected', failure: { code } }),
  ),
  {
    weight: 2,
    arbitrary: fc.constantFrom<TimerName[]>('link', 'task', 'ready', 'admission', 'heartbeat').map(
      (timer): About<Happening> =>
        () => ({ type: 'timer-fired', timer }),
    ),
  },
  reasons.map(
    (reason): About<Happening> =>
      () => ({ type: 'paused', reason }),
  ),
  {
    weight: 6,
    arbitrary: reasons.map(
      (reason): About<Happening> =>
        () => ({ type: 'resumed', reason }),
    ),
  },
  { weight: 3, arbitrary: fc.constant<About<Happening>>(() => ({ type: 'started' })) },
  fc.constantFrom<Happening[]>({ type: 'stopped' }, { type: 'server-spoke', message: { name: 'superseded', body: {} } }).map(
    (end): About<Happening> =>
      () =>
        end,
  ),
  fc
    .record({
      hidden: fc.boolean(),
      onBattery: fc.boolean(),
      lowBattery: fc.constantFrom(false, false, false, false, false, true),
      frozen: fc.constant(false),
      inUse: fc.boolean(),
    })
    .map(
      (condition): About<Happening> =>
        () => ({ type: 'power-changed', condition }),
    ),
  fc.record({ onlyWhenCharging: fc.constantFrom(false, false, true), onlyWhenIdle: fc.constantFrom(false, false, true) }).map(
    (conditions): About<Happening> =>
      () => ({ type: 'conditions-set', conditions }),
  ),
  // Answers that nobody waits for, or that wait no more.
  outcomes(codes).map(
    (result): About<Happening> =>
      ({ ask }) => ({ type: 'models-fetched', ask, result }),
  ),
  fc.record({ upload: fc.nat(3), outcome: outcomes(codes) }).map(
    ({ upload, outcome }): About<Happening> =>
      ({ ask }) => ({ type: 'upload-answered', ask, upload, result: ifOk(outcome, { received: 'received' }) }),
  ),
  fc.record({ admission: fc.nat(5), outcome: outcomes(codes) }).map(
    ({ admission, outcome }): About<Happening> =>
      () => ({ type: 'placed-answered', admission, result: outcome }),
  ),
  fc.record({ standing: standings, outcome: outcomes(retryableCodes) }).map(
    ({ standing, outcome }): About<Happening> =>
      (ask) => ({ type: 'where-answered', result: ifOk(outcome, standing(ask)) }),
  ),
)

interface Step {
  readonly alone: About<Happening>
  /** How far the ask it is about lies from the newest. */
  readonly distance: number
  /** Whether an effect under way is answered instead, and which. */
  readonly answers: boolean
  readonly which: number
  readonly standing: About<Standing>
  readonly outcome: Result<null>
  /** The cluster that a finding comes to. */
  readonly cluster: number | null
  /** Whether a run is lost with what computes. */
  readonly isLost: boolean
  readonly uploadOutcome: Result<null>
  readonly received: 'received' | 'durable'
}
const steps: fc.Arbitrary<Step> = fc.record({
  alone: happenings,
  distance: fc.constantFrom(-1, 0, 0, 0, 0, 1, 1, 2),
  answers: fc.constantFrom(true, true, true, false),
  which: fc.nat(),
  standing: standings,
  outcome: outcomes(retryableCodes),
  cluster: fc.constantFrom(0, null, null),
  isLost: fc.constantFrom(false, false, false, true),
  uploadOutcome: fc.oneof(
    outcomes(codes),
    fc.constantFrom<ErrorCode[]>('SHOAL_ERR_ENVELOPE', 'SHOAL_ERR_NOT_JOINED', 'SHOAL_ERR_STORE_FAILED').map((code) => failed(code)),
  ),
  received: fc.constantFrom('received' as const, 'durable' as const),
})

const LOSS: Result<null> = failed('SHOAL_ERR_BACKEND')
const serviceIn = (cluster: number | null): Service => ({ cluster, model: digestSample('a'), general: digestSample('b'), isGeneral: false, tried: [] })

/** Carries out a session's effects in the abstract, and checks at each what must never happen. */
function createWatch(session: Session, count: (what: string) => void) {
  let now = session
  let at = 0
  let isVerified = false
  let running: string | null = null
  const ran = new Set<string>()
  const lost = new Set<string>()
  const made = new Set<string>()
  const found = new Set<number>()
  const sealedFor = new Map<string, number>()
  const underWay: ((step: Step, ask: AskMessage) => Happening)[] = []

  function watch(effect: SessionEffect): void {
    count(effect.type)
    if (!isVerified) expect(['prepare', 'stop-timer', 'disconnect']).toContain(effect.type)
    switch (effect.type) {
      case 'prepare':
        underWay.push(() => ({ type: 'prepared', result: succeeded({ token: null, isMasked: false }) }))
        return
      case 'connect':
        underWay.push(() => {
          underWay.push(() => ({ type: 'server-spoke', message: { name: 'challenge', body: { nonce: 'nonce' } } }))
          return { type: 'connected' }
        })
        return
      case 'send-join':
        underWay.push(({ outcome, standing }, ask) => ({ type: 'join-answered', result: ifOk(outcome, { session: tokenOf('s'), standing: standing(ask) }) }))
        return
      case 'send-where':
        underWay.push(({ outcome, standing }, ask) => ({ type: 'where-answered', result: ifOk(outcome, standing(ask)) }))
        return
      case 'fetch-models':
        expect(now.isGuest).toBe(false)
        underWay.push(({ outcome }) => ({ type: 'models-fetched', ask: effect.ask, result: outcome }))
        return
      case 'run-procedure': {
        const { ask } = effect.ask
        expect(running).toBe(null)
        expect(ran.has(ask) && !lost.delete(ask)).toBe(false)
        running = ask
        ran.add(ask)
        underWay.push(({ outcome, isLost }) => ({ type: 'procedure-ended', ask, result: isLost ? LOSS : outcome }))
        return
      }
      case 'reopen-procedures':
        expect(running).toBe(null)
        running = 'reopening'
        underWay.push(({ outcome }) => {
          running = null
          return { type: 'procedures-reopened', result: outcome }
        })
        return
      case 'fetch-admission':
        expect(pausesOf(now)).toEqual([])
        underWay.push(({ outcome }) => ({ type: 'admission-fetched', admission: effect.admission, result: outcome }))
        return
      case 'run-admission': {
        const { admission } = effect
        expect(running).toBe(null)
        expect(pausesOf(now)).toEqual([])
        running = `admission ${admission}`
        underWay.push(({ outcome, cluster }) => ({ type: 'admission-ended', admission, result: ifOk(outcome, serviceIn(cluster)) }))
        return
      }
      case 'send-ready':
        expect(effect.ready && now.isGuest).toBe(false)
        underWay.push(({ outcome }) => ({ type: 'ready-answered', result: outcome }))
        return
      case 'send-placed':
        expect(now.isGuest).toBe(false)
        if (effect.cluster === null) count('send-placed null')
        expect(found.has(effect.admission)).toBe(true)
        expect(now.admission?.message).toMatchObject({ partition: effect.partition, cluster: null })
        underWay.push(({ uploadOutcome }) => ({ type: 'placed-answered', admission: effect.admission, result: uploadOutcome }))
        return
      case 'end-round':
        expect(running).toBe(null)
        return
      case 'seal-contribution': {
        const { ask, aggregatorKey } = effect
        expect(made.has(ask)).toBe(true)
        sealedFor.set(ask, aggregatorKey.epoch)
        underWay.push(({ outcome }) => ({ type: 'contribution-sealed', ask, epoch: aggregatorKey.epoch, result: outcome }))
        return
      }
      case 'upload-contribution':
        expect(sealedFor.has(effect.ask)).toBe(true)
        underWay.push(({ uploadOutcome, received }) => ({
          type: 'upload-answered',
          ask: effect.ask,
          upload: effect.upload,
          result: ifOk(uploadOutcome, { received }),
        }))
        return
      case 'forget-ask':
        made.delete(effect.ask)
        sealedFor.delete(effect.ask)
        return
    }
  }

  return {
    session: () => now,
    happen(happening: Happening): void {
      at += 1
      if (happening.type === 'prepared' && now.phase.kind === 'preparing') isVerified = happening.result.ok
      if (happening.type === 'procedure-ended') {
        if (happening.result.ok && running === happening.ask) made.add(happening.ask)
        if (running === happening.ask) running = null
        if (happening.result === LOSS) lost.add(happening.ask)
      }
      if (happening.type === 'admission-ended') {
        if (happening.result.ok) found.add(happening.admission)
        running = null
      }
      const event: SessionEvent = { ...happening, at }
      const before = JSON.stringify(now)
      const moved = reduce(now, event)
      expect(JSON.stringify(now)).toBe(before)
      expect(reduce(now, event)).toEqual(moved)
      now = moved.session
      describeSession(now)
      for (const effect of moved.effects) watch(effect)
    },
    take(step: Step): void {
      const [answer] = step.answers && underWay.length > 0 ? underWay.splice(step.which % underWay.length, 1) : []
      const ask = askNumber(Math.max(0, numberOf(now) + step.distance))
      this.happen(answer === undefined ? step.alone(ask) : answer(step, ask))
    },
  }
}

test(`[CL18] [CL21] [CL28] [CL37] [CL40] [CL47] [CL74] [CL77] [CL78] any history (seed ${SEED}): one run at a time, one contribution per ask, none of a guest's, and a way back`, () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(
      fc.array(steps, { minLength: 1, maxLength: 250, size: 'max' }),
      standings,
      fc.constantFrom(false, false, false, false, false, true),
      (history, standing, isGuest) => {
        const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
        const watch = createWatch(initialSession(FEDERATION, 'seed', isGuest), count)
        watch.happen({ type: 'started' })
        for (const step of history) {
          watch.take(step)
          const shown = describeSession(watch.session())
          count(shown.kind === 'waiting' ? `waiting ${shown.why.kind}` : shown.kind)
        }
        const { kind } = describeSession(watch.session())
        if (kind === 'refused' || kind === 'finished') return
        if (kind === 'stopped' || kind === 'superseded') watch.happen({ type: 'started' })
        watch.happen({ type: 'prepared', result: succeeded({ token: null, isMasked: false }) })
        watch.happen({ type: 'disconnected', failure: { code: 'SHOAL_ERR_CLIENT_GONE' } })
        watch.happen({ type: 'timer-fired', timer: 'link' })
        watch.happen({ type: 'connected' })
        watch.happen({ type: 'server-spoke', message: { name: 'challenge', body: { nonce: 'n' } } })
        watch.happen({ type: 'join-answered', result: succeeded({ session: tokenOf('s'), standing: standing(askNumber(numberOf(watch.session()) + 1)) }) })
        expect(['waiting', 'working', 'paused']).toContain(describeSession(watch.session()).kind)
      },
    ),
    { seed: SEED, numRuns: 200 },
  )
  // The histories reach every state and every effect that the rules above are about.
  const reached = [
    'waiting between-asks',
    'waiting guest',
    'working',
    'paused',
    'offline',
    'joining',
    'superseded',
    'stopped',
    'run-procedure',
    'cancel-procedure',
    'end-round',
    'seal-contribution',
  ]
  for (const what of [
    ...reached,
    'upload-contribution',
    'send-sit-out',
    'send-where',
    'fetch-admission',
    'run-admission',
    'send-placed',
    'send-placed null',
    'reopen-procedures',
  ])
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(20)
  expect(seen.get('waiting pending') ?? 0).toBeGreaterThan(5)
})

test(`[CL1] any history (seed ${SEED}) under an unverified policy begins nothing`, () => {
  fc.assert(
    fc.property(fc.array(happenings, { maxLength: 60 }), (history) => {
      let session = reduce(initialSession(FEDERATION, 'seed'), { type: 'started', at: 0 }).session
      session = reduce(session, { type: 'prepared', result: failed('SHOAL_ERR_POLICY_UNVERIFIED'), at: 0 }).session
      for (const happening of history) {
        const moved = reduce(session, { ...happening(askNumber(0)), at: 1 })
        expect(moved.effects).toEqual([])
        session = moved.session
      }
      expect(describeSession(session)).toMatchObject({ kind: 'refused' })
    }),
    { seed: SEED, numRuns: 200 },
  )
})
