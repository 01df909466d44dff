import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchChromium, type TabBackend } from './chromium.ts'
import { CommandError, EXIT } from './exit-code.ts'

/**
 * One GPU process draws for all tabs of a browser, in software in a single thread. Eight tabs that compile their shaders at once in one took 70 to 100 s to join on two
 * cores, four and four in two browsers 26 s.
 */
const WEBGL_TABS_PER_BROWSER = 4
const STEP_TIMEOUT_MS = 60_000
/** The page shows a state from its first moment on. */
const STATE_TIMEOUT_MS = 30_000

/** What a tab shows of itself. */
export interface TabState {
  /** The session's state: `waiting`, `working`, `refused` ... */
  readonly kind: string
  readonly round: string | null
  /** The cluster that the volunteer's data belong to, as far as the tab knows. */
  readonly cluster: number | null
  /** Null until training has been started. */
  readonly backend: string | null
  readonly renderer: string | null
  /** The words that the volunteer reads. */
  readonly text: string
}

/** A volunteer's page in a real browser. */
export interface Tab {
  readonly name: string
  readonly page: Page
  /** Walks the page like a person: consent, files, start. Rejects with CommandError that names tab, step and what the page says where one of them does not come. */
  walk(files: readonly string[]): Promise<void>
  /** The same with pictures that have no labels. A file of labels among them is the key, by which the page says afterwards how many answers are right. */
  walkUnlabelled(files: readonly string[]): Promise<void>
  /** What the page of pictures without labels found, once it has; it tells nobody: only who owns the tab can look. */
  found(timeoutMs?: number): Promise<FoundGroup>
  state(): Promise<TabState>
  /** The cluster of each of the volunteer's own points, in the order of its file, as the page knows it; null where it knows none. It tells nobody: only who owns the tab can look. */
  pointLabels(): Promise<readonly number[] | null>
  /** Which tab has come to an early end, and why; null while it has not. */
  complaint(): Promise<string | null>
  /** Waits until the page shows one of these states. Rejects with CommandError where it shows an end that is none of them, or none in time. */
  reach(kinds: readonly string[], timeoutMs?: number): Promise<TabState>
  close(): Promise<void>
}

/** What a tab without labels found of its pictures. Accuracies by the key; null where it has none. */
interface FoundGroup {
  /** Null: none of the groups is like them. */
  readonly cluster: number | null
  readonly isTied: boolean
  /** With the general model, and with the one that serves. */
  readonly before: number | null
  readonly after: number | null
}

export interface TabHarness {
  /** A tab at `link`. In a browser context of its own, as another person's, unless `beside` names a tab whose browser profile it shares. */
  openTab(link: string, name: string, beside?: Tab): Promise<Tab>
  close(): Promise<void>
}

const CRASHED = 'the tab crashed'
/** Nothing follows from these but by the volunteer's own hand. */
const ENDS = new Set(['refused', 'failed', 'superseded', 'elsewhere', 'unverified', 'closed'])

/** Opens tabs for `backend`, in as many browsers as they need: of `tabsPerBrowser`, or, where that is left out, of four with WebGL and one for all others. */
export function createTabHarness(backend: TabBackend, tabsPerBrowser = backend === 'webgl' ? WEBGL_TABS_PER_BROWSER : Number.POSITIVE_INFINITY): TabHarness {
  const browsers: Promise<Browser>[] = []
  let tabs = 0

  function browserOfNextTab(): Promise<Browser> {
    const index = Math.floor(tabs / tabsPerBrowser)
    tabs += 1
    browsers[index] ??= launchChromium(backend)
    return browsers[index]
  }

  return {
    async openTab(link, name, beside) {
      const context = beside === undefined ? await (await browserOfNextTab()).newContext() : beside.page.context()
      const page = await context.newPage()
      page.setDefaultTimeout(STEP_TIMEOUT_MS)
      const tab = tabOf(page, context, name)
      const response = await page.goto(link, { waitUntil: 'domcontentloaded' })
      if (response !== null && !response.ok()) throw new CommandError(EXIT.failed, `${name}: the page answers ${response.status()}: ${await response.text()}`)
      return tab
    },
    async close() {
      await Promise.allSettled(browsers.map(async (browser) => (await browser).close()))
    },
  }
}

function tabOf(page: Page, context: BrowserContext, name: string): Tab {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('crash', () => complaints.push(CRASHED))
  const shown = page.locator('#state')

  async function state(): Promise<TabState> {
    const { data, text } = await shown.evaluate(
      (element) => ({
        data: { ...(element as HTMLElement).dataset },
        text: [element, ...document.querySelectorAll('[role="alert"]')].map(({ textContent }) => textContent ?? '').join(' '),
      }),
      undefined,
      { timeout: STATE_TIMEOUT_MS },
    )
    return {
      kind: data.state ?? '',
      round: data.round ?? null,
      cluster: data.cluster === undefined || data.cluster === '' ? null : Number(data.cluster),
      backend: data.backend ?? null,
      renderer: data.renderer ?? null,
      text: text.trim().replace(/\s+/g, ' '),
    }
  }

  async function failure(what: string): Promise<CommandError> {
    const says = await state().then(
      ({ kind, text }) => `it shows ${kind}: ${text}`,
      () => 'it shows no state',
    )
    return new CommandError(EXIT.failed, [`${name}: ${what}; ${says}`, ...complaints].join('\n  '))
  }

  async function step(what: string, act: () => Promise<void>): Promise<void> {
    await act().catch(async (error: unknown) => {
      throw await failure(`${what} did not work (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`)
    })
  }

  async function reach(kinds: readonly string[], timeoutMs = STEP_TIMEOUT_MS): Promise<TabState> {
    const awaited = [...kinds, ...ENDS]
    const selector = awaited.map((kind) => `#state[data-state="${kind}"]`).join(', ')
    await page.waitForSelector(selector, { state: 'attached', timeout: timeoutMs }).catch(async () => {
      throw await failure(`${kinds.join(' or ')} was awaited for ${timeoutMs / 1000} s`)
    })
    const reached = await state()
    if (ENDS.has(reached.kind) && !kinds.includes(reached.kind)) throw await failure('it has come to an end')
    return reached
  }

  return {
    name,
    page,
    state,
    reach,
    async pointLabels() {
      const groups = await page
        .locator('#points')
        .getAttribute('data-point-groups', { timeout: STATE_TIMEOUT_MS })
        .catch(() => null)
      return groups === null ? null : groups.split(' ').map(Number)
    },
    async complaint() {
      if (page.isClosed() || complaints.includes(CRASHED)) return `${name}: ${complaints.join('; ') || 'it was closed'}`
      // A tab that does not answer in time is busy, with more tabs than cores; one that is closed meanwhile says so at the next look.
      const shows = await state().catch(() => null)
      if (shows === null) return null
      const { kind, text } = shows
      return ENDS.has(kind) ? `${name} shows ${kind}: ${text}` : null
    },
    async walk(files) {
      await step('agreeing', () => page.getByRole('button', { name: 'I agree and want to take part' }).click())
      await step('choosing files', () => page.getByLabel('Choose your data files').setInputFiles([...files]))
      // A table is shown before it is taken; the names of its columns say which is which.
      if (files.some((file) => file.endsWith('.csv'))) await step('using the rows', () => page.getByRole('button', { name: /^Use these .* rows$/ }).click())
      await step('starting', () => page.getByRole('button', { name: 'Start training' }).click())
    },
    async walkUnlabelled(files) {
      await step('agreeing', () => page.getByRole('button', { name: 'I agree and want to take part' }).click())
      await step('saying that there are no labels', () => page.getByLabel('Pictures without labels').check())
      await step('choosing files', () => page.getByLabel('Choose your data files').setInputFiles([...files]))
      await step('starting', () => page.getByRole('button', { name: 'Find my group' }).click())
    },
    async found(timeoutMs = STEP_TIMEOUT_MS) {
      const shownGroup = page.locator('#guest[data-answered="true"]')
      await shownGroup.waitFor({ state: 'attached', timeout: timeoutMs }).catch(async () => {
        throw await failure(`its group was awaited for ${timeoutMs / 1000} s`)
      })
      const data = await shownGroup.evaluate((element) => ({ ...(element as HTMLElement).dataset }))
      const number = (text: string | undefined): number | null => (text === undefined || text === '' ? null : Number(text))
      return { cluster: number(data.cluster), isTied: data.tied === 'true', before: number(data.before), after: number(data.after) }
    },
    close: () => (context.pages().length > 1 ? page.close() : context.close()),
  }
}
