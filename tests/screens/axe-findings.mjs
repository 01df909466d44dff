/** What axe finds on a page, in every look that people use: light and dark, desktop and phone. */
import { AxeBuilder } from '@axe-core/playwright'

/** @typedef {{ colorScheme: 'light' | 'dark', viewport: { width: number, height: number } }} Look */

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
const GRAVE = new Set(['serious', 'critical'])
const SHOWN_PLACES = 3

export const LOOKS = /** @satisfies {Record<string, Look>} */ ({
  light: { colorScheme: 'light', viewport: DESKTOP },
  dark: { colorScheme: 'dark', viewport: DESKTOP },
  phone: { colorScheme: 'light', viewport: PHONE },
  'dark phone': { colorScheme: 'dark', viewport: PHONE },
})

/** Nothing moves: a colour that is half way to another has another contrast. @param {import('playwright-core').Page} page @param {Look} look */
export async function putOn(page, { colorScheme, viewport }) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.setViewportSize(viewport)
}

/** Serious and critical findings of the page as it is, one a line. @param {import('playwright-core').Page} page */
async function findingsIn(page) {
  // By default it opens a page of its own to put its findings together, which would take the focus from this one.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations
    .filter(({ impact }) => GRAVE.has(impact ?? ''))
    .map(({ id, impact, help, nodes }) => {
      const places = nodes.slice(0, SHOWN_PLACES).map(({ target, failureSummary = '' }) => `${target.join(' ')} (${failureSummary.split('\n').at(1)?.trim()})`)
      return `${impact}: ${id}: ${help}: ${nodes.length} times, as at ${places.join('; ')}`
    })
}

/** The same in several looks; the page is left in the first one. @param {import('playwright-core').Page} page @param {readonly (keyof typeof LOOKS)[]} looks */
export async function findingsInLooks(page, looks) {
  const findings = []
  for (const name of looks) {
    await putOn(page, LOOKS[name])
    for (const finding of await findingsIn(page)) findings.push(`${name}: ${finding}`)
  }
  await putOn(page, LOOKS.light)
  return findings
}
