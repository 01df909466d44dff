import { failed, type Standing, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { contributionOf, createPlainSealer, joinedWorld, type MemoryWorld, settle } from '../tests/memory-world.ts'
import { askOf, keyOf, standingOf } from '../tests/samples.ts'
import type { Sealer } from './ports.ts'

const ASK = askOf(0, 0)

/** A client that has uploaded its contribution to `ASK` and been told `received`; `standing` is what it will hear after a reconnect. */
async function deliveredWorld(): Promise<{ world: MemoryWorld; standing: { now: Partial<Standing> } }> {
  const standing: { now: Partial<Standing> } = { now: { ask: ASK } }
  const world = await joinedWorld(() => standing.now)
  await settle()
  world.procedures.running[0]?.end(succeeded(contributionOf(1, 2)))
  await settle()
  return { world, standing }
}

async function reconnect({ server, timers }: MemoryWorld): Promise<void> {
  server.drop()
  await timers.advance(250)
  await server.welcome()
  await settle()
}

const sitOutsOf = ({ server }: MemoryWorld): unknown[] => server.heard.filter(({ name }) => name === 'sit-out').map(({ body }) => body)

test('[CL23] [CL24] a server that lost a received contribution gets the same bytes again without training', async () => {
  const { world } = await deliveredWorld()
  await reconnect(world)
  await reconnect(world)
  const [first, ...others] = world.server.uploads
  expect(others).toHaveLength(2)
  for (const other of others) expect(other).toEqual(first)
  expect(world.procedures.calls).toHaveLength(1)
})

test('[CL24] an aggregator of another epoch gets the same contribution sealed anew', async () => {
  const { world, standing } = await deliveredWorld()
  standing.now = { ask: ASK, aggregatorKey: keyOf(2) }
  await reconnect(world)
  const [first, second] = world.server.uploads
  expect(second?.body[4]).toBe(2)
  expect(second?.body.subarray(8)).toEqual(first?.body.subarray(8))
  expect(second?.body[0]).not.toBe(first?.body[0])
  expect(world.procedures.calls).toHaveLength(1)
})

for (const [received, state] of [
  ['received', { kind: 'working', step: 'awaiting-durable' }],
  ['durable', { kind: 'waiting', why: { kind: 'answered' } }],
] as const) {
  test(`[CL24] a server that says ${received} gets nothing again`, async () => {
    const { world, standing } = await deliveredWorld()
    standing.now = { ask: ASK, received }
    await reconnect(world)
    expect(world.server.uploads).toHaveLength(1)
    expect(world.session.state()).toMatchObject(state)
  })
}

test('[CL23] a standing without the ask drops what is held', async () => {
  const { world, standing } = await deliveredWorld()
  standing.now = {}
  await reconnect(world)
  standing.now = { ask: ASK }
  await reconnect(world)
  expect(world.server.uploads).toHaveLength(1)
  expect(world.procedures.calls).toHaveLength(1)
})

test('[CL24] an upload under way when the link fell is sent again, and its late answer is not believed', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  const answers: ((result: ReturnType<MemoryWorld['server']['receive']>) => void)[] = []
  world.server.receive = () => new Promise((resolve) => answers.push((result) => resolve(result)))
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  await reconnect(world)
  expect(world.server.uploads).toHaveLength(2)
  answers[0]?.(succeeded({ received: 'received' }))
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'uploading' })
  answers[1]?.(succeeded({ received: 'durable' }))
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'answered' } })
})

test('[CL25] a retryable refusal of an upload is tried again with the same bytes', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  world.server.receive = () => (world.server.uploads.length < 4 ? failed('SHOAL_ERR_STORE_FAILED') : succeeded({ received: 'received' }))
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  expect(world.server.uploads).toHaveLength(1)
  await world.timers.advance(250 + 500 + 1000)
  expect(world.server.uploads).toHaveLength(4)
  expect(new Set(world.server.uploads.map(({ digest }) => digest)).size).toBe(1)
  expect(world.session.state()).toMatchObject({ step: 'awaiting-durable' })
})

test('[CL25] a retryable refusal of a fetch is tried again until the ask closes', async () => {
  const world = await joinedWorld({ ask: askOf(0, 0, { models: ['a'.repeat(64) as never] }) })
  await world.timers.advance(60_000)
  const tries = world.server.fetched.length
  expect(tries).toBeGreaterThan(6)
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'fetching-model' })
  world.server.say({ name: 'ask-closed', body: { ask: ASK.ask, code: null } })
  await world.timers.advance(60_000)
  expect(world.server.fetched).toHaveLength(tries)
})

test('[CL25] a refusal that waiting does not cure sits the ask out', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  world.server.receive = () => failed('SHOAL_ERR_NOT_FINITE')
  world.procedures.running[0]?.end(succeeded(contributionOf(Number.NaN)))
  await settle()
  expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_NOT_FINITE' }])
})

test('[CL26] a duplicate that differs counts as delivered', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  world.server.receive = () => failed('SHOAL_ERR_DUPLICATE_DIFFERS')
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  expect(sitOutsOf(world)).toEqual([])
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'answered' } })
})

test('[CL27] an upload sealed for the last epoch asks where it stands and seals anew', async () => {
  const standing: { now: Partial<Standing> } = { now: { ask: ASK } }
  const world = await joinedWorld(() => standing.now)
  await settle()
  standing.now = { ask: ASK, aggregatorKey: keyOf(2) }
  world.server.receive = ({ body }) => (body[4] === 2 ? succeeded({ received: 'received' }) : failed('SHOAL_ERR_ENVELOPE'))
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  expect(world.server.heard.map(({ name }) => name)).toEqual(['join', 'ready', 'where'])
  expect(world.server.uploads).toHaveLength(2)
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'awaiting-durable' })
})

test('[CL27] refused again for the same reason, the client sits out', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  world.server.receive = () => failed('SHOAL_ERR_ENVELOPE')
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  expect(world.server.uploads).toHaveLength(2)
  expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_ENVELOPE' }])
})

test('[CL27] a server that does not know where the client stands is joined again', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  const usual = world.server.answer
  world.server.answer = (event) => (event.name === 'where' ? failed('SHOAL_ERR_NOT_JOINED') : usual(event))
  world.server.receive = () => (world.server.links === 1 ? failed('SHOAL_ERR_NOT_JOINED') : succeeded({ received: 'received' }))
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'offline' })
  await world.timers.advance(250)
  await world.server.welcome()
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'awaiting-durable' })
})

test('[CL29] a sit-out made offline is said after the next join', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  world.server.drop()
  world.procedures.running[0]?.end(failed('SHOAL_ERR_PROCEDURE_FAILED'))
  await settle()
  expect(world.session.outbox().entries.map(({ name }) => name)).not.toContain('sit-out')
  await world.timers.advance(250)
  await world.server.welcome()
  expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_PROCEDURE_FAILED' }])
})

test('[CL29] what an earlier life sent is not trained again, and its loss is admitted', async () => {
  const standing: { now: Partial<Standing> } = { now: { ask: ASK, received: 'received' } }
  const world = await joinedWorld(() => standing.now)
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'answered' } })
  standing.now = { ask: ASK }
  await reconnect(world)
  expect(world.procedures.calls).toEqual([])
  expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_MEMORY_LOST' }])
})

test('[CL24] a server that received the answer of an earlier life while this one trains needs no second', async () => {
  const standing: { now: Partial<Standing> } = { now: { ask: ASK } }
  const world = await joinedWorld(() => standing.now)
  await settle()
  expect(world.procedures.running).toHaveLength(1)
  standing.now = { ask: ASK, received: 'received' }
  await reconnect(world)
  expect(world.procedures.running).toHaveLength(0)
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'answered' } })
})

test('[CL24] a sealing for a past epoch that ends late is not sent', async () => {
  const standing: { now: Partial<Standing> } = { now: { ask: ASK } }
  const sealings: { epoch: number; end: () => void }[] = []
  const plain = createPlainSealer()
  const sealer: Sealer = {
    ...plain,
    async seal(letter) {
      await new Promise<void>((resolve) => sealings.push({ epoch: letter.aggregatorKey.epoch, end: resolve }))
      return plain.seal(letter)
    },
  }
  const world = await joinedWorld(() => standing.now, { ports: { sealer } })
  await settle()
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  for (const epoch of [2, 3]) {
    standing.now = { ask: ASK, aggregatorKey: keyOf(epoch) }
    await reconnect(world)
  }
  expect(sealings.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
  sealings[0]?.end()
  await settle()
  expect(world.server.uploads).toEqual([])
  sealings[2]?.end()
  await settle()
  sealings[1]?.end()
  await settle()
  await reconnect(world)
  expect(world.server.uploads.map(({ body }) => body[4])).toEqual([3, 3])
})

test('[CL27] an answer about where the client stood does not undo a newer ask', async () => {
  const world = await joinedWorld({ ask: ASK })
  await settle()
  let answerWhere: () => void = () => undefined
  const usual = world.server.answer
  world.server.answer = (event) =>
    event.name !== 'where'
      ? usual(event)
      : new Promise((resolve) => {
          answerWhere = () => resolve(succeeded(standingOf({ ask: ASK })))
        })
  world.server.receive = () => failed('SHOAL_ERR_ENVELOPE')
  world.procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  world.server.receive = () => new Promise(() => undefined)
  world.server.say({ name: 'ask', body: askOf(0, 1) })
  await settle()
  world.procedures.running[0]?.end(succeeded(contributionOf(2)))
  await settle()
  answerWhere()
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'working', ask: '0.1', step: 'uploading' })
})
