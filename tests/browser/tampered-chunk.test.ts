import { readdirSync } from 'node:fs'
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

const CHUNKS = readdirSync(new URL('../../apps/volunteer/dist/assets/', import.meta.url))
const nameOf = (pattern: RegExp): string => CHUNKS.find((name) => pattern.test(name)) ?? ''

test.each([
  ['a script of the first load', /^index-.*\.js$/],
  ['a style of the first load', /^index-.*\.css$/],
  ['a script that is loaded after consent', /^participation-.*\.js$/],
  ['a style that is loaded after consent', /^agreed-panels-.*\.css$/],
])('%s that was changed on its way is not run by the browser', async (_what, pattern) => {
  const name = nameOf(pattern)
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 1, train: {} })
  const tab = await harness.openTab('about:blank', 'deceived tab')
  const { page } = tab
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.route(`**/${name}`, async (route) => {
    const response = await route.fetch()
    const isScript = name.endsWith('.js')
    const added = isScript ? ';globalThis.tampered = true' : ';body { --tampered: 1 }'
    await route.fulfill({ response, body: `${await response.text()}${added}` })
  })
  await page.goto(federation.link('wasm'))
  if (!name.startsWith('index-')) await page.getByRole('button', { name: 'I agree and want to take part' }).click()
  await expect.poll(() => complaints.join('\n'), { timeout: 20_000 }).toMatch(/integrity/i)
  expect(await page.evaluate(() => (globalThis as { tampered?: boolean }).tampered)).toBeUndefined()
  expect(await page.evaluate(() => getComputedStyle(document.body ?? document.documentElement).getPropertyValue('--tampered'))).toBe('')
  await tab.close()
})

test('text does not become code on our pages: neither markup nor a script nor a worker of another address', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 1, train: {} })
  const tab = await harness.openTab(federation.link('wasm'), 'attacked tab')
  await tab.page.getByRole('button', { name: 'I agree and want to take part' }).waitFor()
  const outcomes = await tab.page.evaluate(() => {
    const attempt = (attack: () => unknown): string => {
      try {
        attack()
        return 'done'
      } catch (error) {
        return (error as Error).name
      }
    }
    return [
      attempt(() => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="globalThis.tampered = true">')),
      attempt(() => (document.createElement('script').src = '/volunteer/x.js')),
      attempt(() => new Worker('/volunteer/x.js')),
      attempt(() => (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy('other', {})),
    ]
  })
  expect(outcomes).toEqual(Array(4).fill('TypeError'))
  await tab.close()
})
