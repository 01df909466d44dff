import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchRawChromium, type RawChromium } from './raw-chromium.mjs'
import { type RunningServer, startTestServer } from './running-federation.ts'

let server: RunningServer
let chromium: RawChromium
beforeAll(async () => {
  server = await startTestServer()
  chromium = await launchRawChromium('wasm')
})
afterAll(async () => {
  await chromium.close()
  await server.close()
})

const button = (name: string): string =>
  `[...document.querySelectorAll('button')].find((button) => button.textContent?.trim() === ${JSON.stringify(name)} && !button.disabled)`
const showsState = (name: string): string => `document.querySelector('#state')?.dataset.state === ${JSON.stringify(name)}`

test('a hidden tab goes on training: rounds close with its contribution while nobody looks', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 3, train: { steps: 30 } })
  const tab = await chromium.openPage(federation.link('wasm'))
  await tab.waitFor(button('I agree and want to take part'))
  await tab.evaluate(`${button('I agree and want to take part')}.click()`)
  await tab.waitFor(`document.querySelector('input[type=file]')`)
  await tab.setFiles('input[type=file]', await server.shard('hidden', 200))
  await tab.waitFor(button('Start training'))
  await tab.evaluate(`${button('Start training')}.click()`)
  await tab.waitFor(showsState('waiting'))

  const other = await chromium.openPage('about:blank')
  await other.bringToFront()
  await tab.waitFor(`document.visibilityState === 'hidden'`)
  await federation.start()
  const { rounds } = await federation.finished()

  expect(rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual(Array.from({ length: 3 }, () => ({ outcome: 'updated', clients: 1 })))
  await tab.waitFor(showsState('finished'))
  expect(await tab.evaluate('document.visibilityState')).toBe('hidden')
})
