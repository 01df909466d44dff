/**
 * How the operator's page keeps up with 1,000 clients and 1,000 rounds: from an input event of a real Chromium to the frame that shows what came of it, while the federation's view changes
 * five times a second; the longest task meanwhile; and what a browser loads at first, gzipped. Exits with 1 above a limit. `npm run bench -- dashboard [--clients 1000] [--rounds 1000]` after
 * a build.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { launchChromium } from '@shoal/cli'
import { ROOT } from '../checks/program.mjs'
import { openDashboardPage } from './shared/dashboard-page.mjs'
import { printTable, writeResult } from './shared/result-file.mjs'
import { syntheticFederation } from './shared/synthetic-federation.mjs'

const SEED = 'dashboard'
const LIMITS = { interactionMs: 100, firstLoadBytes: 120_000 }
const REPEATS = 5
const ANNOUNCE_MS = 200
const DIST = join(ROOT, 'apps/dashboard/dist')

const { values } = parseArgs({ options: { clients: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '1000' } } })
const clients = Number(values.clients)
const rounds = Number(values.rounds)

/** @typedef {{ file: string, imports?: string[], dynamicImports?: string[], css?: string[], assets?: string[] }} Chunk */

/** What is loaded before anybody signs in, and what the parts of a federation bring in addition. */
function loadedBytes() {
  /** @type {Record<string, Chunk>} */
  const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'))
  /** @param {string} key @param {Set<string>} files @param {boolean} isAll */
  function collect(key, files, isAll) {
    const { file, imports = [], dynamicImports = [], css = [], assets = [] } = manifest[key]
    if (files.has(file)) return files
    for (const needed of [file, ...css, ...assets]) files.add(needed)
    for (const imported of isAll ? [...imports, ...dynamicImports] : imports) collect(imported, files, isAll)
    return files
  }
  const gzipped = (/** @type {boolean} */ isAll) =>
    [...collect('index.html', new Set(['index.html']), isAll)].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0)
  return { firstLoad: gzipped(false), all: gzipped(true) }
}

/** Runs in the page: the next event of this type starts the clock, and the frame after `isShown` holds stops it. @param {{ type: string, isShown: string }} watched */
function watch({ type, isShown }) {
  const shown = /** @type {() => boolean} */ (new Function(`return ${isShown}`))
  Object.assign(globalThis, {
    measured: new Promise((resolve) => {
      addEventListener(
        type,
        ({ timeStamp }) => {
          const look = () => {
            if (!shown()) return requestAnimationFrame(look)
            // A message is handled after the frame has been painted.
            const { port1, port2 } = new MessageChannel()
            port1.onmessage = () => resolve(performance.now() - timeStamp)
            port2.postMessage(null)
          }
          requestAnimationFrame(look)
        },
        { capture: true, once: true },
      )
    }),
  })
}

/** @type {{ what: string, medianMs: number, largestMs: number }[]} */
const results = []

const browser = await launchChromium('cpu')
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true })
const federation = syntheticFederation({ seed: SEED, clients, rounds, groups: 6, level: 'masked+dp', strategy: 'cfl', now: Date.now() })
const { page, announce, addressOf } = await openDashboardPage(context, federation)
/** @type {string[]} */
const faults = []
page.on('pageerror', ({ message }) => faults.push(message))
const news = setInterval(announce, ANNOUNCE_MS)

/** @param {string} what @param {string} type @param {(turn: number) => string} isShown @param {(turn: number) => Promise<void>} act @param {() => Promise<void>} [before] */
async function measure(what, type, isShown, act, before = async () => {}) {
  const taken = []
  for (let turn = 0; turn < REPEATS; turn += 1) {
    await before()
    await page.evaluate(watch, { type, isShown: isShown(turn) })
    await act(turn)
    taken.push(await page.evaluate(() => /** @type {{ measured: Promise<number> }} */ (/** @type {unknown} */ (globalThis)).measured))
  }
  taken.sort((one, other) => one - other)
  results.push({ what, medianMs: taken[Math.floor(REPEATS / 2)], largestMs: taken[REPEATS - 1] })
}

const query = (/** @type {string} */ selector) => `document.querySelector(${JSON.stringify(selector)})`
/** @param {string} selector @param {number} turn where in it, a little further each turn */
async function pointInto(selector, turn) {
  const box = await page.locator(selector).first().boundingBox()
  if (box === null) throw new Error(`${selector} is not there`)
  await page.mouse.move(box.x + box.width * (0.2 + turn * 0.13), box.y + box.height * (0.2 + turn * 0.13))
}
/** @param {string} title @param {string} shows @param {string} elsewhere */
async function measureTab(title, shows, elsewhere) {
  const link = (/** @type {string} */ name) => page.locator('nav[aria-label="Parts of this federation"] a', { hasText: name })
  await measure(
    `open the tab ${title}`,
    'click',
    () => `${query(shows)} !== null`,
    () => link(title).click(),
    async () => {
      await link(elsewhere).click()
      await page.waitForFunction((selector) => document.querySelector(selector) === null, shows)
    },
  )
  await page.waitForTimeout(1500) // what it looks up is there, and drawn
}
/** The pointer goes over a chart that has a line of text for what lies under it. @param {string} what @param {string} surface @param {string} frame */
async function measureHover(what, surface, frame) {
  await page.locator(surface).first().scrollIntoViewIfNeeded()
  await page.mouse.move(1, 1)
  await measure(
    what,
    'pointermove',
    () => `${query(`${frame} .chart-readout`)}.textContent !== ''`,
    (turn) => pointInto(surface, turn),
    async () => {
      await page.mouse.move(1, 1)
      await page.waitForTimeout(100)
    },
  )
}

await page.goto(addressOf('invites'))
await page.locator('nav[aria-label="Parts of this federation"]').waitFor()
await page.evaluate(() => {
  Object.assign(globalThis, { longest: 0 })
  const state = /** @type {{ longest: number }} */ (/** @type {unknown} */ (globalThis))
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) state.longest = Math.max(state.longest, duration)
  }).observe({ type: 'longtask' })
})

await measureTab('Live', '.stages', 'Invites')
await measureHover('point at a client', '.cohort-grid canvas', '.cohort-grid')
await measure(
  'show one kind of events',
  'input',
  (turn) => `document.querySelectorAll('.event-list li').length > 0 && ${query('.event-tools select')}.selectedIndex === ${(turn % 2) + 1}`,
  async (turn) => void (await page.locator('.event-tools select').selectOption({ index: (turn % 2) + 1 })),
)

await measureTab('Learning', '.time-series canvas', 'Invites')
await measure(
  'switch a curve off and on',
  'click',
  (turn) => `${query('.chart-legend button')}.getAttribute('aria-pressed') === '${turn % 2 === 1}'`,
  () => page.locator('.chart-legend button').first().click(),
)
await measureHover('point at a round', '.time-series .u-over', '.chart-frame')
await measure(
  'open a data table',
  'click',
  () => `${query('.chart-frame details[open] tbody tr')} !== null`,
  () => page.locator('.chart-frame summary').first().click(),
  async () => {
    await page.evaluate(() => document.querySelector('.chart-frame details')?.removeAttribute('open'))
    await page.waitForFunction(() => document.querySelector('.chart-frame tbody') === null)
  },
)

await measureTab('Clusters', '.groups', 'Invites')
await measure(
  'choose a node of the tree',
  'click',
  (turn) => `${query(`[data-node="${turn + 1}"]`)}.getAttribute('aria-pressed') === 'true'`,
  (turn) => page.locator(`[data-node="${turn + 1}"]`).click(),
)
await measureHover('point at a cell of the heat-map', '.heat-map canvas', '.heat-map')
await measureTab('Privacy', '.sees', 'Invites')

const longestTaskMs = await page.evaluate(() => /** @type {{ longest: number }} */ (/** @type {unknown} */ (globalThis)).longest)
clearInterval(news)
const chromium = browser.version()
await browser.close()

const bytes = loadedBytes()
printTable(results.map(({ what, medianMs, largestMs }) => ({ what, 'median ms': medianMs.toFixed(0), 'largest ms': largestMs.toFixed(0) })))
console.log(
  `longest task ${longestTaskMs.toFixed(0)} ms; first load ${bytes.firstLoad} bytes gzipped (limit ${LIMITS.firstLoadBytes}), with every part ${bytes.all}`,
)
for (const fault of faults) console.error(fault)
writeResult('dashboard', SEED, { chromium, clients, rounds, limits: LIMITS, results, longestTaskMs, firstLoadBytes: bytes.firstLoad, allBytes: bytes.all })
const isSlow = results.some(({ largestMs }) => largestMs > LIMITS.interactionMs)
process.exitCode = isSlow || faults.length > 0 || bytes.firstLoad > LIMITS.firstLoadBytes ? 1 : 0
