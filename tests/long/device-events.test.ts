import { createTabHarness, type Tab, type TabHarness } from '@shoal/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'

let server: RunningServer
let harness: TabHarness
beforeAll(async () => {
  server = await startTestServer()
  harness = createTabHarness('webgl')
})
afterAll(async () => {
  await harness.close()
  await server.close()
})

/** What the watched parts of a page and of its worker leave where tests can read it. */
interface Watched {
  readonly said: string[]
  locks: number
}

/** From now on every sentence and notice of the state is written down. */
const listen = ({ page }: Tab): Promise<void> =>
  page.evaluate(() => {
    const watched = globalThis as unknown as { said: string[] }
    watched.said = []
    const panel = document.querySelector('.status')
    const write = (): void => void watched.said.push(panel?.textContent ?? '')
    write()
    if (panel !== null) new MutationObserver(write).observe(panel, { subtree: true, childList: true, characterData: true })
  })
const heard = ({ page }: Tab): Promise<string> => page.evaluate(() => (globalThis as unknown as Watched).said.join('\n'))

test('the graphics context is taken from the worker: the page names it, opens the engine anew, and the training ends', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 3, train: { steps: 6 } })
  const tab = await harness.openTab(federation.link('webgl'), 'lost context')
  await tab.walk(await server.shard('lost', 200))
  expect((await tab.reach(['waiting'])).backend).toBe('webgl')
  await listen(tab)
  await federation.start()
  await federation.until(({ round }) => round >= 1)
  // The process that draws for all tabs ends, as when a driver fails: every context of the browser is lost.
  const browser = await tab.page.context().browser()?.newBrowserCDPSession()
  await browser?.send('Browser.crashGpuProcess')
  const { rounds } = await federation.finished()
  await tab.reach(['finished'])
  expect(await heard(tab)).toContain('The graphics processor was taken away, starting again.')
  expect(rounds.at(-1)).toMatchObject({ outcome: 'updated', clients: 1 })
  await tab.close()
})

test('the screen is kept on while it trains, if that is wanted, and let go when the volunteer pauses', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 1, train: { steps: 5 } })
  const tab = await harness.openTab(federation.link('wasm'), 'screen')
  const { page } = tab
  await page.addInitScript(() => {
    const watched = globalThis as unknown as Watched
    watched.locks = 0
    const { request } = WakeLock.prototype
    WakeLock.prototype.request = async function (this: WakeLock, type) {
      const lock = await request.call(this, type)
      watched.locks += 1
      lock.addEventListener('release', () => {
        watched.locks -= 1
      })
      return lock
    }
  })
  await page.context().grantPermissions(['screen-wake-lock'])
  await page.reload({ waitUntil: 'domcontentloaded' })
  const locksAre = (count: number): Promise<unknown> => page.waitForFunction((wanted) => (globalThis as unknown as Watched).locks === wanted, count)
  await tab.walk(await server.shard('screen', 100))
  await tab.reach(['waiting'])
  await page.getByRole('switch', { name: 'Keep the screen on while it trains' }).check()
  await locksAre(1)
  await page.getByRole('button', { name: 'Pause' }).click()
  await tab.reach(['paused'])
  await locksAre(0)
  await page.getByRole('button', { name: 'Resume' }).click()
  await locksAre(1)
  await page.getByRole('button', { name: 'Stop' }).click()
  await tab.reach(['stopped'])
  await locksAre(0)
  await tab.close()
})
