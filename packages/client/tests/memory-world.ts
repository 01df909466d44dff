import { createHash } from 'node:crypto'
import {
  type ClientEvent,
  type Contribution,
  type Digest,
  digestSchema,
  type Failure,
  type Finding,
  failed,
  type Result,
  type ServerEvent,
  type SignedPolicy,
  type Standing,
  succeeded,
} from '@shoal/protocol'
import {
  createVolunteerSession,
  type DeviceStorage,
  type PowerCondition,
  type ProcedureCall,
  type Procedures,
  type Sealer,
  type SessionPorts,
  type Timers,
  type Transport,
  type TransportHandlers,
  type Upload,
  type VolunteerSession,
} from '../src/index.ts'
import { FEDERATION, INVITE, POLICY, standingOf, tokenOf } from './samples.ts'

/** Masked sums are tried with the real coordinator, in the simulator. */
const unusedMasker: Sealer['masker'] = {
  suites: [1, 2],
  join: () => {
    throw new Error('no sum is masked here')
  },
  postRow: () => new Uint32Array(0),
}

/** Every port in memory. The test is the server, the clock and the device. */

/** Lets all promises settle that wait for nothing but each other. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

export const sha256Of = (bytes: Uint8Array): Digest => digestSchema.parse(createHash('sha256').update(bytes).digest('hex'))

export interface VirtualTimers extends Timers {
  advance(ms: number): Promise<void>
  /** The clock goes on and no timer fires; those that are due fire afterwards. */
  sleep(ms: number): Promise<void>
}

export function createVirtualTimers(): VirtualTimers {
  let now = 0
  const pending = new Set<{ at: number; callback: () => void }>()
  const timers: VirtualTimers = {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback }
      pending.add(timer)
      return { cancel: () => void pending.delete(timer) }
    },
    async advance(ms) {
      const end = now + ms
      for (;;) {
        const next = [...pending].sort((a, b) => a.at - b.at).find((timer) => timer.at <= end)
        if (next === undefined) break
        pending.delete(next)
        now = Math.max(now, next.at)
        next.callback()
        await settle()
      }
      now = end
    },
    sleep(ms) {
      now += ms
      return timers.advance(0)
    },
  }
  return timers
}

/** The far end of a transport: records what comes, answers as it is told. */
export interface MemoryServer {
  readonly transport: Transport
  /** Links opened and not closed by either side. */
  isConnected(): boolean
  readonly heard: ClientEvent[]
  readonly uploads: Upload[]
  readonly fetched: Digest[]
  links: number
  models: Map<Digest, Uint8Array>
  answer(event: ClientEvent): Result<unknown> | Promise<Result<unknown>>
  receive(upload: Upload): Result<{ received: 'received' | 'durable' }> | Promise<Result<{ received: 'received' | 'durable' }>>
  accept(): void
  say(event: ServerEvent): void
  drop(failure?: Failure): void
  /** Accept, challenge, and let the client join. */
  welcome(): Promise<void>
}

export function createMemoryServer(): MemoryServer {
  let handlers: TransportHandlers | null = null
  const unanswered = new Set<(result: Result<unknown>) => void>()
  const hangUp = (): TransportHandlers | null => {
    const closing = handlers
    handlers = null
    for (const resolve of unanswered) resolve(failed('SHOAL_ERR_CLIENT_GONE'))
    unanswered.clear()
    return closing
  }
  const server: MemoryServer = {
    heard: [],
    uploads: [],
    fetched: [],
    links: 0,
    models: new Map(),
    isConnected: () => handlers !== null,
    answer: (event) => succeeded(event.name === 'join' || event.name === 'where' ? { session: tokenOf('s'), standing: standingOf() } : null),
    receive: () => succeeded({ received: 'received' }),
    accept: () => handlers?.onConnected(),
    say: (event) => handlers?.onEvent(structuredClone(event)),
    drop: (failure = { code: 'SHOAL_ERR_CLIENT_GONE' }) => hangUp()?.onDisconnected(failure),
    async welcome() {
      server.accept()
      server.say({ name: 'challenge', body: { nonce: `nonce-${server.links}` } })
      await settle()
    },
    transport: {
      connect(opened) {
        if (handlers !== null) throw new Error('two links at once')
        handlers = opened
        server.links += 1
      },
      send(event) {
        if (handlers === null) return Promise.resolve(failed('SHOAL_ERR_CLIENT_GONE'))
        server.heard.push(structuredClone(event))
        return new Promise((resolve) => {
          unanswered.add(resolve)
          void Promise.resolve(server.answer(event)).then((result) => {
            unanswered.delete(resolve)
            resolve(structuredClone(result))
          })
        })
      },
      fetchModel(digest) {
        server.fetched.push(digest)
        const bytes = server.models.get(digest)
        return Promise.resolve(bytes === undefined ? failed('SHOAL_ERR_INTERNAL') : succeeded(bytes.slice()))
      },
      async putContribution(upload) {
        server.uploads.push(upload)
        return await server.receive(upload)
      },
      close: () => void hangUp(),
    },
  }
  return server
}

/** Answers `join` and `where` with this standing, everything else with success. */
export const standingAnswers =
  (standing: () => Standing) =>
  (event: ClientEvent): Result<unknown> => {
    if (event.name === 'join') return succeeded({ session: tokenOf('s'), standing: standing() })
    return succeeded(event.name === 'where' ? standing() : null)
  }

export interface MemoryProcedures extends Procedures {
  readonly calls: ProcedureCall[]
  readonly running: { call: ProcedureCall; onProgress: (share: number) => void; end: (result: Result<Contribution | Finding>) => void }[]
  roundsEnded: number
  /** Whether `cancel` ends the run at once; else the test does. */
  obeysAtOnce: boolean
  /** The losses after which it was opened anew. */
  readonly reopened: number[]
  /** What comes of that. */
  reopening: () => Promise<Result<unknown>>
}

export const contributionOf = (...entries: number[]): Contribution => ({ kind: 'parts', parts: [{ block: 0, vector: Float32Array.from(entries), weight: 7 }] })

/** Tried: the first model, and the one that stands `cluster` + 1 places further. */
export const findingOf = (cluster: number, patch: Partial<Finding> = {}): Finding => ({
  kind: 'finding',
  cluster,
  serves: cluster + 1,
  tried: [
    { model: 0, accuracy: 0.5, loss: 1 },
    { model: cluster + 1, accuracy: 0.9, loss: 0.2 },
  ],
  ...patch,
})

export function createMemoryProcedures(): MemoryProcedures {
  const procedures: MemoryProcedures = {
    calls: [],
    running: [],
    roundsEnded: 0,
    obeysAtOnce: true,
    reopened: [],
    reopening: () => Promise.resolve(succeeded(null)),
    reopen(loss) {
      if (procedures.running.length > 0) throw new Error('opened anew during a run')
      procedures.reopened.push(loss)
      return procedures.reopening()
    },
    run(call, onProgress) {
      if (procedures.running.length > 0) throw new Error('two runs at once')
      procedures.calls.push(call)
      return new Promise((resolve) => {
        const run = {
          call,
          onProgress,
          end: (result: Result<Contribution | Finding>) => {
            procedures.running.splice(procedures.running.indexOf(run), 1)
            resolve(result)
          },
        }
        procedures.running.push(run)
      })
    },
    endRound() {
      if (procedures.running.length > 0) throw new Error('round ended during a run')
      procedures.roundsEnded += 1
    },
    cancel() {
      if (procedures.obeysAtOnce) procedures.running[0]?.end(failed('SHOAL_ERR_CLIENT_GONE', 'cancelled'))
    },
  }
  return procedures
}

export interface MemoryStorage extends DeviceStorage {
  readonly values: Map<string, string>
  readonly models: Map<Digest, Uint8Array>
}

export function createMemoryStorage(): MemoryStorage {
  const values = new Map<string, string>()
  const models = new Map<Digest, Uint8Array>()
  return {
    values,
    models,
    load: async (key) => values.get(key) ?? null,
    save: async (key, value) => void values.set(key, value),
    loadModel: async (digest) => models.get(digest) ?? null,
    saveModel: async (digest, bytes) => void models.set(digest, bytes),
    async pruneModels(keep) {
      for (const digest of [...models.keys()]) if (!keep.includes(digest)) models.delete(digest)
    },
  }
}

/** Signs with the word "good", and seals by putting the number of the sealing and the epoch before the frame. */
export function createPlainSealer(): Sealer {
  let sealings = 0
  return {
    identity: 'identity',
    masker: unusedMasker,
    prove: (nonce) => `proof-of-${nonce}`,
    verifyPolicy: (policy, federationKey) =>
      policy.signature === 'good' && policy.federationKey === federationKey
        ? succeeded({ policy: JSON.parse(policy.text), hash: 'hash' })
        : failed('SHOAL_ERR_POLICY_UNVERIFIED'),
    verifyAggregatorKey: (key) => (key.signature === 'good' ? succeeded(key) : failed('SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED')),
    async seal({ aggregatorKey, frame }) {
      sealings += 1
      return Uint8Array.from([sealings, 0, 0, 0, aggregatorKey.epoch, 0, 0, 0, ...frame])
    },
    digest: async (bytes) => sha256Of(bytes),
    randomWords: (count) => new Uint32Array(count).fill(2 ** 31),
  }
}

export const signedPolicy = (patch: Partial<SignedPolicy> = {}): SignedPolicy => ({
  text: JSON.stringify(POLICY),
  federationKey: 'federation-key',
  signature: 'good',
  ...patch,
})

export interface MemoryWorld {
  readonly server: MemoryServer
  readonly timers: VirtualTimers
  readonly procedures: MemoryProcedures
  readonly storage: MemoryStorage
  readonly session: VolunteerSession
  setPower(condition: Partial<PowerCondition>): void
}

export function createMemoryWorld(
  patch: { ports?: Partial<SessionPorts>; policy?: SignedPolicy; storage?: MemoryStorage; isGuest?: boolean } = {},
): MemoryWorld {
  const server = createMemoryServer()
  const timers = createVirtualTimers()
  const procedures = createMemoryProcedures()
  const storage = patch.storage ?? createMemoryStorage()
  let condition: PowerCondition = { hidden: false, onBattery: false, lowBattery: false, frozen: false, inUse: false }
  let onPower: (condition: PowerCondition) => void = () => undefined
  const power: SessionPorts['power'] = {
    subscribe(listener) {
      onPower = listener
      listener(condition)
      return () => {
        onPower = () => undefined
      }
    },
  }
  const ports = { transport: server.transport, procedures, storage, timers, sealer: createPlainSealer(), power, ...patch.ports }
  const session = createVolunteerSession(ports, {
    federation: FEDERATION,
    invite: INVITE,
    federationKey: 'federation-key',
    policy: patch.policy ?? signedPolicy(),
    isGuest: patch.isGuest ?? false,
  })
  return {
    server,
    timers,
    procedures,
    storage,
    session,
    setPower(changes) {
      condition = { ...condition, ...changes }
      onPower(condition)
    },
  }
}

/** A world whose client has joined, with an answer for everything. */
export async function joinedWorld(
  standing: Partial<Standing> | (() => Partial<Standing>) = {},
  patch: Parameters<typeof createMemoryWorld>[0] = {},
): Promise<MemoryWorld> {
  const world = createMemoryWorld(patch)
  world.server.answer = standingAnswers(() => standingOf(typeof standing === 'function' ? standing() : standing))
  world.session.start()
  await settle()
  await world.server.welcome()
  return world
}
