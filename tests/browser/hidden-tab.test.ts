import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchRawChromium, type RawChromium, type RawPage } from './raw-chromium.mjs'
import { type RunningFederation, type RunningServer, startTestServer } from './running-federation.ts'

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

/** A tab that is in, and not looked at. */
async function hiddenTab(federation: RunningFederation, seed: string): Promise<RawPage> {
  const tab = await chromium.openPage(federation.link('wasm'))
  await tab.waitFor(button('I agree and want to take part'))
  await tab.evaluate(`${button('I agree and want to take part')}.click()`)
  await tab.waitFor(`document.querySelector('input[type=file]')`)
  await tab.setFiles('input[type=file]', await server.shard(seed, 200))
  await tab.waitFor(button('Start training'))
  await tab.evaluate(`${button('Start training')}.click()`)
  await tab.waitFor(showsState('waiting'))
  const other = await chromium.openPage('about:blank')
  await other.bringToFront()
  await tab.waitFor(`document.visibilityState === 'hidden'`)
  return tab
}

test('a hidden tab goes on training: rounds close with its contribution while nobody looks, and it says so', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 3, train: { steps: 30 } })
  const tab = await hiddenTab(federation, 'hidden')
  await tab.waitFor(`document.querySelector('.status-notices')?.textContent === 'This tab is in the background; training goes on.'`)
  await federation.start()
  const { rounds } = await federation.finished()

  expect(rounds.map(({ outcome, clients }) => ({ outcome, clients }))).toEqual(Array.from({ length: 3 }, () => ({ outcome: 'updated', clients: 1 })))
  await tab.waitFor(showsState('finished'))
  expect(await tab.evaluate('document.visibilityState')).toBe('hidden')
})

test('a tab that the browser freezes names the reason, and goes on to the end when it is thawed', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 6, train: { steps: 30 } })
  const tab = await hiddenTab(federation, 'frozen')
  await tab.evaluate(`(() => {
    globalThis.said = []
    const panel = document.querySelector('.status')
    new MutationObserver(() => said.push(panel.textContent)).observe(panel, { subtree: true, childList: true, characterData: true })
  })()`)
  await federation.start()
  await federation.until(({ round }) => round >= 2)
  await tab.setLifecycle('frozen')
  await tab.setLifecycle('active')
  const { rounds } = await federation.finished()
  await tab.waitFor(showsState('finished'))
  expect(rounds.at(-1)).toMatchObject({ outcome: 'updated', clients: 1 })
  expect(await tab.evaluate('said.join()')).toContain('Paused: the browser put this tab to sleep.')
})
