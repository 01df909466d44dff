import { failed, type Result } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { createMemoryWorld, joinedWorld, settle } from '../tests/memory-world.ts'
import { askOf, viewOf } from '../tests/samples.ts'

test('[CL10] waits double from 250 ms to 10 s with half of each left to chance, and a join starts anew', async () => {
  const { server, session, timers } = createMemoryWorld()
  session.start()
  await settle()
  const waits: number[] = []
  for (let failure = 0; failure < 8; failure += 1) {
    server.drop()
    const state = session.state()
    if (state.kind !== 'offline' || state.retryAt === null) throw new Error(`is ${state.kind}`)
    expect(state.attempt).toBe(failure + 1)
    waits.push(state.retryAt - timers.now())
    await timers.advance(state.retryAt - timers.now())
    expect(server.links).toBe(failure + 2)
  }
  for (const [attempt, wait] of waits.entries()) {
    const full = Math.min(10_000, 250 * 2 ** attempt)
    expect(wait).toBeGreaterThanOrEqual(full / 2)
    expect(wait).toBeLessThanOrEqual(full)
  }
  expect(new Set(waits.slice(6)).size).toBe(2)
  await server.welcome()
  server.drop()
  expect(session.state()).toMatchObject({ kind: 'offline', attempt: 1 })
})

test('[CL11] a link that brings no challenge, or no answer to join, is given up after 20 s', async () => {
  const { server, session, timers } = createMemoryWorld()
  session.start()
  await settle()
  server.accept()
  await timers.advance(19_999)
  expect(session.state()).toEqual({ kind: 'joining' })
  await timers.advance(1)
  expect(session.state()).toMatchObject({ kind: 'offline', attempt: 1 })
  expect(server.isConnected()).toBe(false)
  server.answer = () => new Promise(() => undefined)
  await timers.advance(250)
  await server.welcome()
  await timers.advance(20_000)
  expect(session.state()).toMatchObject({ kind: 'offline', attempt: 2 })
})

test('[CL12] the answer to a join of an earlier link changes nothing', async () => {
  const { server, session, timers } = createMemoryWorld()
  let answerFirst: (result: Result<unknown>) => void = () => undefined
  const { send } = server.transport
  server.transport.send = () =>
    new Promise((resolve) => {
      answerFirst = resolve
    })
  session.start()
  await settle()
  await server.welcome()
  server.drop()
  await timers.advance(250)
  server.transport.send = send
  server.answer = () => new Promise(() => undefined)
  await server.welcome()
  answerFirst(failed('SHOAL_ERR_INVITE_INVALID'))
  await settle()
  expect(session.state()).toEqual({ kind: 'joining' })
  expect(server.links).toBe(2)
})

test('[CL13] a link that ends because the profile connected elsewhere is not tried again', async () => {
  const { server, session, timers } = await joinedWorld()
  server.drop({ code: 'SHOAL_ERR_SESSION_SUPERSEDED' })
  await timers.advance(60_000)
  expect(session.state()).toEqual({ kind: 'superseded' })
  expect(server.links).toBe(1)
})

test('[CL8] a server that no longer knows the client when it says ready is joined again', async () => {
  const world = createMemoryWorld()
  const { server, session, timers } = world
  const usual = server.answer
  server.answer = (event) => (event.name === 'ready' ? failed('SHOAL_ERR_NOT_JOINED') : usual(event))
  session.start()
  await settle()
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'offline' })
  server.answer = usual
  await timers.advance(250)
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'waiting' })
})

test('[CL14] training goes on while the link is down, and its result waits for the join', async () => {
  const ask = askOf(0, 0)
  const { server, session, procedures, timers } = await joinedWorld({ ask })
  await settle()
  server.drop()
  procedures.running[0]?.onProgress(0.5)
  expect(session.state()).toMatchObject({ kind: 'offline', work: { ask: '0.0', step: 'training', progress: 0.5 } })
  procedures.running[0]?.end({ ok: true, value: { kind: 'parts', parts: [] } })
  await settle()
  expect(server.uploads).toEqual([])
  await timers.advance(250)
  await server.welcome()
  await settle()
  expect(procedures.calls).toHaveLength(1)
  expect(server.uploads).toHaveLength(1)
})

test('[CL32] a finished federation closes without a goodbye', async () => {
  const { server, session, timers } = await joinedWorld()
  server.say({ name: 'view', body: viewOf({ version: 2, lifecycle: 'finished' }) })
  await timers.advance(60_000)
  expect(session.state()).toEqual({ kind: 'finished', finding: null })
  expect(session.view()).toMatchObject({ version: 2 })
  expect(server.isConnected()).toBe(false)
  expect(server.links).toBe(1)
  expect(server.heard.map(({ name }) => name)).not.toContain('leave')
})

test('[CL32] stop cancels, says goodbye and closes; start comes back', async () => {
  const { server, session, procedures } = await joinedWorld({ ask: askOf(0, 0) })
  await settle()
  expect(procedures.running).toHaveLength(1)
  await session.stop()
  expect(procedures.running).toHaveLength(0)
  expect(server.heard.at(-1)).toEqual({ name: 'leave', body: {} })
  expect(server.isConnected()).toBe(false)
  expect(session.state()).toEqual({ kind: 'stopped' })
  session.start()
  await settle()
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'sat-out' } })
})

test('[CL32] a start right after stop does not lose its link to the late goodbye', async () => {
  const { server, session } = await joinedWorld()
  const usual = server.answer
  server.answer = (event) => (event.name === 'leave' ? new Promise(() => undefined) : usual(event))
  const stopped = session.stop()
  session.start()
  await settle()
  await stopped
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'waiting' })
  expect(server.isConnected()).toBe(true)
})
