import { policyOf } from '@shoal/coordinator'
import {
  createFederationKeyPair,
  createIdentity,
  fromBase64,
  loadSodium,
  policyHash,
  proveIdentity,
  sealContribution,
  signPolicy,
  toBase64,
} from '@shoal/privacy'
import {
  type AskId,
  type AskMessage,
  bytesOf,
  digestOf,
  encodeFrame,
  type Failure,
  federationIdSchema,
  inviteTokenSchema,
  joinedSchema,
  PROTOCOL_VERSION,
  type Result,
  type SessionToken,
} from '@shoal/protocol'
import type { Simulation } from '@shoal/simulator'
import { type Answer, type Ask, createAsks, STRATEGIES, type Strategy } from '@shoal/strategies'
import { describe, expect, test } from 'vitest'
import { clustersOf, configOf, expectSound, groupsOf, outcomesOf, type Planting, partitionOf, plant, SIZE } from './clustered-federation.ts'

/** One of those who are asked sends whatever it likes, over the network and sealed as it should be. It is refused by code, and nothing else changes. */

const groups = groupsOf(3, 3, 3)
const FEDERATION = federationIdSchema.parse('fed-simulation')

interface Villain {
  /** The ask that it is to answer now, when everybody else has answered. */
  nextAsk(): Promise<AskMessage>
  /** 'received', 'durable', or the code of the refusal. */
  send(ask: AskId, frame: Uint8Array): Promise<string>
  sendSealed(ask: AskId, body: Uint8Array): Promise<string>
  seal(ask: AskId, frame: Uint8Array): Promise<Uint8Array>
  leave(): void
}

async function joinAsVillain(simulation: Simulation, planting: Planting): Promise<Villain> {
  const sodium = await loadSodium()
  const { world } = simulation
  const transport = simulation.network.transport()
  const identity = createIdentity(sodium)
  // The text of a policy is the same whoever signs it.
  const hash = policyHash(sodium, signPolicy(sodium, policyOf(FEDERATION, configOf(planting)), createFederationKeyPair(sodium)).text)
  const asks: AskMessage[] = []
  let nonce = ''
  transport.connect({
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onEvent(event) {
      if (event.name === 'challenge') nonce = event.body.nonce
      if (event.name === 'ask') asks.push(event.body)
    },
  })
  async function inTime<Value>(work: Promise<Value>): Promise<Value> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    await world.runUntil(() => isDone)
    return done
  }
  const orThrow = <Value>(result: Result<Value>): Value => {
    if (!result.ok) throw new Error(result.failure.code)
    return result.value
  }
  await world.runUntil(() => nonce !== '')
  const join = {
    protocol: PROTOCOL_VERSION,
    federation: FEDERATION,
    invite: inviteTokenSchema.parse('simulated-invite'),
    session: null,
    identity: identity.publicKey,
    proof: proveIdentity(sodium, identity, { federation: FEDERATION, nonce }),
    policyHash: toBase64(sodium, hash),
  }
  const { session, standing } = joinedSchema.parse(orThrow(await inTime(transport.send({ name: 'join', body: join }))))
  orThrow(await inTime(transport.send({ name: 'ready', body: { ready: true } })))
  const aggregatorKey = { epoch: standing.aggregatorKey.epoch, publicKey: fromBase64(sodium, standing.aggregatorKey.publicKey, 32)! }

  const seal = (ask: AskId, frame: Uint8Array): Promise<Uint8Array> =>
    world.track(sealContribution({ sodium, subtle: null }, { aggregatorKey, context: { federation: FEDERATION, ask, policyHash: hash }, frame }))
  async function sendSealed(ask: AskId, body: Uint8Array): Promise<string> {
    const upload = { federation: FEDERATION, ask, session: session as SessionToken, body, digest: await digestOf(body) }
    const result = await inTime(transport.putContribution(upload))
    return result.ok ? result.value.received : result.failure.code
  }
  return {
    async nextAsk() {
      const isDue = (): boolean => {
        const { stage } = simulation.host().state()
        const open = stage.kind === 'open' && stage.open?.kind === 'question' ? stage.open : null
        return open !== null && open.spec.ask === asks.at(-1)?.ask && open.folded.size === open.asked.length - 1
      }
      expect(await world.runUntil(isDue)).toBe(true)
      return asks.at(-1)!
    },
    seal,
    sendSealed,
    send: async (ask, frame) => sendSealed(ask, await seal(ask, frame)),
    leave: transport.close,
  }
}

const unit = (axis: number): Float32Array => Float32Array.from({ length: SIZE }, (_, entry) => (entry === axis ? 1 : 0))
const rowsFrame = (rows: readonly number[], body: Float32Array): Uint8Array => encodeFrame({ rows }, bytesOf(body))
const partsFrame = (parts: readonly (readonly number[])[], body: Float32Array): Uint8Array => encodeFrame({ parts }, bytesOf(body))
const filled = (length: number, value = 0.25): Float32Array => new Float32Array(length).fill(value)
const withLast = (length: number, value: number): Float32Array => {
  const vector = filled(length)
  vector[length - 1] = value
  return vector
}

async function begun(planting: Planting): Promise<{ simulation: Simulation; villain: Villain }> {
  const simulation = await plant(planting)
  for (const session of simulation.sessions) session.start()
  const villain = await joinAsVillain(simulation, planting)
  const areReady = (): boolean => [...simulation.host().state().clients.values()].filter(({ ready }) => ready).length === groups.length + 1
  expect(await simulation.world.runUntil(areReady)).toBe(true)
  await simulation.host().dispatch({ type: 'federation-started', at: simulation.world.clock.now() })
  return { simulation, villain }
}

const config = { cohort: { fraction: 1, min: groups.length, max: groups.length + 1 }, evaluation: { onClients: false, testSet: null } }

/** Every frame is refused with its code, and the federation is the same object before and after. */
async function expectRefused(simulation: Simulation, villain: Villain, ask: AskId, frames: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  const before = simulation.host().state()
  const answers: string[] = []
  for (const [, frame] of frames) answers.push(await villain.send(ask, frame))
  expect(answers).toEqual(frames.map(([code]) => code))
  expect(simulation.host().state()).toBe(before)
}

describe('[CO41][8.6] where rows are asked', () => {
  test('parts, too many rows, none, rows of another length, and entries that are no numbers are refused; then its row counts once', async () => {
    const planting: Planting = { strategy: 'ocfl', view: 'rows', groups, seed: 'hostile rows', rounds: 3, config }
    const { simulation, villain } = await begun(planting)
    const { ask, kind, maxRows } = await villain.nextAsk()
    expect({ kind, maxRows }).toEqual({ kind: 'rows', maxRows: 1 })
    await expectRefused(simulation, villain, ask, [
      ['SHOAL_ERR_PARTS', partsFrame([[0, SIZE, 1]], unit(0))],
      ['SHOAL_ERR_PARTS', rowsFrame([SIZE, SIZE], filled(2 * SIZE))],
      ['SHOAL_ERR_PARTS', rowsFrame([], filled(0))],
      ['SHOAL_ERR_SHAPE', rowsFrame([SIZE - 1], filled(SIZE - 1))],
      ['SHOAL_ERR_SHAPE', rowsFrame([SIZE + 1], filled(SIZE + 1))],
      ['SHOAL_ERR_SHAPE', rowsFrame([SIZE], filled(SIZE - 1))],
      ['SHOAL_ERR_SHAPE', rowsFrame([SIZE], filled(SIZE + 1))],
      ['SHOAL_ERR_SHAPE', rowsFrame([-1], filled(SIZE))],
      ['SHOAL_ERR_NOT_FINITE', rowsFrame([SIZE], withLast(SIZE, Number.NaN))],
      ['SHOAL_ERR_NOT_FINITE', rowsFrame([SIZE], withLast(SIZE, Number.NEGATIVE_INFINITY))],
      ['SHOAL_ERR_NOT_FINITE', rowsFrame([SIZE], withLast(SIZE, 65))],
      ['SHOAL_ERR_MALFORMED', encodeFrame({ rows: [SIZE], parts: [] }, bytesOf(unit(0)))],
      ['SHOAL_ERR_MALFORMED', encodeFrame({ rows: 'all' }, bytesOf(unit(0)))],
      ['SHOAL_ERR_BODY_TOO_LARGE', rowsFrame([SIZE], filled(10_000))],
    ])
    // Its row, as a client of group 2 would give it. No other takes its place.
    const first = await villain.seal(ask, rowsFrame([SIZE], unit(2)))
    expect(await villain.sendSealed(ask, first)).toBe('received')
    expect(await villain.sendSealed(ask, first)).toMatch(/^(received|durable|SHOAL_ERR_ASK_CLOSED)$/)
    expect(await villain.send(ask, rowsFrame([SIZE], unit(0)))).toMatch(/^SHOAL_ERR_(DUPLICATE_DIFFERS|ASK_CLOSED)$/)
    villain.leave()
    expect(await simulation.run()).toBe(true)
    expect(outcomesOf(simulation)).toEqual(['updated', 'updated', 'updated'])
    expect(partitionOf(clustersOf(simulation))).toEqual(groups)
    await expectSound(simulation)
  })
})

describe('[CO22][8.6] where sums are asked', () => {
  test('rows, other blocks, other lengths and weights are refused in the evidence; in a choice, blocks that do not exist', async () => {
    const planting: Planting = { strategy: 'cfl', view: 'sums', groups, seed: 'hostile sums', rounds: 3, config, options: { splitEvery: [1], quorum: 0.5 } }
    const { simulation, villain } = await begun(planting)
    const { ask, vectorLengths } = await villain.nextAsk()
    const length = vectorLengths[0]
    await expectRefused(simulation, villain, ask, [
      ['SHOAL_ERR_PARTS', rowsFrame([length], filled(length))],
      ['SHOAL_ERR_PARTS', partsFrame([[1, length, 1]], filled(length))],
      [
        'SHOAL_ERR_PARTS',
        partsFrame(
          [
            [0, length, 1],
            [1, length, 1],
          ],
          filled(2 * length),
        ),
      ],
      ['SHOAL_ERR_PARTS', partsFrame([], filled(0))],
      ['SHOAL_ERR_SHAPE', partsFrame([[0, SIZE, 1]], unit(0))],
      ['SHOAL_ERR_WEIGHT', partsFrame([[0, length, 0]], filled(length))],
      ['SHOAL_ERR_WEIGHT', partsFrame([[0, length, 101]], filled(length))],
      ['SHOAL_ERR_NOT_FINITE', partsFrame([[0, length, 1]], withLast(length, Number.POSITIVE_INFINITY))],
    ])
    // Honest evidence of a client of group 0, so that it is asked to take sides.
    const evidence = filled(length, 0)
    evidence.set(unit(0))
    expect(await villain.send(ask, partsFrame([[0, length, 1]], evidence))).toBe('received')
    for (let asked = await villain.nextAsk(); asked.procedure !== 'side'; asked = await villain.nextAsk()) {
      const own = asked.vectorLengths[asked.block ?? 0]
      expect(await villain.send(asked.ask, partsFrame([[asked.block ?? 0, own, 1]], asked.procedure === 'sketch' ? evidence : filled(own, 0)))).toBe('received')
    }
    const side = await villain.nextAsk()
    expect(side.block).toBeNull()
    await expectRefused(simulation, villain, side.ask, [
      ['SHOAL_ERR_PARTS', partsFrame([[2, SIZE, 1]], unit(0))],
      ['SHOAL_ERR_PARTS', partsFrame([[-1, SIZE, 1]], unit(0))],
      [
        'SHOAL_ERR_PARTS',
        partsFrame(
          [
            [0, SIZE, 1],
            [0, SIZE, 1],
          ],
          filled(2 * SIZE),
        ),
      ],
      ['SHOAL_ERR_SHAPE', partsFrame([[1, SIZE + 1, 1]], filled(SIZE + 1))],
      ['SHOAL_ERR_PARTS', rowsFrame([SIZE], unit(0))],
    ])
    villain.leave()
    expect(await simulation.run()).toBe(true)
    expect(outcomesOf(simulation)).toEqual(['updated', 'updated', 'updated'])
    const clusters = clustersOf(simulation)
    expect(new Set(clusters).size).toBe(2)
    for (const group of [0, 1, 2]) expect(new Set(clusters.filter((_, index) => groups[index] === group)).size).toBe(1)
    await expectSound(simulation)
  })
})

describe('[8.6] labels that do not fit their rows', () => {
  const ocfl = STRATEGIES.get('ocfl')!
  /** OCFL, but for what it makes of the labels in the round in which it finds clusters. */
  const mislabelling = (change: (labels: readonly number[]) => readonly number[]): Strategy<unknown> => ({
    ...ocfl,
    *round(state, _ask, context) {
      const program = ocfl.round(state, createAsks(), context)
      let step = program.next()
      while (!step.done) {
        const asked: Ask = step.value
        const place = asked.kind === 'sum' && asked.question.place?.by === 'label' ? asked.question.place : null
        const changed =
          place === null || asked.kind !== 'sum'
            ? asked
            : ({ ...asked, question: { ...asked.question, place: { ...place, labels: change(place.labels) } } } as Ask)
        const answer: Answer = yield changed
        step = program.next(answer)
      }
      return step.value
    },
  })

  test.each<[string, (labels: readonly number[]) => readonly number[]]>([
    ['one too few', (labels) => labels.slice(1)],
    ['one too many', (labels) => [...labels, 0]],
    ['a block that there is not', (labels) => labels.map(() => 3)],
    ['a number below -1', (labels) => labels.map(() => -2)],
    ['no whole number', (labels) => labels.map(() => 0.5)],
  ])('%s: the round is aborted by code, nobody is asked, and everybody stays where they were', async (_, change) => {
    const failures: Failure[] = []
    const simulation = await plant({
      strategy: 'ocfl',
      view: 'rows',
      groups,
      seed: 'mislabelled',
      rounds: 2,
      simulation: { strategies: new Map([['ocfl', mislabelling(change)]]), onReport: (_what, failure) => failures.push(failure) },
    })
    expect(await simulation.run()).toBe(true)
    const { rounds, models, partition } = simulation.host().state()
    expect(rounds.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['updated', null],
      ['aborted', 'SHOAL_ERR_STRATEGY_FAILED'],
    ])
    expect(failures.map(({ code }) => code)).toEqual(['SHOAL_ERR_STRATEGY_FAILED'])
    expect({ clusters: models.length, partition }).toEqual({ clusters: 1, partition: 0 })
    expect(clustersOf(simulation)).toEqual(groups.map(() => 0))
    await expectSound(simulation)
  })
})
