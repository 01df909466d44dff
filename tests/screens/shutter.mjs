/** Takes the pictures: of one state in the looks that are asked for, as small WebP files, each with the words that stand for it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findingsInLooks, LOOKS, putOn } from './axe-findings.mjs'

const ALL_LOOKS = /** @type {LookName[]} */ (Object.keys(LOOKS))
const QUALITY = 0.82
const MOST_FILE_BYTES = 150_000
const MOST_FILES = 64
const MOST_BYTES = 5_000_000
/** Room above the place that a picture shows. */
const MARGIN = 16

/**
 * @typedef {keyof typeof LOOKS} LookName
 * @typedef {{ file: string, alt: string, bytes: number }} Picture
 * @typedef {{ name: string, alt: string, at?: import('playwright-core').Locator, looks?: LookName[], isFleeting?: boolean }} Wanted
 */

/** @param {import('playwright-core').Browser} browser @param {string} folder is there, and empty */
export async function createShutter(browser, folder) {
  const darkroom = await (await browser.newContext()).newPage()
  /** @type {Picture[]} */
  const pictures = []
  /** @type {string[]} */
  const findings = []

  /** Chromium writes PNG and JPEG only, but a page of it can write WebP. @param {Buffer} png */
  async function developed(png) {
    const text = await darkroom.evaluate(
      async ({ source, quality }) => {
        const image = new Image()
        image.src = source
        await image.decode()
        const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
        canvas.getContext('2d')?.drawImage(image, 0, 0)
        return canvas.toDataURL('image/webp', quality)
      },
      { source: `data:image/png;base64,${png.toString('base64')}`, quality: QUALITY },
    )
    return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64')
  }

  return {
    pictures,
    findings,
    /** `at` is what the picture is of; the top of the page unless it is given. A fleeting state is not looked at by axe. @param {import('playwright-core').Page} page @param {Wanted} wanted */
    async take(page, { name, alt, at, looks = ['light'], isFleeting = false }) {
      for (const look of looks) {
        await putOn(page, LOOKS[look])
        const top = at === undefined ? 0 : await at.evaluate((element) => element.getBoundingClientRect().top + scrollY)
        await page.evaluate((y) => scrollTo(0, y), Math.max(0, top - MARGIN))
        const bytes = await developed(await page.screenshot({ caret: 'hide' }))
        const file = `${name}${look === 'light' ? '' : `-${look.replace(' ', '-')}`}.webp`
        writeFileSync(join(folder, file), bytes)
        pictures.push({ file, alt, bytes: bytes.length })
        if (bytes.length > MOST_FILE_BYTES) findings.push(`${file} has ${bytes.length} bytes`)
      }
      if (!isFleeting) for (const finding of await findingsInLooks(page, ALL_LOOKS)) findings.push(`${name}: ${finding}`)
      await putOn(page, LOOKS.light)
      console.log(`${name} (${looks.join(', ')})`)
    },
    /** Complains of too many pictures, or too large ones. */
    finish() {
      const bytes = pictures.reduce((sum, picture) => sum + picture.bytes, 0)
      if (pictures.length > MOST_FILES || bytes > MOST_BYTES) findings.push(`${pictures.length} pictures have ${bytes} bytes`)
      return { files: pictures.length, bytes }
    },
  }
}
