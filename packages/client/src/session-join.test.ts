import { type ClientEvent, failed, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createMemoryWorld, joinedWorld, settle, signedPolicy, standingAnswers } from '../tests/memory-world.ts'
import { askOf, keyOf, POLICY, standingOf, tokenOf, viewOf } from '../tests/samples.ts'

const namesOf = (events: readonly ClientEvent[]): string[] => events.map(({ name }) => name)

for (const [what, policy] of [
  ['with a bad signature', signedPolicy({ signature: 'bad' })],
  ['signed by another key', signedPolicy({ federationKey: 'other' })],
  ['of another federation', signedPolicy({ text: JSON.stringify({ ...POLICY, federation: 'fed-otherone' }) })],
] as const) {
  test(`[CL1] a policy ${what} refuses the session before anything is sent`, async () => {
    const { session, server, procedures } = createMemoryWorld({ policy })
    session.start()
    await settle()
    expect(session.state()).toMatchObject({ kind: 'refused', failure: { code: 'SHOAL_ERR_POLICY_UNVERIFIED' } })
    expect(server.links).toBe(0)
    expect(procedures.calls).toEqual([])
    expect(session.outbox().totalFrames).toBe(0)
  })
}

test('[CL2] nothing happens before start, and the policy is checked before the first link', async () => {
  const { session, server } = createMemoryWorld()
  await settle()
  expect(session.state()).toEqual({ kind: 'stopped' })
  expect(server.links).toBe(0)
  session.start()
  expect(session.state()).toEqual({ kind: 'preparing' })
  expect(server.links).toBe(0)
  await settle()
  expect(server.links).toBe(1)
  expect(session.state()).toMatchObject({ kind: 'offline', retryAt: null })
})

test('[CL3] consent is stored as the hash of the policy', async () => {
  const { storage } = await joinedWorld()
  expect(storage.values.get('consent/fed-testtest')).toBe('hash')
})

test('[CL4] the first join carries the invite, a later session its token', async () => {
  const first = await joinedWorld()
  expect(first.server.heard[0]).toEqual({
    name: 'join',
    body: {
      protocol: 1,
      federation: 'fed-testtest',
      invite: 'invite-invite-invite',
      session: null,
      identity: 'identity',
      proof: 'proof-of-nonce-1',
      policyHash: 'hash',
    },
  })
  const second = await joinedWorld({}, { storage: first.storage })
  expect(second.server.heard[0]?.body).toMatchObject({ invite: null, session: tokenOf('s') })
})

test('[CL5] an unknown token is replaced by the invite once', async () => {
  const { storage } = await joinedWorld()
  const { server, session } = createMemoryWorld({ storage })
  server.answer = () => failed('SHOAL_ERR_SESSION_INVALID')
  session.start()
  await settle()
  await server.welcome()
  expect(server.heard.map(({ body }) => body)).toMatchObject([
    { invite: null, session: tokenOf('s') },
    { invite: 'invite-invite-invite', session: null },
  ])
  expect(server.links).toBe(1)
  expect(session.state()).toMatchObject({ kind: 'refused', failure: { code: 'SHOAL_ERR_SESSION_INVALID' } })
})

test('[CL6] a bad invite refuses the session and closes the link', async () => {
  const { server, session, timers } = createMemoryWorld()
  server.answer = () => failed('SHOAL_ERR_INVITE_INVALID')
  session.start()
  await settle()
  await server.welcome()
  expect(session.state()).toEqual({ kind: 'refused', failure: { code: 'SHOAL_ERR_INVITE_INVALID' } })
  expect(server.isConnected()).toBe(false)
  await timers.advance(60_000)
  expect(server.links).toBe(1)
})

test('[CL6] a full federation is asked again later', async () => {
  const { server, session, timers } = createMemoryWorld()
  server.answer = () => failed('SHOAL_ERR_FEDERATION_FULL')
  session.start()
  await settle()
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'offline', attempt: 1 })
  server.answer = standingAnswers(() => standingOf())
  await timers.advance(250)
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'waiting' })
})

test('[CL6] an answer that is no standing, or of another federation, refuses the session', async () => {
  for (const [answer, code] of [
    [{ session: tokenOf('s'), standing: { ...standingOf(), received: 'perhaps' } }, 'SHOAL_ERR_MALFORMED'],
    [{ session: tokenOf('s'), standing: standingOf({ view: viewOf({ id: 'fed-otherone' as never }) }) }, 'SHOAL_ERR_WRONG_FEDERATION'],
  ] as const) {
    const { server, session } = createMemoryWorld()
    server.answer = () => succeeded(answer)
    session.start()
    await settle()
    await server.welcome()
    expect(session.state()).toMatchObject({ kind: 'refused', failure: { code } })
  }
})

test('[CL7] an unsigned aggregator key refuses the session before anything is trained or sealed', async () => {
  const { server, session, procedures } = await joinedWorld({ aggregatorKey: { ...keyOf(1), signature: 'bad' }, ask: askOf(0, 0) })
  expect(session.state()).toMatchObject({ kind: 'refused', failure: { code: 'SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED' } })
  expect(procedures.calls).toEqual([])
  expect(server.uploads).toEqual([])
  expect(server.isConnected()).toBe(false)
})

test('[CL8] a client says once that it is ready, and says so again when that was refused for now', async () => {
  const { server, timers } = await joinedWorld()
  expect(namesOf(server.heard)).toEqual(['join', 'ready'])
  server.heard.length = 0
  server.drop()
  const usual = server.answer
  server.answer = (event) => (event.name === 'ready' ? failed('SHOAL_ERR_RATE_LIMITED') : usual(event))
  await timers.advance(250)
  await server.welcome()
  expect(namesOf(server.heard)).toEqual(['join', 'ready'])
  server.answer = usual
  await timers.advance(250)
  expect(namesOf(server.heard)).toEqual(['join', 'ready', 'ready'])
  await timers.advance(60_000)
  expect(server.heard).toHaveLength(3)
})

test('[CL8] a paused client joins as not ready', async () => {
  const { server, session } = createMemoryWorld()
  session.pause('no-data')
  session.start()
  await settle()
  await server.welcome()
  expect(server.heard.at(-1)).toEqual({ name: 'ready', body: { ready: false } })
  expect(session.state()).toEqual({ kind: 'paused', by: ['no-data'], online: true })
  session.resume('no-data')
  expect(server.heard.at(-1)).toEqual({ name: 'ready', body: { ready: true } })
})

test('[CL9] an ask that overtakes the answer to join is taken', async () => {
  const { server, session, procedures } = createMemoryWorld()
  const answer = standingAnswers(() => standingOf())
  server.answer = (event) => {
    if (event.name === 'join') server.say({ name: 'ask', body: askOf(0, 0) })
    return answer(event)
  }
  session.start()
  await settle()
  await server.welcome()
  expect(procedures.calls).toHaveLength(1)
})

test('[CL13] a superseded session stays away until it is started again', async () => {
  const { server, session, timers } = await joinedWorld()
  server.say({ name: 'superseded', body: {} })
  server.drop()
  await timers.advance(60_000)
  expect(session.state()).toEqual({ kind: 'superseded' })
  expect(server.links).toBe(1)
  session.start()
  await settle()
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'waiting' })
})

test('[CL36] a session goes on without storage', async () => {
  const broken = () => Promise.reject(new Error('no space'))
  const storage = { load: broken, save: broken, loadModel: broken, saveModel: broken, pruneModels: broken }
  const { session, procedures } = await joinedWorld({ ask: askOf(0, 0) }, { ports: { storage } })
  await settle()
  expect(session.state()).toMatchObject({ kind: 'working', step: 'training' })
  expect(procedures.calls).toHaveLength(1)
})
