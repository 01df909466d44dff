import { createTabHarness, launchChromium, type TabHarness } from '@shoal/cli'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDashboardPage } from '../bench/shared/dashboard-page.mjs'
import { syntheticFederation } from '../bench/shared/synthetic-federation.mjs'
import { type RunningServer, startTestServer } from '../browser/running-federation.ts'
import { findingsInLooks, LOOKS, putOn } from '../screens/axe-findings.mjs'

const AGREE = 'I agree and want to take part'
/** Both colours and both widths; the command that takes the screenshots looks at all four pairs, and at every state. */
const CHECKED = ['light', 'dark phone'] as const
const MOST_TABS = 90

let server: RunningServer
let harness: TabHarness
let browser: Browser
/** The browser profile of somebody who has signed in by the link of the first start. */
let operator: BrowserContext
beforeAll(async () => {
  server = await startTestServer()
  harness = createTabHarness('wasm')
  browser = await launchChromium('wasm')
  operator = await browser.newContext()
  const page = await openIn(operator, server.process.operatorLink() ?? '')
  await page.getByRole('heading', { name: 'Federations', exact: true }).waitFor()
  await page.close()
})
afterAll(async () => {
  await harness.close()
  await browser.close()
  await server.close()
})

async function openIn(context: BrowserContext, address = `${server.process.origin}/dashboard`): Promise<Page> {
  const page = await context.newPage()
  await page.goto(address)
  return page
}

/** Everything of the page that would move, though its reader has asked for rest. */
async function movingIn(page: Page): Promise<string[]> {
  await putOn(page, LOOKS.light)
  return page.evaluate(() => {
    const isMoving = ({ transitionDuration, animationName }: CSSStyleDeclaration): boolean =>
      animationName !== 'none' || transitionDuration.split(', ').some((duration) => Number.parseFloat(duration) > 0)
    const isMovingIn = (element: Element): boolean =>
      [null, '::before', '::after', '::file-selector-button'].some((part) => isMoving(getComputedStyle(element, part)))
    return [...document.querySelectorAll('body *')].filter(isMovingIn).map(({ tagName, className }) => `${tagName}.${className}`)
  })
}

/** Presses Tab until the control of this name has the focus; it must be seen to have it. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = []
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press('Tab')
    const { label, isMarked } = await page.evaluate(() => {
      const at = document.activeElement
      const labels = at !== null && 'labels' in at ? [...((at as HTMLInputElement).labels ?? [])].map(({ textContent }) => textContent ?? '') : []
      const { outlineStyle, boxShadow } = at === null ? { outlineStyle: 'none', boxShadow: 'none' } : getComputedStyle(at)
      return { label: [...labels, at?.textContent ?? ''].join(' ').trim(), isMarked: outlineStyle !== 'none' || boxShadow !== 'none' }
    })
    passed.push(label)
    if (!label.startsWith(name)) continue
    expect(isMarked, `${name} shows that it has the focus`).toBe(true)
    return
  }
  throw new Error(`Tab does not lead to “${name}”, but to: ${passed.join(' | ')}`)
}

test('axe finds nothing serious on the volunteer’s page, and nothing moves for who wants rest', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 2, rounds: 1, train: {} })
  const { page, ...tab } = await harness.openTab(federation.link('wasm'), 'examined tab')
  await page.getByRole('button', { name: AGREE }).waitFor()
  expect(await findingsInLooks(page, CHECKED)).toEqual([])
  expect(await movingIn(page)).toEqual([])
  await tab.walk(await server.shard('axe', 100))
  await tab.reach(['waiting'])
  expect(await findingsInLooks(page, CHECKED)).toEqual([])
  expect(await movingIn(page)).toEqual([])
  await tab.close()
})

test('axe finds nothing serious on the operator’s page: signing in, creating, and a federation with charts', async () => {
  const stranger = await openIn(await browser.newContext())
  await stranger.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  expect(await findingsInLooks(stranger, CHECKED)).toEqual([])
  await stranger.context().close()

  const creating = await openIn(operator)
  await creating.getByRole('link', { name: 'Create', exact: true }).click()
  await creating.getByRole('button', { name: 'Create federation' }).waitFor()
  expect(await findingsInLooks(creating, CHECKED)).toEqual([])
  await creating.close()

  const federation = syntheticFederation({ seed: 'axe', clients: 40, rounds: 60, groups: 3, level: 'masked+dp', strategy: 'cfl', now: Date.now() })
  const { page, addressOf } = await openDashboardPage(await browser.newContext(), federation)
  for (const [tab, shown] of [
    ['live', '.cohort-grid canvas'],
    ['learning', '.time-series canvas'],
    ['clusters', '.heat-map canvas'],
    ['privacy', '.sees'],
  ] as const) {
    await page.goto(addressOf(tab))
    await page.locator(shown).first().waitFor()
    expect(await findingsInLooks(page, CHECKED), tab).toEqual([])
    expect(await movingIn(page), tab).toEqual([])
  }
  await page.context().close()
})

test('keys alone lead from the invitation to training and back out', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 2, rounds: 1, train: {} })
  const tab = await harness.openTab(federation.link('wasm'), 'tab without a mouse')
  const { page } = tab
  await page.getByRole('button', { name: AGREE }).waitFor()
  await tabTo(page, AGREE)
  await page.keyboard.press('Enter')
  await tab.reach(['choosing-data'])
  await tabTo(page, 'Choose your data files')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')])
  await chooser.setFiles(await server.shard('keys', 100))
  await tab.reach(['ready'])
  await tabTo(page, 'Start training')
  await page.keyboard.press('Enter')
  await tab.reach(['waiting'])
  await tabTo(page, 'Pause')
  await page.keyboard.press('Enter')
  await tab.reach(['paused'])
  await tabTo(page, 'Stop')
  await page.keyboard.press('Enter')
  await tab.reach(['stopped'])
  await tab.close()
})

test('keys alone create a federation, the focus follows to its page, and whoever watches sees it at once', async () => {
  const [page, watching] = [await openIn(operator), await openIn(operator)]
  await watching.getByText('live', { exact: true }).waitFor()
  await page.bringToFront()
  await tabTo(page, 'Create')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Create federation' }).waitFor()
  await tabTo(page, 'Name')
  await page.keyboard.type('Made by keys')
  await tabTo(page, 'Create federation')
  await page.keyboard.press('Enter')
  // Something is missing: the focus goes to it.
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('operator')
  await page.keyboard.type('Somebody at a keyboard')
  await tabTo(page, 'Create federation')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /Made by keys/ }).waitFor()
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Made by keys')
  await watching.getByRole('link', { name: 'Made by keys' }).waitFor()
  await page.close()
  await watching.close()
})
