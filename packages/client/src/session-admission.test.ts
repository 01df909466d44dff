import { type AdmissionMessage, type Contribution, type Digest, type Finding, failed, type Result, type Standing, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { contributionOf, findingOf, joinedWorld, type MemoryWorld, settle, sha256Of, standingAnswers } from '../tests/memory-world.ts'
import { admissionOf, askOf, type FEDERATION, standingOf, viewOf } from '../tests/samples.ts'
import { serviceOf } from './service.ts'

const BLOBS = [1, 2, 3, 4].map((entry) => new Uint8Array(Float32Array.of(entry).buffer))
const [SHARED, FIRST, SECOND, VECTOR] = BLOBS.map(sha256Of) as [Digest, Digest, Digest, Digest]
const MODELS = { models: [SHARED, FIRST, SECOND], vectors: [VECTOR] }

/** What an admission of a federation with two clusters looks like. */
const admission = (partition: number, patch: Partial<AdmissionMessage> = {}): AdmissionMessage => admissionOf(partition, { ...MODELS, ...patch })

/** A joined client, and a server that holds every model. */
async function worldOf(
  standing: Partial<Standing> | (() => Partial<Standing>) = { cluster: null, admission: admission(1) },
  options: { isGuest?: boolean } = {},
): Promise<MemoryWorld> {
  const world = await joinedWorld(standing, options)
  for (const [index, digest] of [SHARED, FIRST, SECOND, VECTOR].entries()) world.server.models.set(digest, BLOBS[index] as Uint8Array)
  await settle()
  // The first fetch came before the models were there.
  await world.timers.advance(500)
  return world
}

const end = async ({ procedures }: MemoryWorld, result: Result<Contribution | Finding> = succeeded(findingOf(1))): Promise<void> => {
  procedures.running[0]?.end(result)
  await settle()
}

const admit = async ({ server }: MemoryWorld, body: AdmissionMessage): Promise<void> => {
  server.say({ name: 'admission', body })
  await settle()
}

const saidPlaced = ({ server }: MemoryWorld): unknown[] => server.heard.filter(({ name }) => name === 'placed').map(({ body }) => body)
const countOf = ({ server }: MemoryWorld, what: string): number => server.heard.filter(({ name }) => name === what).length
const whyOf = ({ session }: MemoryWorld): unknown => {
  const state = session.state()
  return state.kind === 'waiting' ? state.why : state
}

/** Answers as told, `placed` by `refusals` as long as there are any. */
function refusePlaced({ server }: MemoryWorld, standing: () => Standing, ...refusals: Parameters<typeof failed>[0][]): void {
  const answer = standingAnswers(standing)
  server.answer = (event) => {
    const code = event.name === 'placed' ? refusals.shift() : undefined
    return code === undefined ? answer(event) : failed(code)
  }
}

test('[CL40] a client without a cluster finds it on the device and names it, and nothing else', async () => {
  const world = await worldOf()
  expect(world.procedures.calls[0]).toEqual({
    procedure: 'nearest-direction',
    kind: 'sum',
    args: {},
    models: [Float32Array.of(1), Float32Array.of(2), Float32Array.of(3)],
    vectors: [Float32Array.of(4)],
    block: null,
    of: null,
    cluster: null,
    seed: 'seed',
    maxWeight: 1,
  })
  world.procedures.running[0]?.onProgress(0.25)
  expect(whyOf(world)).toEqual({ kind: 'finding-cluster', progress: 0.25 })
  await end(world)
  expect(saidPlaced(world)).toEqual([{ partition: 1, cluster: 1 }])
  expect(whyOf(world)).toEqual({ kind: 'between-asks' })
  expect(world.session.cluster()).toBe(1)
  expect(world.server.uploads).toEqual([])
  expect(world.session.outbox().entries.at(-1)).toMatchObject({ name: 'placed', purpose: 'placed' })
})

test('[CL41] [CL48] a client that has a cluster compares for itself: nothing is said, and subscribers hear what serves it', async () => {
  const world = await worldOf({ cluster: 1 })
  expect(world.session.cluster()).toBe(1)
  expect(world.session.service()).toBe(null)
  const heard = world.server.heard.length
  await admit(world, admission(2, { cluster: 0 }))
  expect(world.procedures.calls[0]?.cluster).toBe(0)
  let told: unknown = null
  world.session.subscribe(() => {
    told = world.session.service()
  })
  await end(world, succeeded(findingOf(0)))
  expect(world.server.heard.slice(heard)).toEqual([])
  expect(world.session.cluster()).toBe(0)
  const tried = [
    { model: SHARED, accuracy: 0.5, loss: 1 },
    { model: FIRST, accuracy: 0.9, loss: 0.2 },
  ]
  expect(told).toEqual({ cluster: 0, model: FIRST, general: SHARED, isGeneral: false, tried })
  expect(world.session.service()).toBe(world.session.service())
  await admit(world, admission(3, { cluster: 0 }))
  await end(world, succeeded(findingOf(0, { serves: 0 })))
  expect(told).toEqual({ cluster: 0, model: SHARED, general: SHARED, isGeneral: true, tried })
})

test('[CL48] a finding without a comparison is of the own model, and one of unknown models is none', () => {
  expect(serviceOf({ models: [SHARED] }, { kind: 'finding', cluster: 0, serves: 0, tried: [] })).toEqual({
    ok: true,
    value: { cluster: 0, model: SHARED, general: SHARED, isGeneral: false, tried: [] },
  })
  for (const finding of [findingOf(0), findingOf(0, { serves: 0 })]) {
    expect(serviceOf({ models: [SHARED] }, finding)).toMatchObject({ failure: { code: 'SHOAL_ERR_PROCEDURE_FAILED' } })
  }
})

test('[CL48] a fallback is fetched and handed on, and a finding names it after the last of the models', async () => {
  const world = await worldOf({ cluster: null, admission: admission(1, { models: [SHARED, FIRST], fallback: SECOND }) })
  expect(world.procedures.calls[0]).toMatchObject({
    models: [Float32Array.of(1), Float32Array.of(2)],
    vectors: [Float32Array.of(4)],
    fallback: Float32Array.of(3),
  })
  const tried = [
    { model: 2, accuracy: 0.9, loss: 0.1 },
    { model: 0, accuracy: 0.5, loss: 1 },
    { model: 1, accuracy: 0.8, loss: 0.2 },
  ]
  await end(world, succeeded({ kind: 'finding', cluster: 0, serves: 2, tried }))
  expect(world.session.service()).toEqual({
    cluster: 0,
    model: SECOND,
    general: SHARED,
    isGeneral: true,
    tried: [
      { model: SECOND, accuracy: 0.9, loss: 0.1 },
      { model: SHARED, accuracy: 0.5, loss: 1 },
      { model: FIRST, accuracy: 0.8, loss: 0.2 },
    ],
  })
  // Another fallback is another question for whoever has a cluster.
  await admit(world, admission(1, { cluster: 0, models: [SHARED, FIRST], fallback: SHARED }))
  expect(world.procedures.calls.at(-1)).toMatchObject({ cluster: 0, fallback: Float32Array.of(1) })
})

test('[CL40] a client that no cluster is for says so, and the more general model serves it without any comparison', async () => {
  const world = await worldOf({ cluster: null, admission: admission(1, { fallback: SHARED }) })
  await end(world, succeeded({ kind: 'finding', cluster: null, serves: 3, tried: [] }))
  expect(saidPlaced(world)).toEqual([{ partition: 1, cluster: null }])
  expect(world.session.cluster()).toBe(null)
  expect(world.session.service()).toEqual({ cluster: null, model: SHARED, general: SHARED, isGeneral: true, tried: [] })
  expect(whyOf(world)).toEqual({ kind: 'pending' })
})

test('[CL48] the cluster is that of the latest ask', async () => {
  const world = await worldOf({ cluster: 0 })
  world.server.say({ name: 'ask', body: askOf(0, 0, { cluster: 2 }) })
  expect(world.session.cluster()).toBe(2)
})

test('[CL42] [CL18] an ask cancels the run of an admission, which is made again when the procedure of the ask has ended', async () => {
  const world = await worldOf({ cluster: 1 })
  await admit(world, admission(2, { cluster: 1 }))
  world.procedures.obeysAtOnce = false
  world.server.say({ name: 'ask', body: askOf(0, 0) })
  await settle()
  expect(world.procedures.calls.map(({ procedure }) => procedure)).toEqual(['nearest-direction'])
  await end(world, failed('SHOAL_ERR_PROCEDURE_FAILED', 'stopped'))
  expect(world.procedures.calls.map(({ procedure }) => procedure)).toEqual(['nearest-direction', 'train'])
  await end(world, succeeded(contributionOf(1)))
  expect(world.server.uploads).toHaveLength(1)
  expect(world.procedures.calls.map(({ procedure }) => procedure)).toEqual(['nearest-direction', 'train', 'nearest-direction'])
  await end(world)
  expect(world.session.service()?.model).toBe(SECOND)
})

test('[CL42] a finding that comes although it was cancelled counts', async () => {
  const world = await worldOf()
  world.procedures.obeysAtOnce = false
  world.server.say({ name: 'ask', body: askOf(0, 0) })
  await end(world)
  expect(saidPlaced(world)).toEqual([{ partition: 1, cluster: 1 }])
  expect(world.procedures.running[0]?.call.procedure).toBe('train')
  await end(world, succeeded(contributionOf(1)))
  expect(world.procedures.calls).toHaveLength(2)
})

test('[CL42] an admission that comes during an ask waits', async () => {
  const world = await worldOf({ cluster: 1, ask: askOf(0, 0) })
  await admit(world, admission(2, { cluster: 1 }))
  expect(world.server.fetched).toEqual([])
  await end(world, succeeded(contributionOf(1)))
  expect(world.procedures.running[0]?.call.procedure).toBe('nearest-direction')
})

test('[CL43] a newer admission replaces an older one, whose late result is not taken', async () => {
  const world = await worldOf()
  world.procedures.obeysAtOnce = false
  await admit(world, admission(2, { args: { newer: true } }))
  expect(world.procedures.calls).toHaveLength(1)
  await end(world, succeeded(findingOf(0)))
  expect(world.session.service()).toBe(null)
  expect(world.procedures.calls[1]?.args).toEqual({ newer: true })
  await end(world)
  expect(saidPlaced(world)).toEqual([{ partition: 2, cluster: 1 }])
})

test('[CL43] newer models of the same partition do not begin the finding again, but do begin a comparison', async () => {
  const world = await worldOf()
  await admit(world, admission(1, { models: [FIRST, SECOND, SHARED] }))
  expect(world.procedures.calls).toHaveLength(1)
  await end(world)
  await admit(world, admission(1, { cluster: 1, seed: 'other' }))
  await admit(world, admissionOf(9, { federation: 'fed-otherone' as typeof FEDERATION }))
  expect(world.procedures.calls).toHaveLength(1)
  await admit(world, admission(1, { cluster: 1, models: [FIRST, SECOND, SHARED] }))
  expect(world.procedures.calls).toHaveLength(2)
})

test('[CL43] a standing does not repeat a comparison', async () => {
  let standing: Partial<Standing> = { cluster: 1, admission: admission(1, { cluster: 1 }) }
  const world = await worldOf(() => standing)
  await end(world)
  standing = { cluster: 1, admission: admission(1, { cluster: 1, models: [FIRST, SECOND, SHARED] }) }
  await comeBack(world)
  expect(world.procedures.calls).toHaveLength(1)
  standing = { cluster: 1, admission: admission(2, { cluster: 1 }) }
  await comeBack(world)
  expect(world.procedures.calls).toHaveLength(2)
  standing = { cluster: 1, admission: null }
  await comeBack(world)
  expect(world.procedures.running).toHaveLength(0)
})

async function comeBack({ server, timers }: MemoryWorld): Promise<void> {
  server.drop()
  await timers.advance(10_000)
  await server.welcome()
}

test('[CL44] a finding made or said while the link falls is said after the next join', async () => {
  const world = await worldOf()
  world.server.drop()
  await end(world)
  expect(saidPlaced(world)).toEqual([])
  const answer = world.server.answer
  world.server.answer = (event) => (event.name === 'placed' ? new Promise(() => undefined) : answer(event))
  await world.timers.advance(10_000)
  await world.server.welcome()
  expect(saidPlaced(world)).toHaveLength(1)
  world.server.answer = answer
  await comeBack(world)
  expect(saidPlaced(world)).toHaveLength(2)
  expect(world.procedures.calls).toHaveLength(1)
  expect(world.session.cluster()).toBe(1)
})

test('[CL44] what the standing knows already is not said again, nor found again', async () => {
  let standing: Partial<Standing> = { cluster: null, admission: admission(1) }
  const world = await worldOf(() => standing)
  const answer = world.server.answer
  world.server.answer = (event) => (event.name === 'placed' ? new Promise(() => undefined) : answer(event))
  await end(world)
  standing = { cluster: 1, admission: admission(1, { cluster: 1 }) }
  await comeBack(world)
  expect(saidPlaced(world)).toHaveLength(1)
  expect(world.procedures.calls).toHaveLength(1)
  expect(world.session.cluster()).toBe(1)
})

test('[CL44] a retryable refusal of placed is tried again, another shows its code', async () => {
  const world = await worldOf()
  refusePlaced(world, standingOf, 'SHOAL_ERR_STORE_FAILED', 'SHOAL_ERR_RATE_LIMITED', 'SHOAL_ERR_MALFORMED')
  await end(world)
  expect(saidPlaced(world)).toHaveLength(1)
  expect(whyOf(world)).toEqual({ kind: 'finding-cluster', progress: 1 })
  await world.timers.advance(250)
  expect(saidPlaced(world)).toHaveLength(2)
  await world.timers.advance(500)
  expect(saidPlaced(world)).toHaveLength(3)
  expect(whyOf(world)).toEqual({ kind: 'no-cluster', code: 'SHOAL_ERR_MALFORMED' })
  await world.timers.advance(60_000)
  expect(saidPlaced(world)).toHaveLength(3)
})

test('[CL44] a server that no longer knows the client is joined again', async () => {
  const world = await worldOf()
  refusePlaced(world, () => standingOf({ cluster: null, admission: admission(1) }), 'SHOAL_ERR_NOT_JOINED')
  await end(world)
  await world.timers.advance(10_000)
  await world.server.welcome()
  expect(saidPlaced(world)).toHaveLength(2)
  expect(world.session.cluster()).toBe(1)
})

test('[CL44] a finding for clusters that have changed asks once, and goes on from the answer', async () => {
  const world = await worldOf()
  refusePlaced(world, () => standingOf({ cluster: null, admission: admission(2) }), 'SHOAL_ERR_STALE_UPDATE')
  await end(world)
  expect(countOf(world, 'where')).toBe(1)
  expect(whyOf(world)).toMatchObject({ kind: 'finding-cluster' })
  await end(world)
  expect(saidPlaced(world)).toEqual([
    { partition: 1, cluster: 1 },
    { partition: 2, cluster: 1 },
  ])
  expect(world.session.cluster()).toBe(1)
})

test('[CL44] a newer admission that comes before the answer is not undone by it', async () => {
  const world = await worldOf()
  refusePlaced(world, () => standingOf({ cluster: null, admission: admission(1) }), 'SHOAL_ERR_STALE_UPDATE')
  const answer = world.server.answer
  let give: () => void = () => undefined
  world.server.answer = (event) => (event.name === 'where' ? new Promise((resolve) => (give = () => resolve(answer(event)))) : answer(event))
  await end(world)
  await admit(world, admission(2))
  give()
  await end(world)
  expect(saidPlaced(world).at(-1)).toEqual({ partition: 2, cluster: 1 })
})

test('[CL44] the answer about where the client stands does not undo an ask that came before it', async () => {
  const world = await worldOf()
  refusePlaced(world, () => standingOf({ cluster: null, admission: admission(2) }), 'SHOAL_ERR_STALE_UPDATE')
  const answer = world.server.answer
  let give: () => void = () => undefined
  world.server.answer = (event) => (event.name === 'where' ? new Promise((resolve) => (give = () => resolve(answer(event)))) : answer(event))
  await end(world)
  world.server.say({ name: 'ask', body: askOf(0, 0) })
  give()
  await settle()
  await end(world, succeeded(contributionOf(1)))
  expect(world.server.uploads.map(({ ask }) => ask)).toEqual(['0.0'])
  await end(world)
  expect(saidPlaced(world).at(-1)).toEqual({ partition: 2, cluster: 1 })
})

test('[CL44] the same partition refused again as stale shows its code', async () => {
  const world = await worldOf()
  refusePlaced(world, () => standingOf({ cluster: null, admission: admission(1) }), 'SHOAL_ERR_STALE_UPDATE', 'SHOAL_ERR_STALE_UPDATE')
  await end(world)
  await end(world)
  expect(countOf(world, 'where')).toBe(1)
  expect(whyOf(world)).toEqual({ kind: 'no-cluster', code: 'SHOAL_ERR_STALE_UPDATE' })
})

test('[CL45] a failed run is made again three times, then shown; a newer admission begins anew', async () => {
  const world = await worldOf()
  for (let turn = 0; turn < 6; turn += 1) {
    await end(world, turn === 1 ? succeeded(contributionOf(1)) : failed('SHOAL_ERR_BACKEND'))
    await world.timers.advance(10_000)
  }
  expect(world.procedures.calls).toHaveLength(4)
  expect(whyOf(world)).toEqual({ kind: 'no-cluster', code: 'SHOAL_ERR_BACKEND' })
  expect(saidPlaced(world)).toEqual([])
  await admit(world, admission(1))
  await end(world)
  expect(saidPlaced(world)).toHaveLength(1)
})

test('[CL45] a client with a cluster drops a failed run', async () => {
  const world = await worldOf({ cluster: 1, admission: admission(1, { cluster: 1 }) })
  await end(world, failed('SHOAL_ERR_PROCEDURE_FAILED'))
  await world.timers.advance(60_000)
  expect(world.procedures.calls).toHaveLength(1)
  expect(whyOf(world)).toEqual({ kind: 'between-asks' })
})

test('[CL38] [CL45] a contribution is no finding, nor is one of models that were not given', async () => {
  const world = await worldOf({ cluster: 1 })
  await admit(world, admission(2, { cluster: 1 }))
  await end(world, succeeded(contributionOf(1)))
  await admit(world, admission(3, { cluster: 1 }))
  await end(world, succeeded(findingOf(1, { serves: 7 })))
  expect(world.session.service()).toBe(null)
})

test('[CL45] models that are gone are asked about once, and then shown', async () => {
  const world = await joinedWorld({ cluster: null, admission: admission(1) })
  world.server.transport.fetchModel = async () => failed('SHOAL_ERR_NOT_FOUND')
  await world.timers.advance(10_000)
  expect(countOf(world, 'where')).toBe(1)
  expect(whyOf(world)).toEqual({ kind: 'no-cluster', code: 'SHOAL_ERR_NOT_FOUND' })
  expect(world.procedures.calls).toEqual([])
})

test('[CL46] an admission that comes before the end is run after it, for a volunteer with or without a cluster', async () => {
  for (const cluster of [1, null]) {
    const world = await worldOf({ cluster: 1 })
    await admit(world, admission(2, { cluster }))
    world.server.say({ name: 'view', body: viewOf({ version: 2, lifecycle: 'finished' }) })
    expect(world.server.isConnected()).toBe(false)
    expect(world.session.state()).toEqual({ kind: 'finished', finding: 0 })
    const heard = world.server.heard.length
    await end(world)
    expect(world.session.state()).toEqual({ kind: 'finished', finding: null })
    expect(world.session.service()?.model).toBe(SECOND)
    expect(world.server.heard).toHaveLength(heard)
    expect(world.storage.models.size).toBe(0)
  }
})

test('[CL46] a standing of a finished federation brings its admission, and retries of the fetch end', async () => {
  const world = await joinedWorld({ cluster: 1, admission: admission(2, { cluster: 1 }), view: viewOf({ lifecycle: 'finished' }) })
  expect(world.session.state()).toEqual({ kind: 'finished', finding: 0 })
  await world.timers.advance(60_000)
  expect(world.server.fetched).toHaveLength(4 * 4)
  expect(world.session.state()).toEqual({ kind: 'finished', finding: null })
  expect(world.server.links).toBe(1)
})

test('[CL46] a federation that finishes while the link is down brings a last comparison of the same partition', async () => {
  let standing: Partial<Standing> = { cluster: 1, admission: admission(1, { cluster: 1 }) }
  const world = await worldOf(() => standing)
  await end(world)
  const view = viewOf({ version: 2, lifecycle: 'finished' })
  standing = { cluster: 1, view, admission: admission(1, { cluster: 1, models: [SHARED, SECOND, FIRST] }) }
  await comeBack(world)
  expect(world.procedures.calls).toHaveLength(2)
  await end(world)
  expect(world.session.service()?.model).toBe(FIRST)
})

test('[CL46] a finding that was being said when the federation finished is over', async () => {
  const world = await worldOf()
  const answer = world.server.answer
  world.server.answer = (event) => (event.name === 'placed' ? new Promise(() => undefined) : answer(event))
  await end(world)
  world.server.say({ name: 'view', body: viewOf({ version: 2, lifecycle: 'finished' }) })
  expect(world.session.state()).toEqual({ kind: 'finished', finding: null })
})

test('[CL47] a pause stops an admission and nothing of it is begun meanwhile', async () => {
  const world = await worldOf()
  world.session.pause()
  expect(world.procedures.running).toHaveLength(0)
  await admit(world, admission(2))
  await world.timers.advance(60_000)
  expect(world.procedures.calls).toHaveLength(1)
  world.session.resume()
  await settle()
  expect(world.procedures.running).toHaveLength(1)
})

test('[CL47] stop ends an admission, also after the end', async () => {
  const world = await worldOf()
  await world.session.stop()
  expect(world.procedures.running).toHaveLength(0)
  const other = await worldOf()
  other.server.say({ name: 'view', body: viewOf({ version: 2, lifecycle: 'finished' }) })
  expect(other.procedures.running).toHaveLength(1)
  await other.session.stop()
  expect(other.procedures.running).toHaveLength(0)
  expect(other.session.state()).toEqual({ kind: 'finished', finding: null })
})

test('[CL49] an admission keeps its models while it is under way, and not longer', async () => {
  const world = await worldOf({ cluster: 1, models: [FIRST], view: viewOf({ models: [FIRST, SECOND] }) })
  await admit(world, admission(2, { cluster: 1 }))
  world.server.say({ name: 'view', body: viewOf({ version: 2, models: [FIRST, SECOND] }) })
  expect([...world.storage.models.keys()]).toEqual([SHARED, FIRST, SECOND, VECTOR])
  await end(world)
  expect([...world.storage.models.keys()]).toEqual([FIRST, SECOND])
})

test('[CL77] a client that none of the clusters is like says so, waits, and is served by the general model until a newer admission comes', async () => {
  const world = await worldOf()
  await end(world, succeeded(findingOf(0, { cluster: null, serves: 0, tried: [] })))
  expect(saidPlaced(world)).toEqual([{ partition: 1, cluster: null }])
  expect(whyOf(world)).toEqual({ kind: 'pending' })
  expect(world.session.cluster()).toBe(null)
  expect(world.session.service()).toEqual({ cluster: null, model: SHARED, general: SHARED, isGeneral: true, tried: [] })
  // The server knows it: newer models of the same clusters change nothing, other clusters do.
  await admit(world, admission(1, { models: [SHARED, SECOND, FIRST] }))
  expect(world.procedures.calls).toHaveLength(1)
  await admit(world, admission(2))
  await end(world)
  expect(saidPlaced(world)).toEqual([
    { partition: 1, cluster: null },
    { partition: 2, cluster: 1 },
  ])
  expect(whyOf(world)).toEqual({ kind: 'between-asks' })
})

test('[CL77] who waits takes the asks it is given, and belongs where the census puts it', async () => {
  const world = await worldOf()
  await end(world, succeeded(findingOf(0, { cluster: null, serves: 0, tried: [] })))
  world.server.say({ name: 'ask', body: askOf(0, 0) })
  await settle()
  await end(world, succeeded(contributionOf(1)))
  expect(world.server.uploads).toHaveLength(1)
  expect(world.session.cluster()).toBe(null)
  await admit(world, admission(2, { cluster: 1 }))
  expect(world.procedures.running[0]?.call.cluster).toBe(1)
  await end(world)
  expect(saidPlaced(world)).toHaveLength(1)
  expect(world.session.cluster()).toBe(1)
})

test('[CL77] waiting is said again after the next join: a standing can not tell whether the server knows it', async () => {
  const world = await worldOf(() => ({ cluster: null, admission: admission(1) }))
  const answer = world.server.answer
  world.server.answer = (event) => (event.name === 'placed' ? new Promise(() => undefined) : answer(event))
  await end(world, succeeded(findingOf(0, { cluster: null, serves: 0, tried: [] })))
  world.server.answer = answer
  await comeBack(world)
  expect(saidPlaced(world)).toEqual([
    { partition: 1, cluster: null },
    { partition: 1, cluster: null },
  ])
  await comeBack(world)
  expect(saidPlaced(world)).toHaveLength(2)
  expect(world.procedures.calls).toHaveLength(1)
  expect(whyOf(world)).toEqual({ kind: 'pending' })
})

const guestWorld = (standing: Partial<Standing> = { cluster: null, admission: admission(1) }): Promise<MemoryWorld> => worldOf(standing, { isGuest: true })
const saidReady = ({ server }: MemoryWorld): unknown[] => server.heard.filter(({ name }) => name === 'ready').map(({ body }) => body)

test('[CL78] a guest is never ready, finds its cluster on the device and tells nobody', async () => {
  const world = await guestWorld()
  expect(whyOf(world)).toEqual({ kind: 'guest', isServed: false, progress: 0 })
  const heard = world.server.heard.length
  await end(world, succeeded({ ...findingOf(1), tried: [], isTied: true as const }))
  expect(world.session.service()).toEqual({ cluster: 1, model: SECOND, general: SHARED, isTied: true, isGeneral: false, tried: [] })
  expect(world.session.cluster()).toBe(1)
  expect(whyOf(world)).toEqual({ kind: 'guest', isServed: true, progress: null })
  expect(saidReady(world)).toEqual([{ ready: false }])
  expect(world.server.heard.slice(heard)).toEqual([])
})

test('[CL78] what the server takes a guest for is nothing to it: it looks for itself, and again when the models are others', async () => {
  const world = await guestWorld({ cluster: 0, admission: admission(1, { cluster: 0 }) })
  expect(world.procedures.calls[0]?.cluster).toBe(null)
  await end(world)
  expect(world.session.cluster()).toBe(1)
  await admit(world, admission(1, { cluster: 0 }))
  expect(world.procedures.calls).toHaveLength(1)
  await admit(world, admission(1, { cluster: 0, models: [SECOND, SHARED, FIRST] }))
  expect(world.procedures.calls).toHaveLength(2)
})

test('[CL78] a guest sits out whatever it is asked', async () => {
  const world = await guestWorld()
  await end(world)
  world.server.say({ name: 'ask', body: askOf(0, 0) })
  await settle()
  expect(world.server.heard.at(-1)).toEqual({ name: 'sit-out', body: { ask: askOf(0, 0).ask, code: 'SHOAL_ERR_CLIENT_GONE' } })
  expect(world.procedures.calls).toHaveLength(1)
  expect(world.server.uploads).toEqual([])
})

test('[CL78] [CL46] a guest that comes when the federation is finished finds its cluster all the same', async () => {
  const world = await guestWorld({ cluster: null, admission: admission(1), view: viewOf({ lifecycle: 'finished' }) })
  expect(world.session.state()).toMatchObject({ kind: 'finished' })
  await end(world)
  expect(world.session.cluster()).toBe(1)
  expect(saidPlaced(world)).toEqual([])
})
