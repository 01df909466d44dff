/** The operator's page, state by state: on a real server, and with 1,000 made-up clients where a real federation would be small. */
import { openDashboardPage } from '../bench/shared/dashboard-page.mjs'
import { syntheticFederation } from '../bench/shared/synthetic-federation.mjs'
import { recordedFederation } from './recorded-federation.mjs'

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('./scene.mjs').Scene} Scene
 * @typedef {import('./scene.mjs').Federation} Federation
 */

const PASSWORD = 'fish swim in the harbour'
const VIEWER = { name: 'visitor', role: 'viewer', password: 'only looking at the fish' }
const SIZE = { clients: 1000, rounds: 120, groups: 4 }

/** @param {Page} page @param {string} address */
async function goTo(page, address) {
  await page.evaluate((hash) => {
    location.hash = hash
  }, address)
  await page.locator('main h1').waitFor()
}

/** @param {Page} page @param {string} title of a step of the form */
const step = (page, title) => page.getByRole('region', { name: title })

/** From the first visit to an empty server. Gives the page of the admin. @param {Scene} scene */
export async function showFirstVisit({ openTab, shutter, server }) {
  const stranger = await openTab(`${server.origin}/dashboard`)
  await stranger.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  await shutter.take(stranger, {
    name: 'operator-sign-in',
    alt: 'Signing in by name and password, or by the link of the first start.',
  })
  await stranger.context().close()

  const page = await openTab(server.operatorLink() ?? '')
  await page.getByRole('button', { name: 'Set a password' }).click()
  await shutter.take(page, { name: 'operator-password', alt: 'After the first visit by link: a prompt to set a password.' })
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByLabel('The same once more').fill(PASSWORD)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('region', { name: 'Set a password' }).waitFor({ state: 'detached' })
  await shutter.take(page, { name: 'operator-empty', alt: 'No federation yet: what one is, and the four steps to a model.' })
  return page
}

/** The form, section by section, and a file with mistakes. @param {Scene} scene @param {Page} page @param {Federation['config']} config */
export async function showCreating({ shutter }, page, config) {
  await goTo(page, '#/create')
  await page.getByLabel('Name', { exact: true }).fill('Leaves of the botanical garden')
  await page.getByLabel('Who asks', { exact: true }).fill('Harbour School')
  await page.getByLabel('What it is for', { exact: true }).fill('To tell the plants of our garden apart, in every season.')
  await shutter.take(page, {
    name: 'operator-create',
    alt: 'Creating a federation by form: what, and who asks, with an overview beside it.',
    looks: ['light', 'phone'],
  })
  await page.getByRole('radio', { name: 'Table' }).check()
  const sections = /** @type {const} */ ([
    ['2. Data', 'data', 'what volunteers’ data must look like, here a table'],
    ['3. Model', 'model', 'a model of the zoo, a proposed one, or an uploaded one'],
    ['4. Strategy', 'strategy', 'strategies with their parameters explained and bounded'],
    ['5. Privacy', 'privacy', 'who can see what, what it costs, and how loud the noise is'],
    ['6. Who takes part in a round', 'cohort', 'who takes part in a round, and when it ends'],
  ])
  for (const [title, name, alt] of sections) {
    if (name === 'model') await page.getByRole('radio', { name: 'Pictures' }).check()
    if (name === 'privacy') await step(page, title).getByRole('radio').nth(1).check()
    await shutter.take(page, { name: `operator-create-${name}`, alt: `Creating by form: ${alt}.`, at: step(page, title) })
  }
  await page.getByRole('radio', { name: 'By a configuration file' }).check()
  const { seed, ...rest } = config
  await page.getByLabel('Or its text').fill(JSON.stringify({ ...rest, name: '', cohort: { fraction: 2, min: 4, max: 100 } }, null, 2))
  await shutter.take(page, {
    name: 'operator-create-file',
    alt: 'Creating by a configuration file: each mistake with its place.',
    at: page.getByLabel('Or its text'),
  })
}

/** A real federation after its last round, and all around it. @param {Scene} scene @param {Page} page @param {Federation} federation */
export async function showRealFederation({ openTab, shutter, server }, page, { id }) {
  await goTo(page, '#/federations')
  await page.getByRole('table').waitFor()
  await shutter.take(page, {
    name: 'operator-list',
    alt: 'All federations: state and reason, round, volunteers here, accuracy.',
    looks: ['light', 'phone'],
  })
  for (const [tab, alt] of [
    ['invites', 'Invites: links that can expire, be limited and revoked, with a QR code.'],
    ['export', 'Export: models, figures, the configuration and a report.'],
    ['learning', 'Learning of a small federation: accuracy and loss over its rounds.'],
  ]) {
    await goTo(page, `#/federations/${id}/${tab}`)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    if (tab === 'invites')
      await page
        .getByRole('button', { name: /QR|code/i })
        .first()
        .click()
    await page.locator('main progress').waitFor({ state: 'detached' })
    await shutter.take(page, {
      name: `operator-${tab === 'learning' ? 'learning-small' : tab}`,
      alt,
      at: page.getByRole('navigation', { name: 'Parts of this federation' }),
    })
  }

  await goTo(page, '#/people')
  await page.getByLabel('Name', { exact: true }).fill(VIEWER.name)
  await page.getByLabel('First password').fill(VIEWER.password)
  await page
    .getByRole('button', { name: /Add|Let/ })
    .first()
    .click()
  await page.getByText(VIEWER.name, { exact: true }).first().waitFor()
  await shutter.take(page, { name: 'operator-people', alt: 'People with their roles, and tokens for programs.' })
  await goTo(page, '#/audit')
  await page.getByRole('table').waitFor()
  await shutter.take(page, { name: 'operator-audit', alt: 'The audit log: who did what, and what was refused.' })
  await goTo(page, '#/account')
  await shutter.take(page, { name: 'operator-account', alt: 'The account: who is signed in, and another password.' })

  const viewer = await openTab(`${server.origin}/dashboard`)
  await viewer.getByLabel('Name').fill(VIEWER.name)
  await viewer.getByLabel('Password', { exact: true }).fill(VIEWER.password)
  await viewer.getByRole('button', { name: 'Sign in', exact: true }).click()
  await viewer.getByRole('table').waitFor()
  await goTo(viewer, `#/federations/${id}/live`)
  await shutter.take(viewer, { name: 'operator-viewer', alt: 'What a viewer sees: everything, and no button that changes anything.' })
  await viewer.context().close()
}

/** Charts with 1,000 clients. @param {Scene} scene */
export async function showLargeFederation({ browser, shutter }) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' })
  const made = syntheticFederation({ seed: 'screens', ...SIZE, level: 'masked+dp', strategy: 'cfl', now: Date.now() })
  const { page, addressOf } = await openDashboardPage(context, made)
  const tabs = /** @type {const} */ ([
    ['live', '.cohort-grid canvas', 'Live: the round under way by stages, and a dot for each of 1,000 volunteers.'],
    ['learning', '.time-series canvas', 'Learning: accuracy and loss of each group over the rounds, with splits marked.'],
    ['clusters', '.groups', 'Clusters: the tree of models, and who belongs to which.'],
    ['privacy', '.sees', 'Privacy: what the server can see, the size of each sum, refusals, and the budget spent.'],
  ])
  for (const [tab, shown, alt] of tabs) {
    await page.goto(addressOf(tab))
    await page.locator(shown).first().waitFor()
    await page.waitForLoadState('networkidle')
    await shutter.take(page, {
      name: `operator-${tab}`,
      alt,
      at: page.getByRole('navigation', { name: 'Parts of this federation' }),
      looks: tab === 'privacy' ? ['light'] : tab === 'live' ? ['light', 'dark', 'phone'] : ['light', 'dark'],
    })
    if (tab !== 'clusters') continue
    await shutter.take(page, { name: 'operator-heat-map', alt: 'How alike the updates are, ordered by group.', at: page.locator('.heat-map') })
  }
  await context.close()
}

/** Groups from fingerprints, and one expert for all, as a run was recorded. @param {Scene} scene @param {Federation['config']} config */
export async function showExpert({ browser, shutter }, config) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' })
  const { page, addressOf } = await openDashboardPage(context, recordedFederation(config))
  await page.goto(addressOf('learning'))
  await page.locator('.samples canvas').first().waitFor()
  await page.waitForLoadState('networkidle')
  await shutter.take(page, {
    name: 'operator-expert',
    alt: 'Learning: groups, expert and average side by side, the last distillation, and what its generator draws for each class.',
    at: page.getByRole('heading', { name: 'One expert for all' }),
  })
  await page.goto(addressOf('clusters'))
  await page.getByRole('heading', { name: /^From fingerprints/ }).waitFor()
  await shutter.take(page, {
    name: 'operator-fingerprints',
    alt: 'Clusters that were found from fingerprints: how near is near, and why.',
    at: page.getByRole('navigation', { name: 'Parts of this federation' }),
  })
  await context.close()
}
