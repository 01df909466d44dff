import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTabHarness, launchChromium, type Tab, type TabHarness, writeShardFiles } from '@shoal/cli'
import { createSyntheticImages, permuteLabels, splitTrainTest } from '@shoal/data'
import { createRng } from '@shoal/numeric'
import { configInsightSchema, type FederationConfig, type FederationView } from '@shoal/protocol'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readQrPath } from './qr-reader.ts'
import { type RunningServer, startTestServer } from './running-federation.ts'

const VOLUNTEERS = 6
const PASSWORD = 'a shoal swims as one'

let server: RunningServer
let harness: TabHarness
let browser: Browser
beforeAll(async () => {
  server = await startTestServer()
  harness = createTabHarness('wasm')
  browser = await launchChromium('wasm')
})
afterAll(async () => {
  await browser.close()
  await harness.close()
  await server.close()
})

/** Half of the volunteers call every digit by another name: no model can serve both halves. */
async function plantedFiles(number: number): Promise<string[]> {
  const seed = `journey-${number}`
  const set = createSyntheticImages(200, seed)
  const called = number % 2 === 0 ? set : permuteLabels(set, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  return writeShardFiles(splitTrainTest(called, 0.2, createRng(seed)), server.folderOf(seed))
}

/** Another person's browser. What goes wrong in the page is in `complaints`. */
async function newcomer(): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  return { page, complaints }
}

async function openPage(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name: title }).click()
}

async function openPart(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Parts of this federation' }).getByRole('link', { name: title }).click()
  await page.getByRole('heading', { name: title, exact: true, level: 2 }).waitFor()
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** The id that the page's address names. */
const shownFederation = (page: Page): FederationView['id'] => (/federations\/(fed-\w+)/.exec(page.url())?.[1] ?? '') as FederationView['id']

async function configOf(id: FederationView['id']): Promise<FederationConfig> {
  const answer = await fetch(`${server.process.origin}/api/federations/${id}/config`, { headers: { authorization: `Bearer ${server.process.operatorToken}` } })
  return configInsightSchema.parse(await answer.json()).config
}

/** Where the file of a download link has been put. */
async function exported(page: Page, link: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: link, exact: true }).click()])
  const path = join(server.folderOf('exports'), link.replace(/^.*: /, ''))
  await download.saveAs(path)
  return path
}

/** The link of the first start, a password, out, a wrong one, and in again by name. */
async function arrive(page: Page): Promise<void> {
  await page.goto(server.process.operatorLink() ?? '')
  await page.getByRole('heading', { name: 'There is no federation yet' }).waitFor()
  expect(page.url()).not.toContain('token')
  await page.getByRole('button', { name: 'Set a password' }).click()
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('The same once more', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('Your password has been set.').waitFor({ state: 'attached' })
  await page.getByRole('button', { name: 'Sign out' }).click()
  await signIn(page, 'admin', 'not the password')
  await page.getByText('That did not work.').waitFor()
  await signIn(page, 'admin', PASSWORD)
  await page.getByRole('heading', { name: 'There is no federation yet' }).waitFor()
}

/** By the form: groups are looked for in sketches of each, as soon as the mean update is below 0.8 of the largest. */
async function createByForm(page: Page): Promise<FederationView['id']> {
  await page.getByRole('button', { name: 'Create the first one' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Journey')
  await page.getByRole('button', { name: 'Create federation' }).click()
  await page.getByText('Not created yet').waitFor()
  await page.getByLabel('Who asks', { exact: true }).fill('a test')
  await page.getByRole('radio', { name: /Groups found by splitting/ }).check()
  await page.getByRole('radio', { name: /Encrypted to the operator/ }).check()
  await page.getByLabel('What groups are found from', { exact: true }).selectOption('rows')
  await page.getByLabel('Volunteers needed', { exact: true }).fill(String(VOLUNTEERS))
  await page.getByText('How devices train in a round').click()
  await page.getByRole('spinbutton', { name: /^Training steps of a round/ }).fill('12')
  await page.getByText('All parameters of CFL').click()
  await page.getByRole('spinbutton', { name: /^Suspect a group below/ }).fill('0.8')
  await page.getByLabel('Rounds at most', { exact: true }).fill('500')
  await page.getByRole('button', { name: 'Create federation' }).click()
  await page.getByText('Nobody can come in yet.').waitFor()
  return shownFederation(page)
}

/** An invite with an end and a number of uses; its link. */
async function invite(page: Page): Promise<string> {
  await page.getByLabel('Holds for', { exact: true }).selectOption('day')
  await page.getByLabel('Lets in, at most', { exact: true }).fill(String(VOLUNTEERS))
  await page.getByRole('button', { name: 'Create invite' }).click()
  const link = await page.getByLabel(/^Invite link of/).inputValue()
  await page.getByText(`0 of ${VOLUNTEERS} uses; ends`).waitFor()
  await page.getByRole('button', { name: 'Show code' }).click()
  expect(readQrPath((await page.getByRole('img', { name: 'The invite link as a code to scan' }).locator('path').getAttribute('d')) ?? '')).toBe(link)
  return link
}

async function volunteers(link: string): Promise<Tab[]> {
  const address = new URL(link)
  address.searchParams.set('backend', 'wasm')
  return Promise.all(
    Array.from({ length: VOLUNTEERS }, async (_, number) => {
      const tab = await harness.openTab(address.href, `tab ${number}`)
      await tab.walk(await plantedFiles(number))
      await tab.reach(['waiting'])
      return tab
    }),
  )
}

test('from an empty server to a model in hand: sign in, create, invite, watch, reload, pause, finish, export, and let a viewer look', async () => {
  const { page, complaints } = await newcomer()
  await arrive(page)
  const id = await createByForm(page)
  const tabs = await volunteers(await invite(page))

  // Live: a mark for each, stages, a reload in the middle, a pause.
  await openPart(page, 'Live')
  const grid = page.getByRole('img', { name: /^6 clients/ })
  await grid.waitFor()
  await page.getByText('Nothing yet. Everything that happens').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Start' }).click()
  await page.locator('.stages li').first().waitFor()
  await page.reload()
  await openPart(page, 'Live')
  await grid.waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('[data-lifecycle="paused"]').waitFor()
  for (const tab of tabs) await tab.reach(['waiting'])
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.locator('[data-lifecycle="running"]').waitFor()
  await expect.poll(async () => (await server.api.view(id)).models.length, { timeout: 60_000 }).toBe(2)
  const { round } = await server.api.view(id)
  await expect.poll(async () => (await server.api.view(id)).round, { timeout: 60_000 }).toBeGreaterThan(round + 1)
  await page
    .getByText(/Round \d+ was finished: 2 new models, accuracy/)
    .first()
    .waitFor()

  // Learning: the limit is the one that was set, and every chart has its table.
  await openPart(page, 'Learning')
  await page.getByText('Below the dashed line (0.80)').waitFor()
  await page.getByText('Data table: Accuracy').click()
  await page
    .getByRole('table')
    .getByText(/split: 2 groups/)
    .waitFor()

  // Clusters: the tree, its way down, and two models beside each other.
  await openPart(page, 'Clusters')
  await page.getByText(/2 groups since round/).waitFor()
  await page
    .getByRole('group', { name: 'Tree of models' })
    .getByRole('button', { name: /Group 2/ })
    .click()
  await page.getByRole('heading', { name: 'Group 2' }).first().waitFor()
  await page.getByRole('slider').fill('1')
  await page.getByText(/of the general model’s length away/).waitFor()
  await page.getByRole('combobox', { name: /^Group 2 with/ }).selectOption({ label: 'Group 1' })
  await page.getByRole('img', { name: /Cosines between 6 sketches/ }).waitFor()

  await openPart(page, 'Privacy')
  await page.getByText('Every update your tab sends').waitFor()

  // The end, and what is taken along.
  await page.getByRole('button', { name: 'Finish' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Finish for good' }).click()
  await page.locator('[data-lifecycle="finished"]').waitFor()
  for (const tab of tabs) await tab.reach(['finished'])
  await openPart(page, 'Export')
  const model = [await exported(page, 'Model of group 2: model.json'), await exported(page, 'Model of group 2: weights.bin')]
  expect(JSON.parse(await readFile(model[0], 'utf8'))).toMatchObject({ format: 'layers-model' })
  expect(await readFile(model[1])).toHaveLength(4 * 101_770)
  const { rounds } = await server.api.view(id)
  const figures = (await readFile(await exported(page, 'Figures as CSV'), 'utf8')).trim().split('\n')
  expect(figures).toHaveLength(rounds.length + 1)
  expect(await readFile(await exported(page, 'Report'), 'utf8')).toContain('Journey')
  const log = (await readFile(await exported(page, 'Events'), 'utf8')).trim().split('\n')
  expect(log.map((line) => JSON.parse(line).type)).toContain('federation-finished')
  const configuration = await exported(page, 'Configuration')

  // The same once more from its file, and one from the model's files.
  await openPage(page, 'Create')
  await page.getByRole('radio', { name: 'By a configuration file' }).check()
  await page.getByLabel('Configuration file', { exact: true }).setInputFiles(configuration)
  await page.getByRole('heading', { name: 'What it says' }).waitFor()
  await page.getByRole('button', { name: 'Create federation' }).click()
  await page.getByText('Nobody can come in yet.').waitFor()
  const again = shownFederation(page)
  expect(again).not.toBe(id)
  expect((await configOf(again)).strategy).toEqual((await configOf(id)).strategy)

  await openPage(page, 'Create')
  await page.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'My own: a TensorFlow.js layers model from files' })
  await page.getByLabel('model.json and its weights', { exact: true }).setInputFiles(model)
  await page.getByText(/takes 28 x 28 x 1 values and tells 10 classes apart; 101,770 numbers are trained/).waitFor()
  await page.getByLabel('Name', { exact: true }).fill('Journey, second leg')
  await page.getByLabel('Who asks', { exact: true }).fill('a test')
  await page.getByRole('button', { name: 'Create federation' }).click()
  await page.getByText('Nobody can come in yet.').waitFor()
  const grown = shownFederation(page)

  // Somebody who may look and no more.
  await openPage(page, 'People')
  const add = page.locator('form', { hasText: 'Let somebody in' })
  await add.getByLabel('Name', { exact: true }).fill('onlooker')
  await add.getByLabel('First password', { exact: true }).fill(PASSWORD)
  await add.getByRole('button', { name: 'Add' }).click()
  await page.getByRole('combobox', { name: 'Role of onlooker' }).waitFor()
  const viewer = await newcomer()
  await viewer.page.goto(`${server.process.origin}/dashboard`)
  await signIn(viewer.page, 'onlooker', PASSWORD)
  await viewer.page.getByRole('link', { name: 'Journey, second leg' }).click()
  await viewer.page.getByText('takes the role of an operator').waitFor()
  expect(await viewer.page.getByRole('button', { name: 'Start' }).count()).toBe(0)
  expect(await viewer.page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link').allInnerTexts()).toEqual(['Federations'])
  await viewer.page.goto(`${server.process.origin}/dashboard#/federations/${id}/export`)
  await viewer.page.getByText('Taking the models along takes the role of an operator.').waitFor()
  const refused = await viewer.page.evaluate(async (path) => {
    const body = JSON.stringify({ command: 'start-federation' })
    const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return { status: response.status, ...(await response.json()) }
  }, `/api/federations/${grown}/commands`)
  expect(refused).toMatchObject({ status: 403, code: 'SHOAL_ERR_FORBIDDEN' })
  expect((await server.api.view(grown)).lifecycle).toBe('created')

  // Who did all this.
  await openPage(page, 'Audit log')
  await page.getByRole('cell', { name: /refused: SHOAL_ERR_FORBIDDEN/ }).waitFor()
  const rows = await page.getByRole('row').allInnerTexts()
  const deeds = rows.slice(1).map((row) => row.split('\t').slice(1, 4).join(' '))
  for (const deed of [
    'admin login link',
    'admin set password admin',
    'admin create federation',
    `admin create invite ${id}`,
    `admin start federation ${id}`,
    `admin pause federation ${id}`,
    `admin resume federation ${id}`,
    `admin finish federation ${id}`,
    `admin export model ${id}`,
    `admin export report.html ${id}`,
    `admin export configuration.json ${id}`,
    'admin upload model',
    'admin add person onlooker',
    'onlooker login onlooker',
    `onlooker command ${grown}`,
  ])
    expect(
      deeds.filter((row) => row.startsWith(deed)),
      `${deed}\n${deeds.join('\n')}`,
    ).not.toEqual([])
  expect([...complaints, ...viewer.complaints]).toEqual([])
})
