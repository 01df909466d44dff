/** The volunteer's page, state by state, in tabs that really take part. Each function leaves the pages that it opened closed. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSyntheticTable } from '@shoal/data'

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('./scene.mjs').Scene} Scene
 */

const AGREE = 'I agree and want to take part'
/** Pairs of letters are so frequent in it that a model finds something. */
const TEXT = 'the shoal swims and the net is slow and the herring and the sprat go home. '.repeat(6)

/** @param {Page} page */
const agree = (page) => page.getByRole('button', { name: AGREE }).click()
/** @param {Page} page @param {string} state */
const reach = (page, state) => page.locator(`#state[data-state="${state}"]`).waitFor({ state: 'attached', timeout: 60_000 })
/** @param {Page} page @param {string} title */
const panel = (page, title) => page.getByRole('region', { name: title, exact: true })
/** @param {Page} page @param {readonly string[]} files */
const chooseFiles = async (page, files) => {
  await page.getByLabel('Choose your data files').setInputFiles([...files])
  await reach(page, 'ready')
}

/** Before consent, and the ways not to go on. @param {Scene} scene @param {string} link @param {string} otherKey the hash of another federation's link */
export async function showInvitation({ openTab, shutter }, link, otherKey) {
  const page = await openTab(link)
  await page.getByRole('button', { name: AGREE }).waitFor()
  await shutter.take(page, {
    name: 'volunteer-invitation',
    alt: 'The invitation: who asks, what is trained, what leaves the device and what never does, and the choice to take part or not.',
    looks: ['light', 'dark', 'phone'],
  })
  await page.getByLabel('Language').selectOption({ label: 'Deutsch' })
  await shutter.take(page, { name: 'volunteer-invitation-german', alt: 'The same invitation in German.' })
  await page.getByLabel('Sprache').selectOption({ label: 'English' })
  await page.getByRole('button', { name: 'No, thank you' }).click()
  await reach(page, 'declined')
  await shutter.take(page, { name: 'volunteer-declined', alt: 'After a no: nothing was computed, and there is a way back to the invitation.' })
  await page.close()

  const deceived = await openTab(`${link.split('#')[0]}${otherKey}`)
  await agree(deceived)
  await reach(deceived, 'unverified')
  await shutter.take(deceived, { name: 'volunteer-unverified', alt: 'The key in the link did not sign this policy: the page stops and names the error.' })
  await deceived.close()

  const closed = await openTab(`${link.split('/join/')[0]}/join/${'a'.repeat(22)}${otherKey}`)
  await reach(closed, 'closed')
  await shutter.take(closed, { name: 'volunteer-closed', alt: 'A link that leads nowhere any more: the page says so and offers to try again.' })
  await closed.close()
}

/** A page over plain http of a local network: no secure context. @param {Scene} scene @param {string} link */
export async function showPlainHttp({ openTab, shutter }, link) {
  const url = new URL(link)
  url.hostname = 'shoal.lan'
  const page = await openTab(url.href)
  await page.getByRole('button', { name: AGREE }).waitFor()
  await shutter.take(page, {
    name: 'volunteer-plain-http',
    alt: 'Over plain http the invitation lists what is off in this browser, and why.',
    at: page.locator('.note').first(),
    looks: ['light', 'phone'],
  })
  await page.close()
}

/** A table with mistakes in it, and a text. @param {Scene} scene @param {{ table: string, text: string }} links */
export async function showOtherData({ openTab, shutter, folder }, links) {
  const { rows } = createSyntheticTable(60, 'screens')
  const columns = Object.keys(rows[0])
  const lines = rows.map((row) => columns.map((column) => row[column]))
  lines[3][0] = 'tall'
  lines[7][1] = ''
  lines[11][columns.length - 1] = 'oak'
  const csv = join(folder, 'plants.csv')
  await mkdir(folder, { recursive: true })
  await writeFile(csv, [columns, ...lines].map((cells) => cells.join(',')).join('\n'))

  const page = await openTab(links.table)
  await agree(page)
  await page.getByLabel('Choose your data files').setInputFiles(csv)
  await page.getByRole('table', { name: /do not fit/ }).waitFor()
  await shutter.take(page, {
    name: 'volunteer-data-table',
    alt: 'A table was chosen: its first rows, which column is which, and the rows that do not fit with their reasons.',
    at: page.getByRole('heading', { name: 'plants.csv' }),
    looks: ['light', 'phone'],
  })
  await page.close()

  const writing = await openTab(links.text)
  await agree(writing)
  await writing.getByRole('textbox').fill(TEXT)
  await shutter.take(writing, {
    name: 'volunteer-data-text',
    alt: 'A text was pasted: how many examples it gives, and what was left out.',
    at: writing.locator('.data-panel'),
  })
  await writing.close()
}

/** Pictures: drawn, and chosen; then a rehearsal. Gives the page with its data. @param {Scene} scene @param {string} link @param {readonly string[]} files */
export async function showPictures({ openTab, shutter }, link, files) {
  const page = await openTab(link)
  await agree(page)
  const data = page.locator('.data-panel')
  await data.waitFor()
  await shutter.take(page, {
    name: 'volunteer-data',
    alt: 'Choosing data: pictures or files by drop or by button, or drawing them.',
    looks: ['light', 'phone'],
  })
  await page.getByRole('radio', { name: 'Draw' }).check()
  const pad = data.locator('.drawing-pad canvas')
  for (const steps of [6, 9]) {
    await pad.focus()
    for (let step = 0; step < steps; step += 1) await page.keyboard.press(step % 2 === 0 ? 'Shift+ArrowDown' : 'Shift+ArrowRight')
    await page.getByRole('button', { name: 'Use this drawing' }).click()
  }
  await pad.focus()
  for (let step = 0; step < 7; step += 1) await page.keyboard.press('Shift+ArrowDown')
  await shutter.take(page, {
    name: 'volunteer-data-drawing',
    alt: 'Drawing examples by hand, class by class.',
    at: data.locator('.data-ways'),
  })
  await page.getByRole('radio', { name: 'Pictures or files' }).check()
  await chooseFiles(page, files)
  await shutter.take(page, {
    name: 'volunteer-ready',
    alt: 'Data are chosen: how many examples of which class, with a preview of each, and training can start.',
    at: data.locator('.data-result'),
  })
  await page.getByRole('button', { name: 'Rehearse, and send nothing' }).click()
  await page.getByRole('button', { name: 'Rehearse again' }).waitFor({ timeout: 60_000 })
  await shutter.take(page, {
    name: 'volunteer-rehearsal',
    alt: 'A rehearsal: what would leave the device in a round, shown without anything leaving it.',
    at: panel(page, 'Rehearse a round'),
  })
  return page
}

/** From waiting to the result. @param {Scene} scene @param {Page} page with its data @param {import('./scene.mjs').Federation} federation @param {readonly (readonly string[])[]} others' files */
export async function showTraining({ openTab, shutter, server }, page, federation, others) {
  const start = page.getByRole('button', { name: 'Start training' })
  await start.click()
  await reach(page, 'waiting')
  await federation.command('start-federation')
  await page.getByText(/Waiting for \d+ more people/).waitFor()
  await shutter.take(page, { name: 'volunteer-waiting', alt: 'Waiting, and why: three more people are needed.' })

  const twin = await openTab(federation.link, page)
  await agree(twin)
  await reach(twin, 'ready')
  await twin.getByRole('button', { name: 'Start training' }).click()
  await reach(twin, 'elsewhere')
  await shutter.take(twin, {
    name: 'volunteer-elsewhere',
    alt: 'A second tab of the same browser: already training in another tab, with a button to take over.',
  })
  await twin.close()

  const status = page.getByRole('region', { name: 'State' })
  await page.getByRole('button', { name: 'Pause' }).click()
  await reach(page, 'paused')
  await shutter.take(page, { name: 'volunteer-paused', alt: 'Paused by the volunteer.' })
  await page.getByRole('button', { name: 'Resume' }).click()
  await reach(page, 'waiting')
  const conditions = page.locator('.conditions')
  await page.evaluate(() => Object.assign(globalThis, { isCharging: false }))
  await page.getByLabel('Only while it is charging').check()
  await status.getByText('on battery').waitFor()
  await shutter.take(page, { name: 'volunteer-paused-on-battery', alt: 'Paused on battery, as the volunteer asked: training goes on when the device charges.' })
  await page.evaluate(() => Object.assign(globalThis, { isCharging: true }))
  await page.getByLabel('Only while it is charging').uncheck()
  await page.getByLabel('Only while I am not using this device').check()
  await status.getByText('you are using this machine').waitFor()
  await shutter.take(page, {
    name: 'volunteer-paused-in-use',
    alt: 'Paused because the machine is in use, with the conditions that the volunteer set.',
    at: conditions,
  })
  await page.getByLabel('Only while I am not using this device').uncheck()
  await reach(page, 'waiting')

  await server.kill()
  await reach(page, 'offline')
  await shutter.take(page, { name: 'volunteer-server-away', alt: 'The server is away: the page keeps trying and says when.' })
  await server.restart()
  await reach(page, 'waiting')

  const helpers = []
  for (const [index, files] of others.entries()) {
    const helper = await openTab(federation.link)
    await agree(helper)
    await chooseFiles(helper, files)
    // The last one makes the cohort complete: the others are looked at while its round goes on.
    if (index === others.length - 1) await page.getByLabel('How much of the time it computes').fill('20')
    await helper.getByRole('button', { name: 'Start training' }).click()
    helpers.push(helper)
  }
  await page.locator('#state[data-state="training"][data-round="1"]').waitFor({ state: 'attached', timeout: 60_000 })
  await page.getByText(/Your part: step/).waitFor()
  await shutter.take(page, {
    name: 'volunteer-training',
    alt: 'Training: the round and its progress, how long it still takes, accuracy before and now, and people whose data look alike.',
    looks: ['light', 'dark', 'phone'],
    isFleeting: true,
  })
  await page.getByLabel('How much of the time it computes').fill('100')
  await reach(page, 'finished')
  for (const helper of helpers) {
    await reach(helper, 'finished')
    await helper.context().close()
  }
}

/** What is there at the end, part by part. @param {Scene} scene @param {Page} page */
export async function showResult({ shutter }, page) {
  await shutter.take(page, {
    name: 'volunteer-finished',
    alt: 'The training is finished: accuracy over the rounds and what this volunteer gave.',
  })
  const result = page.locator('.result')
  const parts = /** @type {const} */ ([
    ['Try the model', 'try', 'Trying the model on a picture of one’s own: how sure it is of each class.', '.answer-table tbody tr'],
    ['Where it errs', 'errors', 'Where the model errs: how often each class was taken for which.', 'table'],
    ['Take the model with you', 'take', 'Taking the model along as files for TensorFlow.js.', 'button'],
    ['Certificate', 'certificate', 'A certificate of what this volunteer contributed.', 'svg'],
  ])
  for (const [title, name, alt, shown] of parts) {
    const part = result.locator('details', { has: page.locator('summary', { hasText: title }) }).first()
    await part.locator('summary').first().click()
    await part.locator(shown).first().waitFor()
    await shutter.take(page, { name: `volunteer-result-${name}`, alt, at: part })
    await part.locator('summary').first().click()
  }
  await shutter.take(page, {
    name: 'volunteer-outbox',
    alt: 'What left the device: every message with its size, and what the page could check of the sums.',
    at: page.getByRole('region', { name: 'What left my device' }),
  })
}
