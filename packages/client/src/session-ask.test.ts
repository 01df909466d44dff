import { type Contribution, contributionHeaderSchema, type Digest, decodeFrame, type Finding, failed, float32Of, type Result, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { contributionOf, createMemoryStorage, findingOf, joinedWorld, type MemoryWorld, settle, sha256Of } from '../tests/memory-world.ts'
import { askOf, digestSample, viewOf } from '../tests/samples.ts'

const modelBytes = (...entries: number[]): Uint8Array => new Uint8Array(Float32Array.from(entries).buffer)

const offer = async ({ server }: MemoryWorld, ask = askOf(0, 0)): Promise<void> => {
  server.say({ name: 'ask', body: ask })
  await settle()
}

const finishRun = async ({ procedures }: MemoryWorld, result: Result<Contribution | Finding> = succeeded(contributionOf(1, 2))): Promise<void> => {
  procedures.running[0]?.end(result)
  await settle()
}

const sitOutsOf = ({ server }: MemoryWorld): unknown[] => server.heard.filter(({ name }) => name === 'sit-out').map(({ body }) => body)

async function worldServing(...models: Uint8Array[]): Promise<{ world: MemoryWorld; digests: Digest[] }> {
  const world = await joinedWorld()
  const digests = models.map(sha256Of)
  for (const [index, digest] of digests.entries()) world.server.models.set(digest, models[index] as Uint8Array)
  return { world, digests }
}

test('[CL15] models are fetched once, then come from memory, and in a later life from the device', async () => {
  const { world, digests } = await worldServing(modelBytes(1, 2), modelBytes(3))
  await offer(world, askOf(0, 0, { models: digests }))
  expect(world.procedures.calls[0]?.models).toEqual([Float32Array.of(1, 2), Float32Array.of(3)])
  await finishRun(world)
  await offer(world, askOf(0, 1, { models: digests }))
  expect(world.procedures.calls).toHaveLength(2)
  expect(world.server.fetched).toEqual(digests)
  expect(world.session.outbox().bytesDown).toBe(8 + 4)

  const later = await joinedWorld({}, { storage: world.storage })
  await offer(later, askOf(1, 0, { models: digests }))
  expect(later.procedures.calls[0]?.models).toEqual([Float32Array.of(1, 2), Float32Array.of(3)])
  expect(later.server.fetched).toEqual([])
})

test('[CL15] [CL34] the vectors of an ask are fetched, kept and pruned as its models are', async () => {
  const { world, digests } = await worldServing(modelBytes(1, 2), modelBytes(3))
  const [model, vector] = digests as [Digest, Digest]
  await offer(world, askOf(0, 0, { models: [model], vectors: [vector, vector] }))
  expect(world.procedures.calls[0]).toMatchObject({ models: [Float32Array.of(1, 2)], vectors: [Float32Array.of(3), Float32Array.of(3)] })
  expect([...world.storage.models.keys()]).toEqual([model, vector])
  await finishRun(world)
  await offer(world, askOf(1, 0, { models: [model] }))
  world.server.say({ name: 'view', body: viewOf({ version: 2, round: 2 }) })
  expect([...world.storage.models.keys()]).toEqual([model])
})

test('[CL15] a model with another digest is never used: three retries, then sit out', async () => {
  const world = await joinedWorld()
  const digest = digestSample('a')
  world.server.models.set(digest, modelBytes(1))
  await offer(world, askOf(0, 0, { models: [digest] }))
  await world.timers.advance(60_000)
  expect(world.server.fetched).toHaveLength(4)
  expect(world.procedures.calls).toEqual([])
  expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_MODEL_DIGEST' }])
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'sat-out', code: 'SHOAL_ERR_MODEL_DIGEST' } })
})

test('[CL15] a spoiled model on the device is fetched again', async () => {
  const storage = createMemoryStorage()
  const digest = sha256Of(modelBytes(5))
  storage.models.set(digest, modelBytes(6))
  const world = await joinedWorld({ models: [digest] }, { storage })
  world.server.models.set(digest, modelBytes(5))
  await offer(world, askOf(0, 0, { models: [digest] }))
  expect(world.procedures.calls[0]?.models).toEqual([Float32Array.of(5)])
})

test('[CL16] an ask for int8 gets int8', async () => {
  const world = await joinedWorld()
  await offer(world, askOf(0, 0, { encoding: 'int8' }))
  await finishRun(world)
  const frame = decodeFrame(world.server.uploads[0]?.body.subarray(8) ?? new Uint8Array())
  expect(frame).toMatchObject({ ok: true, value: { header: { parts: [[0, 2, 7]], encoding: 'int8' } } })
  expect(frame.ok && frame.value.body.length).toBe(4 + 2)
})

test('[CL16] a contribution is framed, sealed and uploaded with the digest of the sealed bytes', async () => {
  const world = await joinedWorld()
  await offer(world, askOf(0, 0, { args: { steps: 3 }, of: null, cluster: 2, seed: 's', maxWeight: 9 }))
  const call = { procedure: 'train', kind: 'sum', args: { steps: 3 }, models: [], vectors: [], block: 0, of: null, cluster: 2, seed: 's', maxWeight: 9 }
  expect(world.procedures.calls[0]).toEqual(call)
  await finishRun(world)
  const upload = world.server.uploads[0]
  expect(upload).toMatchObject({ federation: 'fed-testtest', ask: '0.0', session: 's'.repeat(43) })
  if (upload === undefined) throw new Error('nothing was uploaded')
  expect(upload.digest).toBe(sha256Of(upload.body))
  const frame = decodeFrame(upload.body.subarray(8))
  if (!frame.ok) throw new Error(frame.failure.detail)
  expect(contributionHeaderSchema.parse(frame.value.header)).toEqual({ parts: [[0, 2, 7]] })
  expect(float32Of(frame.value.body)).toEqual({ ok: true, value: Float32Array.of(1, 2) })
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'awaiting-durable' })
  world.server.say({ name: 'durable', body: { ask: upload.ask } })
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'answered' } })
})

test('[CL17] a procedure that fails or throws sits out with its code, and the next ask is taken', async () => {
  const world = await joinedWorld()
  await offer(world)
  await finishRun(world, failed('SHOAL_ERR_MEMORY_LOST'))
  expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_MEMORY_LOST' }])
  expect(world.server.uploads).toEqual([])
  const run = world.procedures.run
  world.procedures.run = () => Promise.reject(new Error('lost context'))
  await offer(world, askOf(0, 1))
  expect(sitOutsOf(world).at(-1)).toEqual({ ask: '0.1', code: 'SHOAL_ERR_INTERNAL' })
  world.procedures.run = run
  await offer(world, askOf(1, 0))
  await finishRun(world)
  expect(world.server.uploads.map(({ ask }) => ask)).toEqual(['1.0'])
})

test('[CL16] rows are sent where rows are asked for', async () => {
  const world = await joinedWorld()
  await offer(world, askOf(0, 0, { kind: 'rows', maxRows: 2 }))
  expect(world.procedures.calls[0]?.kind).toBe('rows')
  await finishRun(world, succeeded({ kind: 'rows', rows: [Float32Array.of(1, 2), Float32Array.of(3, 4)] }))
  const frame = decodeFrame(world.server.uploads[0]?.body.subarray(8) ?? new Uint8Array())
  expect(frame).toMatchObject({ ok: true, value: { header: { rows: [2, 2] } } })
})

for (const [what, kind, given] of [
  ['rows for a sum', 'sum', { kind: 'rows', rows: [] }],
  ['parts for rows', 'rows', contributionOf(1)],
  ['a finding for a sum', 'sum', findingOf(1)],
] as const) {
  test(`[CL38] ${what} is a failed procedure`, async () => {
    const world = await joinedWorld()
    await offer(world, askOf(0, 0, { kind }))
    await finishRun(world, succeeded(given))
    expect(sitOutsOf(world)).toEqual([{ ask: '0.0', code: 'SHOAL_ERR_PROCEDURE_FAILED' }])
    expect(world.server.uploads).toEqual([])
  })
}

test('[CL39] a client that has nothing to give sits out, and the round goes on from the same memory', async () => {
  const world = await joinedWorld()
  await offer(world)
  await finishRun(world)
  await offer(world, askOf(0, 1, { procedure: 'side' }))
  await finishRun(world, failed('SHOAL_ERR_NO_BLOCK'))
  expect(sitOutsOf(world)).toEqual([{ ask: '0.1', code: 'SHOAL_ERR_NO_BLOCK' }])
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'sat-out', code: 'SHOAL_ERR_NO_BLOCK' } })
  await offer(world, askOf(0, 2, { of: 'train' }))
  await finishRun(world)
  expect(world.procedures.roundsEnded).toBe(0)
  expect(world.server.uploads.map(({ ask }) => ask)).toEqual(['0.0', '0.2'])
})

test('[CL18] a newer ask cancels the older run and starts when that one has ended', async () => {
  const world = await joinedWorld()
  world.procedures.obeysAtOnce = false
  await offer(world)
  await offer(world, askOf(0, 1))
  expect(world.procedures.calls).toHaveLength(1)
  expect(world.session.state()).toMatchObject({ kind: 'working', ask: '0.1', step: 'training', progress: 0 })
  await finishRun(world)
  expect(world.procedures.calls).toHaveLength(2)
  expect(world.server.uploads).toEqual([])
})

test('[CL19] a repeated ask is not taken twice, and an older one not at all', async () => {
  const world = await joinedWorld()
  await offer(world, askOf(1, 0))
  await offer(world, askOf(1, 0))
  await offer(world, askOf(0, 5))
  await finishRun(world)
  await offer(world, askOf(1, 0))
  world.server.say({ name: 'durable', body: { ask: askOf(1, 0).ask } })
  await offer(world, askOf(1, 0))
  await offer(world, askOf(0, 7))
  await offer(world, askOf(2, 0, { federation: 'fed-otherone' as never }))
  expect(world.procedures.calls).toHaveLength(1)
  expect(world.server.uploads).toHaveLength(1)
})

test('[CL20] the result of an ask that closed meanwhile is not sent', async () => {
  const world = await joinedWorld()
  world.procedures.obeysAtOnce = false
  await offer(world)
  world.server.say({ name: 'ask-closed', body: { ask: askOf(0, 0).ask, code: null } })
  await finishRun(world)
  expect(world.server.uploads).toEqual([])
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'between-asks' } })
})

test('[CL21] a round is ended before the first run of another, never during a run', async () => {
  const world = await joinedWorld()
  await offer(world)
  await finishRun(world)
  await offer(world, askOf(0, 1, { of: 'train' }))
  expect(world.procedures.roundsEnded).toBe(0)
  expect(world.procedures.calls[1]?.of).toBe('train')
  world.procedures.obeysAtOnce = false
  await offer(world, askOf(1, 0))
  expect(world.procedures.roundsEnded).toBe(0)
  await finishRun(world)
  expect(world.procedures.roundsEnded).toBe(1)
  expect(world.procedures.calls).toHaveLength(3)
})

test('[CL22] ask-closed drops the work without a word', async () => {
  const world = await joinedWorld()
  await offer(world)
  world.server.say({ name: 'ask-closed', body: { ask: askOf(0, 0).ask, code: 'SHOAL_ERR_ASK_ABORTED' } })
  expect(world.procedures.running).toHaveLength(0)
  expect(sitOutsOf(world)).toEqual([])
})

for (const code of ['SHOAL_ERR_ASK_CLOSED', 'SHOAL_ERR_ASK_ABORTED', 'SHOAL_ERR_ASK_UNKNOWN'] as const) {
  test(`[CL22] an upload refused with ${code} drops the work without a word`, async () => {
    const world = await joinedWorld()
    world.server.receive = () => failed(code)
    await offer(world)
    await finishRun(world)
    await world.timers.advance(60_000)
    expect(world.server.uploads).toHaveLength(1)
    expect(sitOutsOf(world)).toEqual([])
    expect(world.session.state()).toMatchObject({ kind: 'waiting' })
  })
}

test('[CL34] models that nobody names any more are forgotten', async () => {
  const { world, digests } = await worldServing(modelBytes(1), modelBytes(2))
  const [first, second] = digests as [Digest, Digest]
  world.server.say({ name: 'view', body: viewOf({ version: 2, models: [first] }) })
  await offer(world, askOf(0, 0, { models: [first] }))
  await finishRun(world)
  world.server.say({ name: 'durable', body: { ask: askOf(0, 0).ask } })
  world.server.say({ name: 'view', body: viewOf({ version: 3, models: [second] }) })
  await offer(world, askOf(1, 0, { models: [second] }))
  expect([...world.storage.models.keys()]).toEqual([second])
  await offer(world, askOf(2, 0, { models: [first] }))
  expect(world.server.fetched).toEqual([first, second, first])
})
