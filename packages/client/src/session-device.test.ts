import { failed, succeeded } from '@shoal/protocol'
import { expect, test } from 'vitest'
import { contributionOf, createMemoryProcedures, createMemoryWorld, findingOf, joinedWorld, type MemoryWorld, settle, sha256Of } from '../tests/memory-world.ts'
import { admissionOf, askOf } from '../tests/samples.ts'
import { HEARTBEAT_MS } from './heartbeat.ts'

const LOST = failed('SHOAL_ERR_BACKEND')
const end = async ({ procedures }: MemoryWorld, result: Parameters<(typeof procedures.running)[0]['end']>[0]): Promise<void> => {
  procedures.running[0]?.end(result)
  await settle()
}

test('[CL70] battery and use pause only where the volunteer set the condition, and each by its own name', async () => {
  const { server, session, procedures, setPower } = await joinedWorld({ ask: askOf(0, 0) })
  await settle()
  setPower({ onBattery: true, inUse: true })
  expect(session.state()).toMatchObject({ kind: 'working', notices: ['on-battery'] })
  session.setConditions({ onlyWhenCharging: true, onlyWhenIdle: false })
  expect(session.state()).toEqual({ kind: 'paused', by: ['on-battery'], online: true })
  expect(procedures.running).toHaveLength(0)
  session.setConditions({ onlyWhenCharging: true, onlyWhenIdle: true })
  expect(session.state()).toMatchObject({ by: ['on-battery', 'in-use'] })
  setPower({ onBattery: false })
  expect(session.state()).toMatchObject({ by: ['in-use'] })
  setPower({ inUse: false })
  expect(session.state()).toMatchObject({ kind: 'waiting' })
  expect(server.heard.slice(2)).toEqual([
    { name: 'sit-out', body: { ask: '0.0', code: 'SHOAL_ERR_CLIENT_GONE' } },
    { name: 'ready', body: { ready: false } },
    { name: 'ready', body: { ready: true } },
  ])
})

test('[CL70] a condition that was set before the start holds from the first word on', async () => {
  const { server, session, setPower } = createMemoryWorld()
  session.setConditions({ onlyWhenCharging: false, onlyWhenIdle: true })
  setPower({ inUse: true })
  session.start()
  await settle()
  setPower({ inUse: true })
  await server.welcome()
  expect(session.state()).toMatchObject({ kind: 'paused', by: ['in-use'] })
  expect(server.heard.at(-1)).toEqual({ name: 'ready', body: { ready: false } })
})

test('[CL71] a beat that comes late means sleep: it is named for a minute, and the link is opened anew', async () => {
  const { server, session, timers } = await joinedWorld()
  await timers.advance(10 * HEARTBEAT_MS)
  expect(server.links).toBe(1)
  await timers.sleep(HEARTBEAT_MS + 20_001)
  expect(session.state()).toMatchObject({ kind: 'offline' })
  await timers.advance(250)
  await server.welcome()
  expect(server.links).toBe(2)
  expect(session.state()).toMatchObject({ kind: 'waiting', notices: ['slept'] })
  await timers.advance(60_000)
  expect(session.state()).toMatchObject({ kind: 'waiting', notices: [] })
  expect(server.links).toBe(2)
})

test.each<[string, boolean, number, number]>([
  ['a short one', false, 20_000, 1],
  ['a short one of a hidden page, whose timers browsers hold back', true, 90_000, 1],
  ['a long one of a hidden page', true, 90_001, 2],
])('[CL71] a delay is told from sleep: %s', async (_what, hidden, lateMs, links) => {
  const { server, timers, setPower } = await joinedWorld()
  setPower({ hidden })
  await timers.advance(HEARTBEAT_MS)
  await timers.sleep(HEARTBEAT_MS + lateMs)
  await timers.advance(250)
  expect(server.links).toBe(links)
})

test('[CL71] a session that hears nothing of its device, or that has stopped, has no heartbeat', async () => {
  const deaf = await joinedWorld({}, { ports: { power: { subscribe: () => () => undefined } } })
  await deaf.timers.sleep(600_000)
  expect(deaf.session.state()).toMatchObject({ kind: 'waiting', notices: [] })
  expect(deaf.server.links).toBe(1)
  const { server, session, timers } = await joinedWorld()
  await session.stop()
  await timers.sleep(600_000)
  expect(session.state()).toEqual({ kind: 'stopped' })
  expect(server.links).toBe(1)
})

test('[CL72] a page that comes back from freezing has not slept', async () => {
  const { server, session, timers, setPower } = await joinedWorld()
  setPower({ frozen: true })
  // The page hears that it lives again before its timers do.
  const thawed = timers.after(1, () => setPower({ frozen: false }))
  await timers.sleep(600_000)
  thawed.cancel()
  expect(session.state()).toMatchObject({ kind: 'waiting', notices: [] })
  expect(server.links).toBe(1)
})

test('[CL73] [CL74] a lost engine is opened anew before the ask is run again, and the volunteer reads so', async () => {
  const procedures = createMemoryProcedures()
  let open: () => void = () => undefined
  procedures.reopening = () =>
    new Promise((resolve) => {
      open = () => resolve(succeeded(null))
    })
  const world = await joinedWorld({ ask: askOf(0, 0) }, { ports: { procedures } })
  await settle()
  procedures.running[0]?.end(LOST)
  await settle()
  expect(procedures.reopened).toEqual([1])
  expect(procedures.calls).toHaveLength(1)
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'restarting', notices: ['engine-lost'], ask: '0.0' })
  open()
  await settle()
  expect(world.session.state()).toMatchObject({ kind: 'working', step: 'training', notices: [] })
  procedures.running[0]?.end(succeeded(contributionOf(1)))
  await settle()
  expect(world.server.uploads.map(({ ask }) => ask)).toEqual(['0.0'])
  expect(world.server.heard.map(({ name }) => name)).not.toContain('sit-out')
  // What was kept went with the engine: there is nothing to end.
  expect(procedures.roundsEnded).toBe(0)
})

test('[CL74] after two lost runs of one ask it is sat out, each loss is counted, and the next ask is taken', async () => {
  const world = await joinedWorld({ ask: askOf(0, 0) })
  await settle()
  for (let loss = 0; loss < 3; loss += 1) await end(world, LOST)
  expect(world.procedures.calls).toHaveLength(3)
  expect(world.procedures.reopened).toEqual([1, 2, 3])
  expect(world.server.heard.at(-1)).toEqual({ name: 'sit-out', body: { ask: '0.0', code: 'SHOAL_ERR_BACKEND' } })
  world.server.say({ name: 'ask', body: askOf(0, 1) })
  await settle()
  expect(world.procedures.running).toHaveLength(1)
})

test('[CL74] an engine that does not come back sits the ask out with its code', async () => {
  const world = await joinedWorld({ ask: askOf(0, 0) })
  world.procedures.reopening = () => Promise.resolve(failed('SHOAL_ERR_BACKEND', 'there is none'))
  await settle()
  await end(world, LOST)
  expect(world.procedures.calls).toHaveLength(1)
  expect(world.server.heard.at(-1)).toEqual({ name: 'sit-out', body: { ask: '0.0', code: 'SHOAL_ERR_BACKEND' } })
  expect(world.session.state()).toMatchObject({ kind: 'waiting', why: { kind: 'sat-out', code: 'SHOAL_ERR_BACKEND' } })
})

test('[CL75] an admission whose run was lost is run again on the new engine', async () => {
  const model = new Uint8Array(4)
  const world = await joinedWorld({ cluster: null, admission: admissionOf(1, { models: [sha256Of(model), sha256Of(model)] }) })
  world.server.models.set(sha256Of(model), model)
  await world.timers.advance(10_000)
  expect(world.procedures.running).toHaveLength(1)
  await end(world, LOST)
  expect(world.procedures.reopened).toEqual([1])
  await world.timers.advance(10_000)
  await end(world, succeeded(findingOf(0)))
  expect(world.server.heard.at(-1)).toMatchObject({ name: 'placed', body: { cluster: 0 } })
})
