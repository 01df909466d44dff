/** What the pictures show, in words, beside them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PAGES = /** @type {const} */ ([
  ['volunteer', 'The volunteer’s page'],
  ['operator', 'The operator’s page'],
])
const LOOK = /-(dark|phone)\.webp$/

/** @param {string} folder @param {readonly import('./shutter.mjs').Picture[]} pictures */
export function writeManifest(folder, pictures) {
  const lines = ['# Screens', '', 'Both pages in every state. Written by `npm run screens`, after a build; do not edit by hand.', '']
  for (const [page, title] of PAGES) {
    lines.push(`## ${title}`, '')
    for (const { file, alt } of pictures.filter((picture) => picture.file.startsWith(page))) {
      const look = LOOK.exec(file)?.[1]
      lines.push(`- [${file}](${file}): ${alt}${look === undefined ? '' : look === 'dark' ? ' In the dark.' : ' On a phone.'}`)
    }
    lines.push('')
  }
  writeFileSync(join(folder, 'README.md'), lines.join('\n'))
}
