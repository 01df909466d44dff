import { succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { contributionOf, joinedWorld, settle } from '../tests/memory-world.ts'
import { askOf, openAskOf, viewOf } from '../tests/samples.ts'
import { MAX_OUTBOX_ENTRIES } from './outbox.ts'

test('[CL30] a pause cancels the work, sits it out and says not ready; resume says ready', async () => {
  const { server, session, procedures } = await joinedWorld({ ask: askOf(0, 0) })
  await settle()
  session.pause()
  expect(procedures.running).toHaveLength(0)
  expect(server.heard.slice(-2)).toEqual([
    { name: 'sit-out', body: { ask: '0.0', code: 'SHOAL_ERR_CLIENT_GONE' } },
    { name: 'ready', body: { ready: false } },
  ])
  expect(session.state()).toEqual({ kind: 'paused', by: ['volunteer'], online: true })
  session.resume()
  expect(server.heard.at(-1)).toEqual({ name: 'ready', body: { ready: true } })
  expect(session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'sat-out' } })
})

test('[CL30] an ask that comes during a pause is sat out without a fetch or a run', async () => {
  const { server, session, procedures } = await joinedWorld()
  session.pause()
  server.say({ name: 'ask', body: askOf(0, 0, { models: ['a'.repeat(64) as never] }) })
  await settle()
  expect(server.fetched).toEqual([])
  expect(procedures.calls).toEqual([])
  expect(server.heard.at(-1)).toMatchObject({ name: 'sit-out', body: { ask: '0.0' } })
})

test('[CL30] a pause does not take back what the server has received', async () => {
  const { server, session, procedures } = await joinedWorld({ ask: askOf(0, 0) })
  await settle()
  procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  session.pause()
  expect(server.heard.map(({ name }) => name)).not.toContain('sit-out')
  session.resume()
  expect(session.state()).toMatchObject({ kind: 'working', step: 'awaiting-durable' })
})

test('[CL30] each reason is taken back by itself', async () => {
  const { session } = await joinedWorld()
  session.pause('no-data')
  session.pause()
  session.pause()
  expect(session.state()).toMatchObject({ kind: 'paused', by: ['no-data', 'volunteer'] })
  session.resume()
  expect(session.state()).toMatchObject({ kind: 'paused', by: ['no-data'] })
})

test('[CL31] low battery and freezing pause; hidden and on battery are notices', async () => {
  const { server, session, procedures, setPower } = await joinedWorld({ ask: askOf(0, 0) })
  await settle()
  setPower({ hidden: true, onBattery: true })
  expect(session.state()).toMatchObject({ kind: 'working', notices: ['hidden', 'on-battery'] })
  setPower({ lowBattery: true })
  expect(procedures.running).toHaveLength(0)
  setPower({ frozen: true })
  expect(session.state()).toMatchObject({ kind: 'paused', by: ['low-battery', 'frozen'] })
  setPower({ lowBattery: false, frozen: false, hidden: false })
  expect(session.state()).toMatchObject({ kind: 'waiting', notices: ['on-battery'] })
  expect(server.heard.at(-1)).toEqual({ name: 'ready', body: { ready: true } })
})

test('[CL33] a waiting session says why', async () => {
  const { server, session } = await joinedWorld()
  const why = (): unknown => {
    const state = session.state()
    return state.kind === 'waiting' ? state.why : state
  }
  expect(why()).toEqual({ kind: 'between-asks' })
  server.say({ name: 'view', body: viewOf({ version: 2, clientsNeeded: 5 }) })
  expect(why()).toEqual({ kind: 'more-people', missing: 3 })
  server.say({ name: 'view', body: viewOf({ version: 3, lifecycle: 'paused' }) })
  expect(why()).toEqual({ kind: 'not-running', lifecycle: 'paused' })
  server.say({ name: 'view', body: viewOf({ version: 4, openAsk: openAskOf(askOf(0, 0).ask) }) })
  expect(why()).toEqual({ kind: 'not-drawn' })
  server.say({ name: 'view', body: viewOf({ version: 3 }) })
  expect(why()).toEqual({ kind: 'not-drawn' })
  server.say({ name: 'ask', body: askOf(0, 0, { models: ['a'.repeat(64) as never] }) })
  session.pause()
  session.resume()
  expect(why()).toEqual({ kind: 'sat-out', code: 'SHOAL_ERR_CLIENT_GONE' })
  server.say({ name: 'view', body: viewOf({ version: 5, openAsk: openAskOf(askOf(0, 1).ask) }) })
  expect(why()).toEqual({ kind: 'not-drawn' })
  server.say({
    name: 'view',
    body: viewOf({ version: 6, clientsHere: 1, openAsk: { ask: askOf(0, 2).ask, procedure: 'train', asked: 1, answered: 0, gone: 0, deadlineAt: 0 } }),
  })
  expect(why()).toEqual({ kind: 'between-asks' })
})

test('[CL35] the outbox lists every frame with purpose and size, and counts bulk both ways', async () => {
  const { server, session, procedures, storage } = await joinedWorld()
  expect(storage.values.size).toBe(2)
  server.say({ name: 'ask', body: askOf(0, 0) })
  await settle()
  procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  const { entries, totalFrames, totalBytes, bytesUp, bytesDown } = session.outbox()
  expect(entries.map(({ name }) => name)).toEqual(['join', 'ready', 'contribution'])
  for (const { name, purpose } of entries) expect(purpose).toBe(name)
  expect(totalFrames).toBe(3)
  expect(bytesUp).toBe(server.uploads[0]?.body.length)
  expect(bytesDown).toBe(0)
  const controlBytes = server.heard.reduce((sum, { name, body }) => sum + JSON.stringify([name, body]).length, 0)
  expect(totalBytes).toBe(bytesUp + controlBytes)
})

test('[CL35] the outbox keeps the last 1000 entries and all totals', async () => {
  const { session } = await joinedWorld()
  for (let turn = 0; turn < MAX_OUTBOX_ENTRIES; turn += 1) {
    if (turn % 2 === 0) session.pause()
    else session.resume()
  }
  expect(session.outbox().entries).toHaveLength(MAX_OUTBOX_ENTRIES)
  expect(session.outbox().entries[0]?.name).toBe('ready')
  expect(session.outbox().totalFrames).toBe(MAX_OUTBOX_ENTRIES + 2)
  expect(session.outbox()).toBe(session.outbox())
})

test('subscribers hear of changes until they leave', async () => {
  const { session } = await joinedWorld()
  const kinds: string[] = []
  const unsubscribe = session.subscribe((state) => kinds.push(state.kind))
  session.pause()
  session.resume()
  unsubscribe()
  session.pause()
  expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual(['paused', 'waiting'])
})
