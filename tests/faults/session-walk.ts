import { reduceSession, type Session, type SessionEvent } from '@shoal/client'
import { type AskId, askIdSchema, type ErrorCode, type Standing } from '@shoal/protocol'
import { type OnTransition, sessionStateNames, sessionTransitionsOf } from '@shoal/simulator/faults'

/** Where a session's machine goes from real states: at every one of them everything happens that could, and from what comes of it again, until nothing new does. */

type Happening = SessionEvent extends infer Event ? (Event extends SessionEvent ? Omit<Event, 'at'> : never) : never

/** Refusals that the machine tells apart, of each kind of answer. */
const CODES = {
  disconnected: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_SESSION_SUPERSEDED'],
  join: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_SESSION_INVALID'],
  where: ['SHOAL_ERR_CLIENT_GONE'],
  ready: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_NOT_JOINED'],
  fetch: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_MODEL_DIGEST'],
  run: ['SHOAL_ERR_PROCEDURE_FAILED', 'SHOAL_ERR_BACKEND'],
  entry: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_ASK_CLOSED'],
  upload: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_ASK_CLOSED', 'SHOAL_ERR_DUPLICATE_DIFFERS', 'SHOAL_ERR_ENVELOPE'],
  placed: ['SHOAL_ERR_CLIENT_GONE', 'SHOAL_ERR_CONFIG', 'SHOAL_ERR_NOT_JOINED', 'SHOAL_ERR_STALE_UPDATE'],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>
const SLEPT_MS = 10_000_000

const later = (ask: AskId): AskId => askIdSchema.parse(`${Number(ask.split('.')[0]) + 1}.0`)
const failuresOf = (kind: keyof typeof CODES) => CODES[kind].map((code) => ({ ok: false as const, failure: { code } }))
const DONE = { ok: true as const, value: null }

/** What was seen of sessions of one level: states, each with the event that came. */
export type Seen = readonly (readonly [Session, SessionEvent])[]

export function walkSessions(seen: Seen, onTransition: OnTransition): void {
  const known = new Set<string>()
  const standings = seen.flatMap(([, event]): Standing[] => (event.type === 'join-answered' && event.result.ok ? [event.result.value.standing] : []))
  const messages = new Map(seen.flatMap(([, event]) => (event.type === 'server-spoke' ? [[`${event.message.name}`, event.message] as const] : [])))
  const asks = seen.flatMap(([, event]) => (event.type === 'server-spoke' && event.message.name === 'ask' ? [event.message.body] : []))
  const joined = seen.find(([, event]) => event.type === 'join-answered' && event.result.ok)?.[1]
  if (joined?.type !== 'join-answered' || !joined.result.ok) return
  const { session: token, standing: first } = joined.result.value
  const services = ([0, null] as const).map((cluster) => ({
    ok: true as const,
    value: { cluster, model: first.models[0], general: first.models[0], isGeneral: false, tried: [] },
  }))
  const admissions = standings.flatMap(({ admission }) => admission ?? [])

  function* happeningsAt(session: Session): Generator<Happening> {
    const active = session.phase.kind === 'active' ? session.phase : null
    const task = active?.task ?? null
    const ask = task?.ask.ask ?? session.newest?.ask ?? askIdSchema.parse('0.0')
    const admission = session.admission?.number ?? 0
    yield { type: 'started' }
    yield { type: 'stopped' }
    yield { type: 'paused', reason: 'volunteer' }
    yield { type: 'resumed', reason: 'volunteer' }
    yield { type: 'power-changed', condition: { ...session.power, lowBattery: !session.power.lowBattery } }
    yield { type: 'sum-refuted', failure: { code: 'SHOAL_ERR_SUM_RESULT' } }
    yield { type: 'connected' }
    for (const { failure } of failuresOf('disconnected')) yield { type: 'disconnected', failure }
    for (const timer of ['link', 'task', 'ready', 'admission', 'heartbeat'] as const) yield { type: 'timer-fired', timer }
    for (const result of [
      { ok: true as const, value: { token: null, isMasked: session.isMasked } },
      { ok: true as const, value: { token, isMasked: session.isMasked } },
      ...failuresOf('run'),
    ])
      yield { type: 'prepared', result }
    yield { type: 'server-spoke', message: { name: 'superseded', body: {} } }
    yield { type: 'server-spoke', message: { name: 'ask-closed', body: { ask, code: null } } }
    yield { type: 'server-spoke', message: { name: 'durable', body: { ask } } }
    yield { type: 'server-spoke', message: { name: 'sum-frame', body: { ask, frame: new Uint8Array(0) } } }
    for (const message of messages.values()) yield { type: 'server-spoke', message }
    for (const body of asks.slice(0, 1)) yield { type: 'server-spoke', message: { name: 'ask', body: { ...body, ask: later(ask) } } }
    const { view } = session
    if (view !== null) yield { type: 'server-spoke', message: { name: 'view', body: { ...view, version: view.version + 1, lifecycle: 'finished' } } }
    for (const next of admissions.slice(0, 1)) {
      const partition = (session.admission?.message.partition ?? 0) + 1
      for (const cluster of [null, 0]) yield { type: 'server-spoke', message: { name: 'admission', body: { ...next, partition, cluster } } }
    }
    for (const standing of standingsAt(session)) {
      yield { type: 'join-answered', result: { ok: true, value: { session: token, standing } } }
      yield { type: 'where-answered', result: { ok: true, value: standing } }
    }
    for (const result of failuresOf('join')) yield { type: 'join-answered', result }
    for (const result of failuresOf('where')) yield { type: 'where-answered', result }
    for (const result of [DONE, ...failuresOf('ready')]) yield { type: 'ready-answered', result }
    for (const result of [DONE, ...failuresOf('fetch')]) {
      yield { type: 'models-fetched', ask, result }
      yield { type: 'admission-fetched', admission, result }
    }
    for (const result of [DONE, ...failuresOf('run')]) {
      for (const of of [ask, askIdSchema.parse('0.99')]) yield { type: 'procedure-ended', ask: of, result }
      yield { type: 'procedures-reopened', result }
      yield { type: 'contribution-sealed', ask, epoch: task !== null && 'epoch' in task.step ? task.step.epoch : 0, result }
    }
    for (const result of [...services, ...failuresOf('run')]) {
      yield { type: 'admission-ended', admission, result }
      yield { type: 'admission-ended', admission: admission + 1, result }
    }
    for (const result of [DONE, ...failuresOf('entry')]) yield { type: 'sum-entered', ask, result }
    yield { type: 'sum-failed', ask, failure: { code: 'SHOAL_ERR_SUM_MANIFEST' } }
    for (const stage of ['agreeing', 'masking', 'given', 'opened'] as const) yield { type: 'sum-advanced', ask, stage }
    for (const received of ['received', 'durable'] as const)
      yield { type: 'upload-answered', ask, upload: task?.uploads ?? 0, result: { ok: true, value: { received } } }
    for (const result of failuresOf('upload')) yield { type: 'upload-answered', ask, upload: task?.uploads ?? 0, result }
    // Answers of a link that is gone are told to nobody.
    if (active?.link.kind === 'joined') for (const result of [DONE, ...failuresOf('placed')]) yield { type: 'placed-answered', admission, result }
  }

  /** What the server may say of where this client stands. */
  function* standingsAt(session: Session): Generator<Standing> {
    const [standing] = standings
    if (standing === undefined) return
    const task = session.phase.kind === 'active' ? session.phase.task : null
    const own = task?.ask ?? null
    const other = asks[0] === undefined ? null : { ...asks[0], ask: later(own?.ask ?? session.newest?.ask ?? asks[0].ask) }
    const placing = session.admission?.step.kind === 'placing' ? session.admission.step.cluster : null
    for (const ask of [null, own, other])
      for (const received of ask === null ? (['nothing'] as const) : (['nothing', 'received', 'durable'] as const))
        yield { ...standing, ask, received, admission: session.admission?.message ?? null }
    yield { ...standing, ask: own, received: 'nothing', aggregatorKey: { ...standing.aggregatorKey, epoch: standing.aggregatorKey.epoch + 1 } }
    const found = session.admission === null || placing === null ? [] : [{ ...session.admission.message, cluster: placing }]
    for (const cluster of [null, placing, 1])
      for (const admission of [session.admission?.message ?? null, ...admissions.slice(0, 1), ...found, null])
        yield { ...standing, ask: own, received: 'nothing', cluster, admission }
    const newest = admissions.slice(0, 1).map((admission) => ({ ...admission, partition: (session.admission?.message.partition ?? 0) + 1 }))
    for (const admission of [null, ...newest])
      yield { ...standing, ask: null, received: 'nothing', admission, view: { ...standing.view, lifecycle: 'finished' } }
  }

  const frontier: Session[] = []
  const meet = (session: Session): void => {
    const names = sessionStateNames(session).filter((name) => !known.has(name))
    if (names.length === 0) return
    for (const name of names) known.add(name)
    frontier.push(session)
  }
  for (const [session] of seen) meet(session)
  for (let session = frontier.pop(); session !== undefined; session = frontier.pop()) {
    for (const happening of happeningsAt(session)) {
      const event = { ...happening, at: SLEPT_MS } as SessionEvent
      for (const taken of sessionTransitionsOf(session, event)) onTransition(taken)
      meet(reduceSession(session, event).session)
    }
  }
}
