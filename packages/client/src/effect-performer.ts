import {
  type AdmissionMessage,
  type AggregatorKey,
  type AskId,
  type AskMessage,
  type Contribution,
  type Digest,
  type Finding,
  failed,
  type ProcedureName,
  type Result,
  type SessionToken,
  sessionTokenSchema,
  succeeded,
} from '@shoal/protocol'
import { type Comparison, compareSealed } from './comparison.ts'
import { consentKeyOf } from './consent-key.ts'
import { frameContribution } from './contribution-frame.ts'
import { cutContribution, objectsOf, wholeModels } from './model-delivery.ts'
import { createModelShelf } from './model-shelf.ts'
import type { OutboxRecorder } from './outbox.ts'
import { outcomeOf } from './outcome.ts'
import type { ProcedureCall, SessionPorts } from './ports.ts'
import { serviceOf } from './service.ts'
import type { SessionEffect, TimerName } from './session-effect.ts'
import type { Happening } from './session-event.ts'
import { createSessionLink } from './session-link.ts'
import type { SessionOptions } from './session-options.ts'
import { createSumDesk } from './sum-desk.ts'
import type { SumFindings } from './sum-findings.ts'

/** What is held for one ask until the machine says to forget it. */
interface Holding {
  readonly fetching: AbortController
  made: { readonly ask: AskMessage; readonly contribution: Contribution } | null
  frame: Uint8Array | null
  /** The epoch that was last sealed for; what an earlier sealing still brings is dropped. */
  epoch: number | null
  sealed: { readonly body: Uint8Array; readonly digest: Digest; readonly comparison: Comparison | null } | null
}

export interface EffectPerformer {
  /** Begins an effect. What comes of it is told later, never by a throw. */
  perform(effect: SessionEffect): void
  /** Resolves when the last `leave` is through. */
  goodbye(): Promise<void>
  /** What was found of the last masked sums. */
  sums(): readonly SumFindings[]
  /** A model by its digest, from this device or else from the server. */
  model(digest: Digest, signal: AbortSignal): Promise<Result<Float32Array>>
}

export function createEffectPerformer(
  ports: SessionPorts,
  options: SessionOptions,
  outbox: OutboxRecorder,
  tell: (happening: Happening) => void,
): EffectPerformer {
  const { transport, procedures, storage, timers, sealer } = ports
  const { federation, federationKey, policy } = options
  const shelf = createModelShelf(ports, outbox)
  const link = createSessionLink(ports, options, outbox, tell)
  const holdings = new Map<AskId, Holding>()
  const sums = createSumDesk({ ports, options, outbox, link, tell })
  const running = new Map<TimerName, { cancel(): void }>()
  let admissionFetch: AbortController | null = null
  let policyHash = ''
  let goodbye = Promise.resolve()

  async function prepare(): Promise<Result<{ token: SessionToken | null; isMasked: boolean }>> {
    const verified = sealer.verifyPolicy(policy, federationKey)
    if (!verified.ok) return verified
    if (verified.value.policy.federation !== federation) return failed('SHOAL_ERR_POLICY_UNVERIFIED', "the policy is another federation's")
    policyHash = verified.value.hash
    await storage.save(consentKeyOf(federation), policyHash).catch(() => undefined)
    const stored = sessionTokenSchema.safeParse(await storage.load(tokenKeyOf(federation)).catch(() => null))
    const isMasked = verified.value.policy.privacy.level !== 'sealed'
    if (isMasked) await sums.open(verified.value)
    return succeeded({ token: stored.success ? stored.data : null, isMasked })
  }

  function startTimer(timer: TimerName, delayMs: number): void {
    running.get(timer)?.cancel()
    const started = timers.after(delayMs, () => {
      running.delete(timer)
      tell({ type: 'timer-fired', timer })
    })
    running.set(timer, started)
  }

  function stopTimer(timer: TimerName): void {
    running.get(timer)?.cancel()
    running.delete(timer)
  }

  async function fetchModels(ask: AskId, models: readonly Digest[]): Promise<void> {
    outbox.turnTo(ask)
    const holding = holdings.get(ask) ?? { fetching: new AbortController(), made: null, frame: null, epoch: null, sealed: null }
    holdings.set(ask, holding)
    tell({ type: 'models-fetched', ask, result: await outcomeOf(() => shelf.bring(models, holding.fetching.signal)) })
  }

  /** Runs a procedure over models and vectors that were brought before. */
  function run(
    {
      models,
      trunk,
      joined,
      vectors,
      fallback,
      ...call
    }: Omit<ProcedureCall, 'models' | 'vectors' | 'fallback'> &
      Pick<AskMessage, 'models' | 'trunk' | 'joined' | 'vectors'> &
      Pick<AdmissionMessage, 'fallback'>,
    onProgress: (share: number) => void,
  ): Promise<Result<Contribution | Finding>> {
    return outcomeOf(() => {
      const taken = shelf.take(objectsOf({ models, trunk, vectors }))
      if (!taken.ok) return taken
      const shared = trunk === undefined ? null : taken.value[models.length]
      const whole = wholeModels({ joined }, taken.value.slice(0, models.length), shared)
      if (!whole.ok) return whole
      const general = shelf.take(fallback === undefined ? [] : [fallback])
      if (!general.ok) return general
      const besides = general.value[0] === undefined ? {} : { fallback: general.value[0] }
      return procedures.run({ ...call, ...besides, models: whole.value, vectors: taken.value.slice(taken.value.length - vectors.length) }, onProgress)
    })
  }

  async function runProcedure(message: AskMessage): Promise<void> {
    const { ask, kind, procedure, args, models, trunk, joined, vectors, block, of, cluster, seed, maxWeight } = message
    const result = await outcomeOf(async () => {
      const own = message.labels === null ? { models, block } : labelled(message, message.labels)
      if (own === null) return failed('SHOAL_ERR_NO_BLOCK', 'its row has no label')
      const call = { procedure, kind, args, trunk, joined, vectors, of, cluster, seed, maxWeight, ...own }
      const made = await run(call, (share) => tell({ type: 'procedure-progressed', ask, share }))
      if (!made.ok) return made
      return made.value.kind === ANSWERS[kind] ? succeeded(cutContribution(message, made.value)) : wrongAnswer(procedure, made.value)
    })
    const holding = holdings.get(ask)
    if (result.ok && holding !== undefined) holding.made = { ask: message, contribution: result.value }
    tell({ type: 'procedure-ended', ask, result })
  }

  /** Where rows have no owners a client finds its own block, and the model that goes with it. */
  function labelled({ models }: AskMessage, labels: NonNullable<AskMessage['labels']>): (Pick<ProcedureCall, 'block'> & Pick<AskMessage, 'models'>) | null {
    const block = sums.labelOf(labels)
    return block === null ? null : { block, models: models.length < 2 ? models : [models[block]] }
  }

  async function fetchAdmission(admission: number, models: readonly Digest[]): Promise<void> {
    const fetching = new AbortController()
    admissionFetch = fetching
    tell({ type: 'admission-fetched', admission, result: await outcomeOf(() => shelf.bring(models, fetching.signal)) })
  }

  async function runAdmission(admission: number, message: AdmissionMessage): Promise<void> {
    const { procedure, args, models, vectors, fallback, cluster, seed } = message
    const result = await outcomeOf(async () => {
      const call = { procedure, kind: 'sum', args, models, vectors, fallback, block: null, of: null, cluster, seed, maxWeight: 1 } as const
      const made = await run(call, (share) => tell({ type: 'admission-progressed', admission, share }))
      if (!made.ok) return made
      return made.value.kind === 'finding' ? serviceOf(message, made.value) : wrongAnswer(procedure, made.value)
    })
    tell({ type: 'admission-ended', admission, result })
  }

  async function seal(ask: AskId, aggregatorKey: AggregatorKey): Promise<void> {
    const { epoch } = aggregatorKey
    const holding = holdings.get(ask)
    const result = await outcomeOf(async () => {
      if (!holding?.made) return failed('SHOAL_ERR_INTERNAL', 'no contribution is held for this ask')
      holding.epoch = epoch
      const { ask: asked, contribution } = holding.made
      holding.frame ??= frameContribution(contribution, asked.encoding === 'int8' ? { ask, words: sealer.randomWords } : null)
      const body = await sealer.seal({ aggregatorKey, federationKey, ask, policyHash, frame: holding.frame })
      const numbers = { count: entriesIn(contribution), width: asked.encoding === 'int8' && contribution.kind === 'parts' ? 1 : 4 } as const
      const sealed = { body, digest: await sealer.digest(body), comparison: compareSealed(holding.frame, body, numbers) }
      if (holding.epoch === epoch) holding.sealed = sealed
      return succeeded(epoch)
    })
    tell({ type: 'contribution-sealed', ask, epoch, result })
  }

  async function upload(ask: AskId, number: number, session: SessionToken): Promise<void> {
    const result = await outcomeOf(() => {
      const sealed = holdings.get(ask)?.sealed
      if (!sealed) return failed('SHOAL_ERR_INTERNAL', 'no sealed contribution is held for this ask')
      const { body, digest, comparison } = sealed
      outbox.sent('contribution', body, comparison)
      return transport.putContribution({ federation, ask, session, body, digest })
    })
    tell({ type: 'upload-answered', ask, upload: number, result })
  }

  function enterSum(ask: AskId, token: SessionToken): void {
    const made = holdings.get(ask)?.made
    if (made) sums.enter(made.ask, made.contribution, token)
  }

  function forget(ask: AskId): void {
    sums.forget(ask)
    holdings.get(ask)?.fetching.abort()
    holdings.delete(ask)
  }

  function perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'prepare':
        void outcomeOf(prepare).then((result) => tell({ type: 'prepared', result }))
        return
      case 'connect':
        link.connect()
        return
      case 'disconnect':
        link.disconnect()
        return
      case 'send-join':
        link.join(effect.nonce, effect.token, policyHash)
        return
      case 'send-where':
        link.where()
        return
      case 'send-ready':
        link.ready(effect.ready)
        return
      case 'send-placed':
        link.placed(effect.admission, { partition: effect.partition, cluster: effect.cluster })
        return
      case 'send-sit-out':
        outbox.trouble('sat-out', effect)
        link.sitOut({ ask: effect.ask, code: effect.code })
        return
      case 'send-leave':
        goodbye = link.leave()
        return
      case 'store-token':
        void storage.save(tokenKeyOf(federation), effect.token).catch(() => undefined)
        return
      case 'start-timer':
        startTimer(effect.timer, effect.delayMs)
        return
      case 'stop-timer':
        stopTimer(effect.timer)
        return
      case 'fetch-models':
        void fetchModels(effect.ask, effect.models)
        return
      case 'run-procedure':
        void runProcedure(effect.ask)
        return
      case 'cancel-procedure':
        procedures.cancel()
        return
      case 'reopen-procedures':
        void outcomeOf(() => procedures.reopen?.(effect.loss) ?? failed('SHOAL_ERR_BACKEND')).then((result) => tell({ type: 'procedures-reopened', result }))
        return
      case 'end-round':
        procedures.endRound()
        return
      case 'seal-contribution':
        void seal(effect.ask, effect.aggregatorKey)
        return
      case 'upload-contribution':
        void upload(effect.ask, effect.upload, effect.token)
        return
      case 'enter-sum':
        enterSum(effect.ask, effect.token)
        return
      case 'take-sum-frame':
        sums.take(effect.ask, effect.frame)
        return
      case 'fetch-sum-result':
        sums.fetchResult(effect.ask, effect.result)
        return
      case 'forget-ask':
        forget(effect.ask)
        return
      case 'fetch-admission':
        void fetchAdmission(effect.admission, effect.models)
        return
      case 'run-admission':
        void runAdmission(effect.admission, effect.message)
        return
      case 'forget-admission':
        admissionFetch?.abort()
        return
      case 'prune-models':
        void shelf.prune(effect.keep)
        return
    }
  }

  const model = (digest: Digest, signal: AbortSignal): Promise<Result<Float32Array>> =>
    outcomeOf(async () => {
      const brought = await shelf.bring([digest], signal)
      const taken = brought.ok ? shelf.take([digest]) : brought
      return taken.ok ? succeeded(taken.value[0]) : taken
    })

  return { perform, goodbye: () => goodbye, sums: sums.findings, model }
}

const entriesIn = (contribution: Contribution): number =>
  (contribution.kind === 'rows' ? contribution.rows : contribution.parts.map(({ vector }) => vector)).reduce((sum, { length }) => sum + length, 0)

const ANSWERS = { sum: 'parts', rows: 'rows' } as const

const wrongAnswer = (procedure: ProcedureName, { kind }: Contribution | Finding): Result<never> =>
  failed('SHOAL_ERR_PROCEDURE_FAILED', `${procedure} gave ${kind === 'finding' ? 'a finding' : kind}`)

const tokenKeyOf = (federation: string): string => `session/${federation}`
