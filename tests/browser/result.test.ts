import { createTabHarness, type TabHarness } from '@shoal/cli'
import type { Locator, Page } from 'playwright-core'
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

const openPart = (result: Locator, title: string): Promise<void> => result.locator('summary', { hasText: title }).click()

async function download(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()])
  const chunks: Buffer[] = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer)
  return { name: file.suggestedFilename(), bytes: Buffer.concat(chunks) }
}

test('a volunteer tries the model while it is trained, draws, sees where it errs, and takes it along', async () => {
  const federation = await server.federate({ model: 'mlp-784-128-10', clients: 1, rounds: 12, train: { steps: 15 } })
  const tab = await harness.openTab(federation.link('wasm'), 'result')
  const { page } = tab
  const result = page.locator('.result')
  await tab.walk(await server.shard('result', 400))
  await tab.reach(['waiting'])
  await federation.start()

  // The first models are there before the last round is over.
  await openPart(result, 'Try the model')
  await result.locator('.answer-table tbody tr').nth(9).waitFor()
  await result.getByRole('button', { name: 'Next' }).click()
  await result.getByText('2 of 80.').waitFor()

  const { rounds } = await federation.finished()
  await tab.reach(['finished'])
  expect(rounds.map(({ outcome }) => outcome)).toEqual(rounds.map(() => 'updated'))
  const newest = result.getByRole('button', { name: 'Use the newest' })
  if (await newest.isVisible()) await newest.click()

  await result.getByRole('radio', { name: 'Draw' }).check()
  await result.getByRole('button', { name: 'Use this drawing' }).click()
  await result.getByText('Nothing is drawn yet.').waitFor()
  const pad = result.locator('.drawing-pad canvas')
  await pad.focus()
  for (let step = 0; step < 6; step += 1) await page.keyboard.press('Shift+ArrowDown')
  await result.getByRole('button', { name: 'Use this drawing' }).click()
  await result.getByRole('img', { name: 'What the model sees' }).waitFor()
  await result.locator('.answer-table tbody tr').nth(9).waitFor()

  await openPart(result, 'Where it errs')
  const table = result.getByRole('table', { name: /How often each class/ })
  await table.waitFor()
  const cells = await table.locator('td').allTextContents()
  expect(cells).toHaveLength(100)
  expect(cells.reduce((sum, cell) => sum + Number(cell), 0)).toBe(80)
  // Rows and columns of the diagonal are the right ones, as many as the last round measured on the same examples.
  const right = cells.reduce((sum, cell, index) => sum + (index % 11 === 0 ? Number(cell) : 0), 0)
  expect(right / 80).toBeCloseTo(rounds.at(-1)?.metrics.accuracy ?? -1, 6)

  await openPart(result, 'Take the model with you')
  const json = await download(page, 'Save model.json')
  const weights = await download(page, 'Save weights.bin')
  expect([json.name, weights.name]).toEqual(['model.json', 'weights.bin'])
  expect(JSON.parse(json.bytes.toString())).toMatchObject({ format: 'layers-model' })
  expect(weights.bytes).toHaveLength(4 * 101_770)

  await openPart(result, 'Certificate')
  const certificate = await download(page, 'Save as SVG')
  expect(certificate.bytes.toString()).toContain('Certificate of contribution')
  await tab.close()
})
