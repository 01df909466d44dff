import { createTabHarness, type TabHarness } from '@shoal/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, startTestServer } from './running-federation.ts'

let server: RunningServer
let harness: TabHarness
beforeAll(async () => {
  server = await startTestServer()
  harness = createTabHarness('wasm')
})
afterAll(async () => {
  await harness.close()
  await server.close()
})

test('a policy that the key in the link did not sign stops the tab with a named state, and nothing is sent', async () => {
  const [ours, others] = await Promise.all([1, 2].map(() => server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 1, train: {} })))
  const link = new URL(ours.link('wasm'))
  link.hash = new URL(others.link('wasm')).hash
  const tab = await harness.openTab(link.href, 'deceived tab')
  const sent: string[] = []
  tab.page.on('request', (request) => {
    if (request.method() !== 'GET' || /\/(?:api|models)\//.test(request.url())) sent.push(`${request.method()} ${request.url()}`)
  })
  tab.page.on('websocket', (socket) => sent.push(socket.url()))
  await tab.page.getByRole('button', { name: 'I agree and want to take part' }).click()
  expect((await tab.reach(['unverified'])).text).toContain('SHOAL_ERR_POLICY_UNVERIFIED')
  expect(sent).toEqual([])
  expect(await tab.page.locator('input[type=file]').count()).toBe(0)
  expect((await ours.view()).clientsHere).toBe(0)
  await tab.close()
})
